// Where a capture comes in: drop, choose, progress, what went wrong, and what a link waits for.
import { byId, h, setText } from '../../upload/dom.ts'
import { createChooser } from '../chooser.ts'
import { isFocusLost } from '../focus.ts'
import { missing } from '../places.ts'
import { headline, type Recording, recordings } from '../recordings.ts'
import type { Actions, PageState } from '../state.ts'
import { captureBar } from './bar.ts'

export function openingView(section: HTMLElement, actions: Actions): (state: PageState) => void {
  const drop = dropArea(actions)
  const bar = captureBar(actions)
  const progress = h('progress', { max: '1', 'aria-label': 'Reading the capture' })
  const progressText = h('span')
  const reading = h('p', { class: 'reading' }, progressText, progress)
  const failure = h('p', { class: 'failure', role: 'alert' })
  const hint = h('p', { class: 'hint' })
  const offer = h('div', {}, ...offered(actions))
  section.append(drop.element, bar.element, reading, failure, hint, offer)
  return (state) => {
    const { captures, view } = state
    const isEmpty = captures.a === null && captures.b === null
    const hasFocus = section.contains(document.activeElement)
    drop.element.hidden = !isEmpty
    offer.hidden = !isEmpty || recordings.length === 0
    bar.element.hidden = isEmpty
    bar.update(state)
    reading.hidden = state.reading === null
    if (state.reading !== null) {
      setText(progressText, `Reading ${state.reading.name}`)
      progress.value = state.reading.share
    }
    failure.hidden = state.failure === null
    setText(failure, state.failure ?? '')
    const isWaiting = missing(captures, view).length > 0 && state.reading === null
    hint.hidden = !isWaiting
    if (isWaiting) setText(hint, hintOf(state))
    if (hasFocus && isFocusLost()) (isEmpty ? drop.button : byId('main')).focus()
  }
}

/** What is to be opened for the place that the address leads to. */
function hintOf({ captures, view }: PageState): string {
  const isEmpty = captures.a === null && captures.b === null
  const names = missing(captures, view).map((side) => (side === 'a' ? view.file : view.other))
  const what = isEmpty ? 'it' : names.join(' and ')
  return `This link leads into ${filesOf(view)}${placeOf(view)}. Open ${what} here: a link holds the place, the capture stays with those who have it.`
}

const filesOf = ({ file, other }: PageState['view']) =>
  other === null ? (file ?? '') : `${file ?? ''} and ${other}`

function placeOf({ frame, connection }: PageState['view']): string {
  if (frame !== null) return `, frame ${frame}`
  return connection === null ? '' : `, connection ${connection}`
}

function dropArea(actions: Actions) {
  const { button, input, update } = createChooser((files) => actions.open(files))
  update('Choose a capture', true)
  button.classList.add('primary')
  const element = h(
    'div',
    { class: 'drop' },
    h('p', { class: 'drop-title' }, 'Drop a capture here, or two to compare'),
    h('p', { class: 'choice' }, button, input),
    h(
      'p',
      { class: 'soft' },
      'pcap or pcapng, gzipped or not. It is read in this browser: nothing is uploaded.',
    ),
  )
  return { element, button }
}

/** The recordings that come with the page; nothing where there are none. */
function offered(actions: Actions): HTMLElement[] {
  if (recordings.length === 0) return []
  const item = (label: string, words: string, chosen: readonly Recording[]) =>
    h(
      'li',
      {},
      h('button', { type: 'button', onclick: () => actions.openRecordings(chosen) }, label),
      h('span', { class: 'soft' }, words),
    )
  return [
    h(
      'div',
      { class: 'recordings' },
      h('h3', {}, 'Or look at a recording'),
      h(
        'ul',
        {},
        ...(headline === null
          ? []
          : [
              item(
                'keep-alive against connection-close',
                'What keeping one connection for all PATCHes saves, accounted for.',
                headline,
              ),
            ]),
        ...recordings.map((recording) =>
          item(recording.name.replace(/\.pcapng$/, ''), recording.shows, [recording]),
        ),
      ),
    ),
  ]
}

/** Files may be dropped anywhere on the page. */
export function acceptDrops(open: (files: File[]) => void): void {
  const isFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
  addEventListener('dragover', (event) => {
    if (!isFiles(event)) return
    event.preventDefault()
    document.body.dataset.dragging = ''
  })
  const stop = () => {
    delete document.body.dataset.dragging
  }
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) stop()
  })
  addEventListener('drop', (event) => {
    if (!isFiles(event)) return
    event.preventDefault()
    stop()
    const files = [...(event.dataTransfer?.files ?? [])]
    if (files.length > 0) open(files)
    byId('main').focus()
  })
}

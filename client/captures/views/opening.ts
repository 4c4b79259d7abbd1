// Where a capture comes in: drop, choose, progress, and what went wrong. Which captures are open, and what leaves as an export.
import { size } from '../../../captures/report/quantity.ts'
import { byId, h, setText } from '../../upload/dom.ts'
import { exportMenu } from '../export.ts'
import { headline, type Recording, recordings } from '../recordings.ts'
import { type Actions, lookedAt, type PageState, type Side } from '../state.ts'

const accept = '.pcap,.pcapng,.cap,.ntar,.gz'

export function openingView(section: HTMLElement, actions: Actions): (state: PageState) => void {
  const drop = dropArea(actions)
  const bar = h('div', { class: 'bar-of-captures' })
  const progress = h('progress', { max: '1', 'aria-label': 'Reading the capture' })
  const progressText = h('span')
  const reading = h('p', { class: 'reading' }, progressText, progress)
  const failure = h('p', { class: 'failure', role: 'alert' })
  const hint = h('p', { class: 'hint' })
  const offer = h('div', {}, ...offered(actions))
  section.append(drop, bar, reading, failure, hint, offer)
  let shown = ''
  return (state) => {
    const { captures, view } = state
    const isEmpty = captures.a === null && captures.b === null
    drop.hidden = !isEmpty
    offer.hidden = !isEmpty || recordings.length === 0
    bar.hidden = isEmpty
    reading.hidden = state.reading === null
    if (state.reading !== null) {
      setText(progressText, `Reading ${state.reading.name}`)
      progress.value = state.reading.share
    }
    failure.hidden = state.failure === null
    setText(failure, state.failure ?? '')
    const waits = isEmpty && view.file !== null && state.reading === null
    hint.hidden = !waits
    setText(
      hint,
      `This link leads into ${filesOf(view)}${placeOf(view)}. Open it here: a link holds the place, the capture stays with those who have it.`,
    )
    const key = JSON.stringify([captures.a?.name, captures.b?.name, view.side, view.connection])
    if (key === shown) return
    shown = key
    bar.replaceChildren(...barOf(state, actions))
  }
}

const filesOf = ({ file, other }: PageState['view']) =>
  other === null ? (file ?? '') : `${file ?? ''} and ${other}`

function placeOf({ frame, connection }: PageState['view']): string {
  if (frame !== null) return `, frame ${frame}`
  return connection === null ? '' : `, connection ${connection}`
}

/** A button that opens the system's file chooser. */
function chooser(label: string, isMultiple: boolean, take: (files: File[]) => void) {
  const input = h('input', {
    type: 'file',
    accept,
    multiple: isMultiple,
    hidden: true,
    'aria-label': label,
  })
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])]
    input.value = ''
    if (files.length > 0) take(files)
  })
  const button = h('button', { type: 'button', onclick: () => input.click() }, label)
  return { button, input }
}

function dropArea(actions: Actions): HTMLElement {
  const { button, input } = chooser('Choose a capture', true, (files) => actions.open(files))
  button.classList.add('primary')
  return h(
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

/** Another recording beside or instead of what is open. */
function recordingChoice(actions: Actions, label: string, side: Side): HTMLElement[] {
  if (recordings.length === 0) return []
  const select = h(
    'select',
    { 'aria-label': label },
    h('option', { value: '' }, label),
    ...recordings.map(({ name }) => h('option', { value: name }, name.replace(/\.pcapng$/, ''))),
  )
  select.addEventListener('change', () => {
    const chosen = recordings.find(({ name }) => name === select.value)
    if (chosen) actions.openRecordings([chosen], side)
  })
  return [select]
}

function barOf(state: PageState, actions: Actions): (Node | string)[] {
  const { captures, view } = state
  const both = captures.a !== null && captures.b !== null
  const chip = (side: Side) => {
    const capture = captures[side]
    if (capture === null) return []
    const name = h('span', { class: 'capture-name', title: capture.name }, capture.name)
    const letter = both ? [h('strong', { class: 'letter' }, side.toUpperCase())] : []
    const bytes = h('span', { class: 'soft' }, size(capture.analysis.file.bytes))
    const isCurrent = both && lookedAt(state) === capture
    return [
      h(
        'div',
        { class: 'chip', 'data-current': isCurrent },
        ...(both
          ? [
              h(
                'button',
                {
                  type: 'button',
                  class: 'plain',
                  'aria-pressed': String(isCurrent),
                  title: `Show the details of ${capture.name}`,
                  onclick: () => actions.go({ side, connection: null, frame: null, span: null }),
                },
                ...letter,
                name,
              ),
            ]
          : [name]),
        bytes,
        h(
          'button',
          {
            type: 'button',
            class: 'plain close',
            'aria-label': `Close ${capture.name}`,
            onclick: () => actions.close(side),
          },
          '✕',
        ),
      ),
    ]
  }
  const free: Side = captures.a === null ? 'a' : 'b'
  const { button, input } = both
    ? chooser('Open another', true, (files) => actions.open(files, view.side))
    : chooser('Compare with…', false, (files) => actions.open(files, free))
  const more = recordingChoice(
    actions,
    both ? 'Open a recording' : 'Compare with a recording',
    both ? view.side : free,
  )
  return [...chip('a'), ...chip('b'), button, input, ...more, exportMenu(state, actions)]
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

// The two lists of what the server holds: unfinished uploads that wait for their file, finished ones to download.
import { knownSha256, type ServerUpload } from '../api.ts'
import { comparisonSentence } from '../comparison.ts'
import { h, keyedList, type Row, setAttribute, setHidden, setText } from '../dom.ts'
import { apiSentence } from '../events.ts'
import { identityOf } from '../identity.ts'
import type { Proved, ProvedUploads } from '../proved.ts'
import type { Queue } from '../queue.ts'
import { unfinishedFacts } from '../sentences.ts'
import { mendedSentence } from '../transfer.ts'
import { ago, bytes, exactly, plural } from '../units.ts'
import { ask } from './confirm.ts'
import { digestView } from './digest.ts'
import { writeFacts } from './transfers.ts'

export interface UploadActions {
  readonly queue: Queue
  readonly proved: ProvedUploads
  /** Deletes an upload, or all parts of one. */
  readonly remove: (upload: ServerUpload) => Promise<void>
  readonly onRemoved: (id: string) => void
  /** Of an upload, as far as the page knows by now. */
  readonly stateOf: (id: string) => ServerUpload['state'] | null
  /** The server's clock, ms since the epoch. */
  readonly serverNow: () => number
  readonly report: (sentence: string) => void
}

const nameOf = (upload: ServerUpload) => identityOf(upload).filename

export function unfinishedView(
  section: HTMLElement,
  actions: UploadActions,
): (uploads: readonly ServerUpload[]) => void {
  const list = h('ul', { class: 'rows' })
  section.append(list)
  const update = keyedList<ServerUpload>(
    list,
    (upload) => upload.id,
    (upload) => unfinishedRow(upload, actions),
  )
  return (uploads) => {
    update(uploads)
    setHidden(section, uploads.length === 0)
  }
}

function unfinishedRow(first: ServerUpload, actions: UploadActions): Row<ServerUpload> {
  let upload = first
  const name = nameOf(first)
  const facts = h('p', { class: 'facts' })
  const hint = h('p', { class: 'sentence' })
  const refusal = h('p', { class: 'refusal', role: 'alert' })
  const input = h('input', { type: 'file', hidden: true, tabindex: '-1', 'aria-hidden': 'true' })
  input.addEventListener('change', async () => {
    const file = input.files?.[0]
    input.value = ''
    if (!file) return
    setText(refusal, '')
    setText(refusal, (await actions.queue.continueWith(upload, file)) ?? '')
  })
  const choose = h(
    'button',
    {
      type: 'button',
      class: 'primary',
      'aria-label': `Choose ${name} to continue`,
      onclick: () => input.click(),
    },
    'Choose',
  )
  const forget = h(
    'button',
    {
      type: 'button',
      'aria-label': `Forget ${name}`,
      onclick: () => void confirmForget(upload, actions),
    },
    'Forget',
  )
  const element = h(
    'li',
    { class: 'row unfinished', 'data-upload': first.id },
    h(
      'div',
      { class: 'row-head' },
      h('span', { class: 'name', title: name }, name),
      h('span', { class: 'actions' }, choose, forget, input),
    ),
    facts,
    hint,
    refusal,
  )
  return {
    element,
    update(next) {
      upload = next
      writeFacts(facts, unfinishedFacts(next, actions.serverNow()))
      setAttribute(facts, 'title', `last byte ${exactly(Date.parse(next.modified))}`)
      const isDamaged = next.state === 'damaged'
      choose.hidden = isDamaged || next.length === null || next.active
      setText(hint, hintFor(next))
      hint.hidden = hint.textContent === ''
      setAttribute(element, 'data-tone', isDamaged ? 'damage' : 'calm')
    },
  }
}

function hintFor(upload: ServerUpload): string {
  if (upload.state === 'damaged') {
    return 'Damaged: the server holds less of it than it had confirmed. It can only be removed; upload the file anew.'
  }
  if (upload.active || upload.length === null) return ''
  if (upload.parts) {
    return `in ${upload.parts} parts, which only this browser knows: choose the file here to continue`
  }
  return 'choose the file to continue'
}

async function confirmForget(upload: ServerUpload, actions: UploadActions): Promise<void> {
  const answer = await ask(
    {
      title: `Forget ${nameOf(upload)}?`,
      text: `${upload.active ? 'Somebody is sending it right now. ' : ''}The ${bytes(upload.offset)} that are safe on the server will be deleted. The file on your computer isn’t touched.`,
      back: 'Keep it',
    },
    [{ label: 'Delete from the server', value: true, isDestructive: true }],
  )
  if (!answer) return
  // Asked again: what was unfinished when the question was put may have been finished since.
  if (actions.stateOf(upload.id) === 'finished') {
    actions.report(`${nameOf(upload)} was finished meanwhile: it is whole, under Finished.`)
    return
  }
  await remove(upload, actions)
}

async function remove(upload: ServerUpload, actions: UploadActions): Promise<void> {
  try {
    await actions.remove(upload)
    actions.onRemoved(upload.id)
    actions.report(`${nameOf(upload)} was deleted.`)
  } catch (error) {
    actions.report(`${nameOf(upload)} was not deleted. ${apiSentence(error)}`)
  }
}

export function finishedView(
  section: HTMLElement,
  actions: UploadActions,
  onMore: () => Promise<void>,
): (uploads: readonly ServerUpload[], hasMore: boolean) => void {
  const list = h('ul', { class: 'rows' })
  const empty = h('p', { class: 'empty' }, 'Nothing finished yet.')
  const more = h(
    'button',
    {
      type: 'button',
      class: 'more',
      onclick: () => {
        onMore().catch((error: unknown) => actions.report(apiSentence(error)))
      },
    },
    'Show older uploads',
  )
  section.append(list, empty, more)
  const update = keyedList<ServerUpload>(
    list,
    (upload) => upload.id,
    (upload) => finishedRow(upload, actions),
  )
  return (uploads, hasMore) => {
    update(uploads)
    empty.hidden = uploads.length > 0
    more.hidden = !hasMore
  }
}

function finishedRow(first: ServerUpload, actions: UploadActions): Row<ServerUpload> {
  const name = nameOf(first)
  const facts = h('p', { class: 'facts' })
  const digest = digestView(name, actions.report)
  const sentence = h('p', { class: 'sentence' })
  const element = h(
    'li',
    { class: 'row finished', 'data-upload': first.id },
    h(
      'div',
      { class: 'row-head' },
      h('span', { class: 'name', title: name }, name),
      h(
        'span',
        { class: 'actions' },
        h(
          'a',
          { class: 'button', href: first.url, download: '', 'aria-label': `Download ${name}` },
          'Download',
        ),
        h(
          'button',
          {
            type: 'button',
            'aria-label': `Delete ${name}`,
            onclick: () => void confirmDelete(first, actions),
          },
          'Delete',
        ),
      ),
    ),
    facts,
    digest.element,
    sentence,
  )
  return {
    element,
    update(next) {
      const finished = Date.parse(next.modified)
      const parts = next.parts ? [`put together from ${plural(next.parts, 'part')}`] : []
      const size = bytes(next.length ?? next.offset)
      writeFacts(facts, [size, ago(finished, actions.serverNow()), ...parts])
      setAttribute(facts, 'title', exactly(finished))
      const proved = actions.proved.find(next.id)
      digest.update({ comparison: proved?.comparison ?? null, known: knownSha256(next) })
      setText(sentence, proved ? proofSentence(proved) : '')
      sentence.hidden = sentence.textContent === ''
      setAttribute(element, 'data-tone', toneOf(proved))
    },
  }
}

function proofSentence({ comparison, damaged }: Proved): string {
  const mended = damaged > 0 ? mendedSentence(damaged) : ''
  return [comparisonSentence(comparison) ?? '', mended].filter((text) => text !== '').join(' ')
}

function toneOf(proved: Proved | null): string {
  if (proved?.comparison.kind === 'different') return 'damage'
  return proved?.comparison.kind === 'unknown' ? 'warning' : 'calm'
}

async function confirmDelete(upload: ServerUpload, actions: UploadActions): Promise<void> {
  const answer = await ask(
    {
      title: `Delete ${nameOf(upload)}?`,
      text: `The finished upload, ${bytes(upload.offset)}, will be deleted from the server. This can’t be undone.`,
      back: 'Keep it',
    },
    [{ label: 'Delete', value: true, isDestructive: true }],
  )
  if (answer) await remove(upload, actions)
}

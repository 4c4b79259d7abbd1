// The two lists of what the server holds: unfinished uploads that wait for their file, finished ones to download.
import type { Api, ServerUpload } from '../api.ts'
import { h, keyedList, type Row, setAttribute, setText } from '../dom.ts'
import { apiSentence } from '../events.ts'
import { identityOf } from '../identity.ts'
import type { Queue } from '../queue.ts'
import { unfinishedFacts } from '../sentences.ts'
import { ago, bytes, exactly } from '../units.ts'
import { ask } from './confirm.ts'
import { writeFacts } from './transfers.ts'

export interface UploadActions {
  readonly api: Api
  readonly queue: Queue
  readonly onRemoved: (id: string) => void
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
    section.hidden = uploads.length === 0
    update(uploads)
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
  if (answer) await remove(upload, actions)
}

async function remove(upload: ServerUpload, actions: UploadActions): Promise<void> {
  try {
    await actions.api.remove(upload.id)
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
  )
  return {
    element,
    update(next) {
      const finished = Date.parse(next.modified)
      writeFacts(facts, [bytes(next.length ?? next.offset), ago(finished, actions.serverNow())])
      setAttribute(facts, 'title', exactly(finished))
    },
  }
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

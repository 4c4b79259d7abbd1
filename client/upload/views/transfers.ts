// The files on their way: one row each, with what is safe apart from what is sent.
import { uploadIdOf } from '../api.ts'
import { h, keyedList, type Row, setAttribute, setHidden, setText } from '../dom.ts'
import type { Queue } from '../queue.ts'
import { transferStatus } from '../sentences.ts'
import type { ServerState } from '../server-state.ts'
import type { Transfer } from '../transfer.ts'
import { bytes, bytesOf, plural } from '../units.ts'
import { ask } from './confirm.ts'

/** More rows than this say nothing to anybody; the rest is a number. */
const maxRows = 60

export function transfersView(
  section: HTMLElement,
  queue: Queue,
  state: ServerState,
  report: (sentence: string) => void,
): () => void {
  const list = h('ul', { class: 'rows' })
  const rest = h('p', { class: 'rest' })
  const pauseAll = h('button', { type: 'button', onclick: () => toggleAll(queue) }, 'Pause all')
  section.querySelector('.section-actions')?.append(pauseAll)
  section.append(list, rest)
  const update = keyedList<Transfer>(
    list,
    (transfer) => transfer.id,
    (transfer) => transferRow(transfer, queue, state, report),
  )
  return () => {
    const transfers = inOrder(queue.transfers())
    update(transfers.slice(0, maxRows))
    setHidden(section, transfers.length === 0)
    const more = transfers.slice(maxRows)
    const size = more.reduce((sum, transfer) => sum + transfer.size, 0)
    setText(rest, more.length ? `and ${plural(more.length, 'more file')}, ${bytes(size)}` : '')
    rest.hidden = more.length === 0
    pauseAll.hidden = transfers.length < 2
    setText(pauseAll, transfers.some(canPause) ? 'Pause all' : 'Resume all')
  }
}

// What is on the wire stands on top, what waits for it in the order it came.
function inOrder(transfers: readonly Transfer[]): readonly Transfer[] {
  const rank = (transfer: Transfer) => (transfer.phase.kind === 'queued' ? 1 : 0)
  return [...transfers].sort((a, b) => rank(a) - rank(b))
}

const canPause = ({ phase: { kind } }: Transfer) =>
  kind === 'sending' || kind === 'waiting' || kind === 'queued'

function toggleAll(queue: Queue): void {
  const transfers = queue.transfers()
  const isPausing = transfers.some(canPause)
  // Those in line first, or the end of one would start the next for a moment.
  for (const transfer of [...transfers].reverse()) {
    if (isPausing) queue.pause(transfer.id)
  }
  if (!isPausing) for (const transfer of transfers) queue.resume(transfer.id)
}

/** What the main button of a row does, by phase. */
const mainActions = {
  queued: ['Pause', 'pause'],
  checking: null,
  elsewhere: ['Take over', 'takeOver'],
  sending: ['Pause', 'pause'],
  waiting: ['Pause', 'pause'],
  paused: ['Resume', 'resume'],
  failed: ['Retry', 'retry'],
  finished: null,
} as const satisfies Record<
  Transfer['phase']['kind'],
  readonly [string, 'pause' | 'resume' | 'retry' | 'takeOver'] | null
>

function actionOf(transfer: Transfer) {
  // A tab can't be pushed aside from here, only another program's connection.
  if (transfer.phase.kind === 'elsewhere' && transfer.phase.by === 'tab') return null
  return mainActions[transfer.phase.kind]
}

function transferRow(
  first: Transfer,
  queue: Queue,
  state: ServerState,
  report: (sentence: string) => void,
): Row<Transfer> {
  let transfer = first
  const main = h('button', {
    type: 'button',
    onclick: () => {
      const action = actionOf(transfer)
      if (action) queue[action[1]](transfer.id)
    },
  })
  const cancel = h(
    'button',
    {
      type: 'button',
      'aria-label': `Cancel ${first.name}`,
      onclick: () => void confirmRemoval(transfer, queue, report),
    },
    'Cancel',
  )
  const sent = h('div', { class: 'bar-sent' })
  const safe = h('div', { class: 'bar-safe' })
  const bar = h(
    'div',
    {
      class: 'bar',
      role: 'progressbar',
      'aria-label': `${first.name}: safe on the server`,
      'aria-valuemin': '0',
      'aria-valuemax': '100',
    },
    sent,
    safe,
  )
  const facts = h('p', { class: 'facts' })
  const sentence = h('p', { class: 'sentence' })
  const element = h(
    'li',
    { class: 'row transfer' },
    h(
      'div',
      { class: 'row-head' },
      h('span', { class: 'name', title: first.name }, first.name),
      h('span', { class: 'actions' }, main, cancel),
    ),
    bar,
    facts,
    sentence,
  )
  return {
    element,
    update(next) {
      transfer = next
      const id = uploadIdOf(next.url)
      const expires = (id && state.uploads.get(id)?.expires) ?? null
      const status = transferStatus(
        next,
        Date.now(),
        state.config,
        expires ? Date.parse(expires) : null,
      )
      const action = actionOf(next)
      main.hidden = !action
      if (action) {
        setText(main, action[0])
        setAttribute(main, 'aria-label', `${action[0]} ${next.name}`)
      }
      setAttribute(element, 'data-phase', next.phase.kind)
      setAttribute(element, 'data-tone', status.tone)
      const share = (count: number) => (next.size === 0 ? 0 : count / next.size)
      safe.style.setProperty('clip-path', `inset(0 ${100 - share(next.safe) * 100}% 0 0)`)
      // From where the other ends: beneath it, it would shine through at the edge.
      const from = Math.max(0, share(next.safe) * 100 - 0.1)
      sent.style.setProperty('clip-path', `inset(0 ${100 - share(next.sent) * 100}% 0 ${from}%)`)
      setAttribute(bar, 'aria-valuenow', String(Math.floor(share(next.safe) * 100)))
      setAttribute(
        bar,
        'aria-valuetext',
        `${Math.floor(share(next.safe) * 100)} percent, ${bytesOf(next.safe, next.size)} safe`,
      )
      writeFacts(facts, status.facts)
      setText(sentence, status.sentence ?? '')
      sentence.hidden = !status.sentence
    },
  }
}

/** Writes facts with dots between, the first one strong; only changed texts are touched. */
export function writeFacts(line: HTMLElement, facts: readonly string[]): void {
  while (line.children.length > facts.length) line.lastElementChild?.remove()
  for (const [index, fact] of facts.entries()) {
    const span = line.children[index] ?? line.appendChild(h(index === 0 ? 'strong' : 'span'))
    setText(span, fact)
  }
}

async function confirmRemoval(
  transfer: Transfer,
  queue: Queue,
  report: (sentence: string) => void,
): Promise<void> {
  const isStarted = transfer.safe > 0
  const answer = isStarted
    ? await ask(
        {
          title: `Cancel ${transfer.name}?`,
          text: `At least ${bytes(transfer.safe)} of it are safe on the server. Keep them, and you can go on later with the same file.`,
          back: 'Go on uploading',
        },
        [
          { label: 'Stop, keep what is safe', value: 'keep' as const },
          { label: 'Delete from the server', value: 'delete' as const, isDestructive: true },
        ],
      )
    : 'delete'
  if (!answer) return
  try {
    if (!(await queue.remove(transfer.id, answer === 'keep'))) {
      report(`${transfer.name} was finished meanwhile: it is whole on the server, under Finished.`)
      return
    }
    report(
      answer === 'keep'
        ? `${transfer.name} stopped; its bytes are kept.`
        : `${transfer.name} was cancelled.`,
    )
  } catch {
    report(`${transfer.name} left this list, but the server could not be told. Use Forget below.`)
  }
}

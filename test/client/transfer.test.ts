// One file's way from queued to finished: what is safe, what is sent, and the word of why when the bar goes back.
import { expect, test } from 'vitest'
import { transferStatus } from '../../client/upload/sentences.ts'
import {
  currentNote,
  newTransfer,
  secondsLeft,
  speed,
  step,
  type Transfer,
  type TransferEvent,
} from '../../client/upload/transfer.ts'
import { bytes } from '../../client/upload/units.ts'

const MiB = 1 << 20

const after = (start: Transfer, ...events: TransferEvent[]) =>
  events.reduce((transfer, event) => step(transfer, event, bytes), start)
const sending = after(newTransfer('t1', 'a.bin', 100 * MiB), {
  kind: 'phase',
  phase: { kind: 'sending' },
})

test('safe never exceeds what the server said; sent is never below safe', () => {
  const sent = after(sending, { kind: 'sent', bytes: 10 * MiB, at: 0 })
  expect([sent.safe, sent.sent]).toEqual([0, 10 * MiB])
  const safe = after(sent, { kind: 'safe', bytes: 12 * MiB, at: 1 })
  expect([safe.safe, safe.sent]).toEqual([12 * MiB, 12 * MiB])
  // An older event that arrives late takes nothing back.
  expect(after(safe, { kind: 'safe', bytes: 5 * MiB, at: 2 }).safe).toBe(12 * MiB)
})

test('a lost connection says how much goes again, until the bar is past that point and the words were read', () => {
  const lost = after(
    sending,
    { kind: 'sent', bytes: 10 * MiB, at: 0 },
    { kind: 'safe', bytes: 8 * MiB, at: 0 },
    { kind: 'lost', why: 'Connection lost.', at: 1000 },
    { kind: 'resumed', offset: 9 * MiB, sent: 9 * MiB, why: 'Connection lost', at: 2000 },
  )
  expect([lost.safe, lost.sent, lost.resumptions]).toEqual([9 * MiB, 9 * MiB, 1])
  expect(currentNote(lost, 3000)).toBe('Connection lost, 1.0 MiB to send again.')
  const past = after(lost, { kind: 'safe', bytes: 11 * MiB, at: 3000 })
  expect(currentNote(past, 3000)).not.toBeNull()
  expect(currentNote(past, 9000)).toBeNull()
  expect(currentNote(lost, 60_000)).not.toBeNull()
})

test('a server that kept less than it had said is called by name', () => {
  const transfer = after(
    sending,
    { kind: 'safe', bytes: 8 * MiB, at: 0 },
    { kind: 'resumed', offset: 6 * MiB, sent: 6 * MiB, why: 'Connection lost', at: 1 },
  )
  expect(transfer.safe).toBe(6 * MiB)
  expect(transfer.note?.text).toBe(
    'Connection lost, the server kept 6.0 MiB, 2.0 MiB less than it had said.',
  )
})

test('an upload that is gone starts at 0 and says so', () => {
  const gone = after(sending, { kind: 'safe', bytes: MiB, at: 0 }, { kind: 'gone', at: 1 })
  expect([gone.safe, gone.sent, gone.url]).toEqual([0, 0, null])
  expect(transferStatus(gone, 1, null, null).sentence).toMatch(
    /no longer has this upload.*from the beginning/,
  )
})

test('the speed follows what is safe where the server tells it, else what is sent', () => {
  const told = after(
    sending,
    ...[0, 500, 1000, 1500, 2000].flatMap((at): TransferEvent[] => [
      { kind: 'safe', bytes: at * 1000, at },
      { kind: 'sent', bytes: 90 * MiB, at: at + 150 },
    ]),
  )
  expect(speed(told, 2150)).toBe(1_000_000)
  const untold = after(
    sending,
    { kind: 'sent', bytes: 0, at: 0 },
    { kind: 'sent', bytes: 4 * MiB, at: 2000 },
  )
  expect(speed(untold, 2000)).toBe(2 * MiB)
  expect(secondsLeft(untold, 2000)).toBe(50)
  // Nothing moves any more: the speed sinks though no event comes.
  expect(speed(untold, 8000)).toBe(MiB / 2)
})

test('each phase has its words', () => {
  const config = { maxSize: 1, expireAfter: 7 * 86_400, keepAliveTimeout: 75 }
  const words = (transfer: Transfer) => transferStatus(transfer, 0, config, null).sentence
  const at = (phase: Transfer['phase']) =>
    after(sending, { kind: 'safe', bytes: MiB, at: 0 }, { kind: 'phase', phase })
  expect(words(at({ kind: 'waiting', for: { what: 'network' } }))).toMatch(
    /^Waiting for the network\./,
  )
  expect(words(at({ kind: 'waiting', for: { what: 'sign-in' } }))).toMatch(
    /sign in again\. Nothing is lost/,
  )
  const server = { what: 'server', status: 0, said: 'connection lost', until: 4000 } as const
  expect(words(at({ kind: 'waiting', for: server }))).toBe('Connection lost. Trying again in 4 s.')
  const busy = { what: 'server', status: 503, said: 'shutting down', until: 0 } as const
  expect(words(at({ kind: 'waiting', for: busy }))).toBe(
    'The server can’t take it right now (503: shutting down). Trying again now.',
  )
  expect(words(at({ kind: 'paused' }))).toBe(
    'The server keeps the 1.0 MiB that are safe for 7 days. You may close this page.',
  )
})

// A writer that somebody waits behind: whether it is silent is judged by what its socket has, not by when the newcomer was read.
import { expect, test } from 'vitest'
import type { BodyWriter } from '../../server/uploads/body-writer.ts'
import { createWriterParty } from '../../server/uploads/writer-party.ts'
import { sleep, until } from '../helpers/process.ts'

/** A writer whose client has been silent for `silence` ms. */
function writer() {
  const made = { silence: 0, isStopped: false }
  const body: BodyWriter = {
    outcome: new Promise(() => {}),
    stop() {
      made.isStopped = true
    },
    silence: () => made.silence,
    heldUp: () => 0,
    received: () => 0,
  }
  return { made, body }
}

const pollOnce = () => new Promise<void>((resolve) => setImmediate(resolve))

test('bytes that wait in the socket as the newcomer is read keep the writer its place', async () => {
  const { made, body } = writer()
  const party = createWriterParty(() => null)
  party.begin(body)
  // The process was held up for 100 ms; the newcomer's request happens to be read first.
  made.silence = 100
  party.yield(false)
  // Later in the same turn of the event loop, the writer's bytes.
  made.silence = 0
  await pollOnce()
  await sleep(20)
  expect(made.isStopped).toBe(false)
  party.leave()
})

test('a silent writer gives way at once, and to a removal even one that is not', async () => {
  const silent = writer()
  const party = createWriterParty(() => null)
  party.begin(silent.body)
  silent.made.silence = 100
  party.yield(false)
  await pollOnce()
  expect(silent.made.isStopped).toBe(true)
  expect(party.stopCode()).toBe('evicted')

  const busy = writer()
  const other = createWriterParty(() => null)
  other.begin(busy.body)
  other.yield(true)
  expect(busy.made.isStopped).toBe(true)
})

test('a writer that falls silent after the newcomer came gives way then', async () => {
  const { made, body } = writer()
  const party = createWriterParty(() => null)
  party.begin(body)
  party.yield(false)
  await pollOnce()
  expect(made.isStopped).toBe(false)
  made.silence = 60
  await until('it gives way', () => made.isStopped)
})

// The lock of an upload: first come, first served, and a word to the holder that somebody waits.
import { expect, test } from 'vitest'
import { createLock, type Party } from '../../server/uploads/lock.ts'

interface Recorded extends Party {
  /** The `urgent` of each call of `yield`. */
  readonly asked: boolean[]
  error: Error | null
}

function party(): Recorded {
  const asked: boolean[] = []
  const made: Recorded = {
    asked,
    error: null,
    yield: (urgent) => {
      asked.push(urgent)
    },
    gaveUp: () => made.error,
  }
  return made
}

/** Lets every promise that can settle do so. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

test('is free at first, held by one, and free again', async () => {
  const lock = createLock()
  expect(lock.holder).toBe(null)
  const one = party()
  const release = await lock.acquire(one)
  expect(lock.holder).toBe(one)
  release()
  expect(lock.holder).toBe(null)
  expect(one.asked).toEqual([])
})

test('is taken before the promise resolves: nobody slips in between', () => {
  const lock = createLock()
  const one = party()
  void lock.acquire(one)
  expect(lock.holder).toBe(one)
})

test('goes to those who wait in the order in which they came', async () => {
  const lock = createLock()
  const order: number[] = []
  const release = await lock.acquire(party())
  const waiting = Array.from({ length: 100 }, async (_, number) => {
    const done = await lock.acquire(party())
    order.push(number)
    if (number % 3 === 0) await settle()
    done()
  })
  await settle()
  expect(order).toEqual([])
  release()
  await Promise.all(waiting)
  expect(order).toEqual([...order.keys()])
  expect(lock.holder).toBe(null)
})

test('somebody who comes as it is released does not overtake those who wait', async () => {
  const lock = createLock()
  const order: string[] = []
  const release = await lock.acquire(party())
  const waiter = lock.acquire(party()).then((done) => {
    order.push('waiter')
    done()
  })
  release()
  const late = lock.acquire(party()).then((done) => {
    order.push('late')
    done()
  })
  await Promise.all([waiter, late])
  expect(order).toEqual(['waiter', 'late'])
})

test('releasing twice does not take it from the next holder', async () => {
  const lock = createLock()
  const second = party()
  const release = await lock.acquire(party())
  const next = lock.acquire(second)
  release()
  await next
  release()
  expect(lock.holder).toBe(second)
})

test('the holder hears of each newcomer, and the next holder of those behind it', async () => {
  const lock = createLock()
  const [one, two, three] = [party(), party(), party()]
  const release = await lock.acquire(one)
  const second = lock.acquire(two)
  void lock.acquire(three)
  expect(one.asked).toEqual([false, false])
  release()
  await second
  expect(two.asked).toEqual([false])
})

test('a removal stays urgent for whoever holds the lock before it', async () => {
  const lock = createLock()
  const [writer, newcomer, removal] = [party(), party(), party()]
  const release = await lock.acquire(writer)
  const second = lock.acquire(newcomer)
  void lock.acquire(removal, true)
  expect(writer.asked).toEqual([false, true])
  release()
  await second
  // Else a newcomer that goes on for hours keeps the removal waiting.
  expect(newcomer.asked).toEqual([true])
})

test('who gives up while waiting is refused at once, and keeps nobody from the lock', async () => {
  const lock = createLock()
  const [gone, stays] = [party(), party()]
  const release = await lock.acquire(party())
  const refused = lock.acquire(gone)
  const entered = lock.acquire(stays)
  gone.error = new Error('the client went away')
  lock.recheck()
  await expect(refused).rejects.toThrow('the client went away')
  release()
  await entered
  expect(lock.holder).toBe(stays)
})

test('who gave up unnoticed does not get the lock when it is released', async () => {
  const lock = createLock()
  const [gone, stays] = [party(), party()]
  const release = await lock.acquire(party())
  const refused = lock.acquire(gone)
  void lock.acquire(stays)
  gone.error = new Error('moved on')
  release()
  await expect(refused).rejects.toThrow('moved on')
  expect(lock.holder).toBe(stays)
})

test('all who wait may give up; then it is free', async () => {
  const lock = createLock()
  const parties = Array.from({ length: 10 }, party)
  const release = await lock.acquire(party())
  const all = Promise.allSettled(parties.map((one) => lock.acquire(one)))
  for (const one of parties) one.error = new Error('no')
  release()
  const outcomes = new Set((await all).map(({ status }) => status))
  expect([...outcomes]).toEqual(['rejected'])
  expect(lock.holder).toBe(null)
  const again = party()
  await lock.acquire(again)
  expect(lock.holder).toBe(again)
})

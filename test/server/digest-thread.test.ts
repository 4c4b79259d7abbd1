// Asking the thread that hashes whole files, with threads that do as they are told.
import { beforeEach, expect, test, vi } from 'vitest'
import { createDigests } from '../../server/uploads/digests.ts'

const threads = vi.hoisted(() => ({ started: [] as import('node:events').EventEmitter[] }))
vi.mock(import('node:worker_threads'), async (importOriginal) => {
  const original = await importOriginal()
  const { EventEmitter } = await import('node:events')
  class FakeWorker extends EventEmitter {
    readonly asked: unknown[] = []
    constructor() {
      super()
      threads.started.push(this)
    }
    postMessage(message: unknown): void {
      this.asked.push(message)
    }
    ref(): void {}
    unref(): void {}
    async terminate(): Promise<number> {
      return 0
    }
  }
  return { ...original, Worker: FakeWorker as unknown as typeof original.Worker }
})

type FakeThread = import('node:events').EventEmitter & {
  readonly asked: { readonly number: number }[]
}
const thread = (index: number) => threads.started[index] as FakeThread

beforeEach(() => {
  threads.started.length = 0
})

test('the thread reckons once what many ask for at the same time', async () => {
  const digests = createDigests()
  const asked = Array.from({ length: 20 }, () => digests.of(['a', 'b'], 'md5'))
  const others = [digests.of(['a'], 'md5'), digests.of(['a', 'b'], 'sha1')]
  expect(thread(0).asked).toHaveLength(3)
  for (const { number } of thread(0).asked)
    thread(0).emit('message', { number, value: Buffer.from([number]) })
  const values = await Promise.all([...asked, ...others])
  expect(values.map((value) => value[0])).toEqual([...Array(20).fill(1), 2, 3])
  // What is answered is asked anew: the file may be another.
  void digests.of(['a'], 'md5')
  expect(thread(0).asked).toHaveLength(4)
})

test('a thread that ends is followed by another, which its end does not touch', async () => {
  const digests = createDigests()
  const first = digests.of(['a'], 'md5')
  thread(0).emit('error', new Error('out of memory'))
  await expect(first).rejects.toThrow('out of memory')
  const second = digests.of(['a'], 'md5')
  thread(0).emit('exit', 1)
  thread(1).emit('message', { number: 2, value: Buffer.from([7]) })
  expect(await second).toEqual(Buffer.from([7]))
  void digests.of(['b'], 'md5')
  expect(threads.started).toHaveLength(2)
})

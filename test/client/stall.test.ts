// A PATCH that moves no byte is given up; one with a checksum, of which nothing counts before its end, not before the server has it.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Proof } from '../../client/upload/checksum/proof.ts'
import { createGate } from '../../client/upload/gate.ts'
import { createHttpStack } from '../../client/upload/http-stack.ts'
import { type LineListener, newLine } from '../../client/upload/line.ts'

/** A request that has handed all its bytes to the system and gets no answer. */
class SilentRequest {
  static last: SilentRequest | null = null
  readonly upload: { onprogress: ((event: { loaded: number }) => void) | null } = {
    onprogress: null,
  }
  readonly headers = new Map<string, string>()
  isAborted = false
  isSent = false
  constructor() {
    SilentRequest.last = this
  }
  open(): void {}
  setRequestHeader(name: string, value: string): void {
    this.headers.set(name, value)
  }
  send(): void {
    this.isSent = true
  }
  abort(): void {
    this.isAborted = true
  }
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('XMLHttpRequest', SilentRequest)
  vi.stubGlobal('navigator', { onLine: true })
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const nothing = () => {}
const listener: LineListener = {
  onRequest: nothing,
  onWait: nothing,
  onSent: nothing,
  onSafe: nothing,
  onPatch: nothing,
  onLost: nothing,
  onMended: nothing,
  onResumed: nothing,
  onGone: nothing,
  onCreated: nothing,
  findEmpty: async () => null,
  findJoined: async () => null,
  onOrphan: nothing,
}

const proof: Proof = {
  checksumOf: async () => 'sha256 abc=',
  distrust: nothing,
  whole: async () => '',
  wholeAgain: async () => '',
  close: nothing,
}

/** Sends a PATCH of 1 MiB that leaves at once; `received` is what the server has of it by seconds. */
async function start(isChecked: boolean, received: (second: number) => number | null) {
  const begin = Date.now()
  const stack = createHttpStack(createGate(), {
    onConnection: nothing,
    onSignedOut: nothing,
    onStall: nothing,
    isTold: () => true,
    receivedBy: async (path) => {
      expect(path).toBe('/files/abcdefgh')
      return received((Date.now() - begin) / 1000)
    },
  })
  const body = new Blob([new Uint8Array(1 << 20)])
  const line = newLine(body, listener)
  if (isChecked) line.proof = proof
  const request = stack.createRequest('PATCH', 'http://127.0.0.1/files/abcdefgh')
  stack.bind(request, line)
  const outcome = request.send(body).then(
    () => 'answered',
    (error: unknown) => String(error),
  )
  await vi.advanceTimersByTimeAsync(10)
  const xhr = SilentRequest.last
  if (!xhr?.isSent) throw new Error('the request did not leave')
  xhr.upload.onprogress?.({ loaded: body.size })
  return { xhr, outcome }
}

test('without a checksum 15 s without news of a commit end it', async () => {
  const { xhr, outcome } = await start(false, () => null)
  expect(xhr.headers.has('Upload-Checksum')).toBe(false)
  await vi.advanceTimersByTimeAsync(14_000)
  expect(xhr.isAborted).toBe(false)
  await vi.advanceTimersByTimeAsync(3000)
  expect(await outcome).toMatch(/stood still for 15 s/)
  expect(xhr.isAborted).toBe(true)
})

test('a chunk with a checksum goes on for minutes while the server receives it', async () => {
  // 7 KiB/s until 150 s, then nothing.
  const { xhr, outcome } = await start(true, (second) => Math.min(second, 150) * 7000)
  expect(xhr.headers.get('Upload-Checksum')).toBe('sha256 abc=')
  await vi.advanceTimersByTimeAsync(200_000)
  expect(xhr.isAborted).toBe(false)
  await vi.advanceTimersByTimeAsync(30_000)
  expect(await outcome).toMatch(/stood still for 60 s/)
})

test('a chunk with a checksum that no connection carries is given up after a minute', async () => {
  const { xhr, outcome } = await start(true, () => null)
  await vi.advanceTimersByTimeAsync(58_000)
  expect(xhr.isAborted).toBe(false)
  await vi.advanceTimersByTimeAsync(4000)
  expect(await outcome).toMatch(/stood still for 60 s/)
})

test('a chunk with a checksum of which the server gets no more is given up after 15 s', async () => {
  const { xhr, outcome } = await start(true, (second) => Math.min(second, 40) * 7000)
  await vi.advanceTimersByTimeAsync(50_000)
  expect(xhr.isAborted).toBe(false)
  await vi.advanceTimersByTimeAsync(8000)
  expect(await outcome).toMatch(/stood still for 15 s/)
})

test('a server that does not answer either is no reason to wait longer', async () => {
  const { xhr, outcome } = await start(true, () => {
    throw new Error('no network')
  })
  await vi.advanceTimersByTimeAsync(14_000)
  expect(xhr.isAborted).toBe(false)
  await vi.advanceTimersByTimeAsync(3000)
  expect(await outcome).toMatch(/stood still for 15 s/)
})

test('a pause longer than a timer can count is a long one, and not none', async () => {
  const leaving = new AbortController()
  let passed = false
  const left = createGate()
    .pass(2 ** 31, leaving.signal)
    .then(() => {
      passed = true
    })
    .catch(() => 'left')
  await vi.advanceTimersByTimeAsync(86_400_000)
  expect(passed).toBe(false)
  leaving.abort()
  expect(await left).toBe('left')
})

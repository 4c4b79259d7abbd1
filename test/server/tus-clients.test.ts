// tus-js-client as people use it from Node, against the real server: in parts at once, checked, of unknown length.
import { createCipheriv, createHash } from 'node:crypto'
import { createServer, connect as dial, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import {
  DefaultHttpStack,
  type HttpRequest,
  type HttpResponse,
  type HttpStack,
  type PreviousUpload,
  Upload,
  type UploadOptions,
} from 'tus-js-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checksumOf } from '../helpers/checksum.ts'
import { cleanUp, type RunningServer, startServer } from '../helpers/server.ts'
import { get } from '../helpers/tus.ts'

const MiB = 2 ** 20

let server: RunningServer

beforeAll(async () => {
  server = await startServer({ flags: ['--log-level', 'error'] })
})
afterAll(cleanUp)

/** Bytes of which no two pieces are alike. */
function content(length: number, seed: number): Buffer {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16))
  return cipher.update(Buffer.alloc(length))
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

interface Sending {
  readonly upload: Upload
  readonly done: Promise<string>
}

/** Starts an upload; `done` is the path where it went. */
function send(file: Buffer | Readable, options: Partial<UploadOptions>): Sending {
  let settle: (path: string) => void = () => {}
  let fail: (error: Error) => void = () => {}
  const done = new Promise<string>((resolve, reject) => {
    settle = resolve
    fail = reject
  })
  const upload = new Upload(file as Buffer & Pick<ReadableStreamDefaultReader, 'read'>, {
    endpoint: `${server.url}/files`,
    retryDelays: [20, 50, 100, 200],
    onError: fail,
    onSuccess: () => settle(new URL(upload.url ?? '').pathname),
    ...options,
  })
  return { upload, done }
}

async function expectStored(path: string, file: Buffer): Promise<void> {
  const download = await get(server, path)
  expect(download.body.length).toBe(file.length)
  expect(sha256(download.body)).toBe(sha256(file))
}

/** Waits until so many bytes were sent. */
function sentOf(bytes: number) {
  let arrived: () => void = () => {}
  const reached = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const onProgress = (sent: number) => {
    if (sent >= bytes) arrived()
  }
  return { reached, onProgress }
}

/** What the client keeps between two starts, in memory. */
function memoryStorage() {
  const saved = new Map<string, PreviousUpload>()
  let tell: () => void = () => {}
  const isSaved = new Promise<void>((resolve) => {
    tell = resolve
  })
  return {
    saved,
    isSaved,
    findAllUploads: async () => [...saved.values()],
    findUploadsByFingerprint: async () => [...saved.values()],
    removeUpload: async (key: string) => {
      saved.delete(key)
    },
    addUpload: async (_fingerprint: string, upload: PreviousUpload) => {
      saved.set(upload.urlStorageKey ?? 'key', { ...upload, urlStorageKey: 'key' })
      tell()
      return 'key'
    },
  }
}

test('in three parts at once', async () => {
  const file = content(5 * MiB + 1, 1)
  const methods: string[] = []
  const { upload, done } = send(file, {
    parallelUploads: 3,
    chunkSize: MiB,
    metadata: { filename: 'three parts.bin' },
    onAfterResponse: (request, response) => {
      methods.push(`${request.getMethod()} ${response.getStatus()}`)
    },
  })
  upload.start()
  const path = await done
  await expectStored(path, file)
  expect((await get(server, path)).header('content-disposition')).toContain('three parts.bin')
  expect(methods.filter((one) => one === 'POST 201').length, 'three parts and the whole').toBe(4)
  expect(new Set(methods), 'nothing went wrong').toEqual(new Set(['POST 201', 'PATCH 204']))
})

test('in three parts at once, paused in the middle and gone on with', async () => {
  const file = content(6 * MiB, 2)
  const { reached, onProgress } = sentOf(2 * MiB)
  const { upload, done } = send(file, { parallelUploads: 3, chunkSize: MiB / 2, onProgress })
  upload.start()
  await reached
  await upload.abort()
  upload.start()
  await expectStored(await done, file)
})

test('in three parts at once, the program ended and started again', async () => {
  const file = content(6 * MiB, 3)
  const urlStorage = memoryStorage()
  const options = { parallelUploads: 3, chunkSize: MiB / 2, urlStorage } as const
  const { reached, onProgress } = sentOf(2 * MiB)
  const first = send(file, { ...options, onProgress })
  first.upload.start()
  // One part may have sent so much before the others know their URLs: only then is anything kept.
  await Promise.all([reached, urlStorage.isSaved])
  await first.upload.abort()
  expect(urlStorage.saved.size).toBe(1)
  let sent = 0
  const second = send(file, {
    ...options,
    onChunkComplete: (size) => {
      sent += size
    },
  })
  const [previous] = await second.upload.findPreviousUploads()
  if (previous === undefined) throw new Error('nothing was saved')
  expect(previous.parallelUploadUrls?.length).toBe(3)
  second.upload.resumeFromPreviousUpload(previous)
  second.upload.start()
  await expectStored(await second.done, file)
  expect(sent, 'not from the beginning').toBeLessThan(file.length)
})

test('in three parts at once, over connections that break', async () => {
  const file = content(6 * MiB, 4)
  const link = await startLink(server.port)
  const { reached, onProgress } = sentOf(2 * MiB)
  const { upload, done } = send(file, {
    endpoint: `http://127.0.0.1:${link.port}/files`,
    parallelUploads: 3,
    chunkSize: MiB / 2,
    onProgress,
  })
  upload.start()
  await reached
  expect(link.cut()).toBeGreaterThan(0)
  const path = await done
  link.close()
  await expectStored(path, file)
})

test('of unknown length, from a stream', async () => {
  const file = content(3 * MiB + 7, 5)
  const pieces = Array.from({ length: 40 }, (_, index) =>
    file.subarray(
      Math.floor((index * file.length) / 40),
      Math.floor(((index + 1) * file.length) / 40),
    ),
  )
  const { upload, done } = send(Readable.from(pieces), {
    uploadLengthDeferred: true,
    chunkSize: MiB / 2,
  })
  upload.start()
  await expectStored(await done, file)
})

test('each chunk with a checksum; one damaged on its way is sent again', async () => {
  const file = content(3 * MiB, 6)
  const statuses: number[] = []
  const { upload, done } = send(file, {
    chunkSize: MiB,
    httpStack: checkedStack('sha256', [1]),
    onShouldRetry: (error) => error.originalResponse?.getStatus() === 460,
    onAfterResponse: (request, response) => {
      if (request.getMethod() === 'PATCH') statuses.push(response.getStatus())
    },
  })
  upload.start()
  await expectStored(await done, file)
  expect(statuses).toEqual([204, 460, 204, 204])
})

test('in three parts at once, each chunk with a checksum', async () => {
  const file = content(4 * MiB, 7)
  const { upload, done } = send(file, {
    parallelUploads: 3,
    chunkSize: MiB / 2,
    httpStack: checkedStack('crc32', [2, 5]),
    onShouldRetry: (error) => error.originalResponse?.getStatus() === 460,
  })
  upload.start()
  await expectStored(await done, file)
})

test('a checksum set in onBeforeRequest, as the documentation of tus-js-client has it', async () => {
  const file = content(100_000, 8)
  const { upload, done } = send(file, {
    uploadDataDuringCreation: true,
    onBeforeRequest: (request) => {
      request.setHeader('Upload-Checksum', checksumOf('sha1', file))
    },
  })
  upload.start()
  await expectStored(await done, file)
  const wrong = send(file, {
    onBeforeRequest: (request) => {
      const isPatch = request.getMethod() === 'PATCH'
      if (isPatch) request.setHeader('Upload-Checksum', checksumOf('sha1', 'another file'))
    },
  })
  wrong.upload.start()
  await expect(wrong.done).rejects.toThrow(/response code: 460/)
})

/** The client's own HTTP, with a checksum on each chunk; the bodies of these numbers are damaged after it was taken. */
function checkedStack(algorithm: string, damaged: readonly number[]): HttpStack {
  const plain = new DefaultHttpStack({})
  let count = 0
  return {
    getName: () => 'checked',
    createRequest(method, url) {
      const request: HttpRequest = plain.createRequest(method, url)
      const sendPlain = request.send.bind(request)
      request.send = async (body: Uint8Array | null): Promise<HttpResponse> => {
        if (!(body instanceof Uint8Array) || method !== 'PATCH') return sendPlain(body)
        request.setHeader('Upload-Checksum', checksumOf(algorithm, body))
        const isDamaged = damaged.includes(count++)
        if (!isDamaged) return sendPlain(body)
        const other = Object.assign(Buffer.from(body), { size: body.length })
        other[0] = (other[0] ?? 0) ^ 1
        return sendPlain(other)
      }
      return request
    },
  }
}

interface Link {
  readonly port: number
  /** Resets every connection there is; gives their number. */
  cut(): number
  close(): void
}

/** A port that leads to the server's, on connections that can be cut. */
async function startLink(to: number): Promise<Link> {
  const sockets = new Set<Socket>()
  const listener = createServer((near) => {
    const far = dial(to, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    cut() {
      const { size } = sockets
      for (const socket of sockets) socket.resetAndDestroy()
      return size
    },
    close() {
      listener.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

// One TCP connection that sends PATCHes and reads their answers, as cheaply as Node lets it.
import { connect, type Socket } from 'node:net'
import { payload } from './payload.ts'

const headRoom = 512
const firstBytes = 65_536

export interface PatchConnection {
  /** Sends one whole PATCH, with an `Upload-Checksum` if one is given; rejects unless the answer is 204 with the next offset. */
  patch(target: string, offset: number, length: number, checksum?: string): Promise<void>
  /** Resolves when the kernel has taken the bytes. */
  send(bytes: Buffer): Promise<void>
  /** Rejects unless the next answer is 204 with this `Upload-Offset`. */
  expect(offset: number): Promise<void>
  close(): void
}

/** Opens a connection to a loopback port. */
export async function openConnection(port: number): Promise<PatchConnection> {
  const answers = answerReader()
  const socket = await connected(port, answers.take)
  socket.on('error', answers.fail)
  socket.on('close', () => answers.fail(new Error('the server closed the connection')))

  // The head lies directly before the first bytes of the body: a small PATCH is a single write.
  const message = Buffer.alloc(headRoom + firstBytes)
  payload.copy(message, headRoom)

  const send = (bytes: Buffer) => write(socket, bytes)
  const expect = async (offset: number) => expectOffset(await answers.next(), offset)
  return {
    send,
    expect,
    async patch(target, offset, length, checksum) {
      const head = patchHead(target, offset, length, checksum)
      const first = Math.min(length, firstBytes)
      message.write(head, headRoom - head.length, 'latin1')
      // A stamp: a body that ends up elsewhere in the file shows.
      message.writeDoubleLE(offset, headRoom)
      await Promise.all([
        expect(offset + length),
        send(message.subarray(headRoom - head.length, headRoom + first)),
        writeRest(socket, first, length),
      ])
    },
    close: () => socket.destroy(),
  }
}

/** The head of a PATCH with `length` bytes of body (tus 1.0.0, core protocol). */
export function patchHead(
  target: string,
  offset: number,
  length: number,
  checksum?: string,
): string {
  return (
    `PATCH ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nTus-Resumable: 1.0.0\r\n` +
    `Content-Type: application/offset+octet-stream\r\nUpload-Offset: ${offset}\r\n` +
    `Content-Length: ${length}\r\n${checksum ? `Upload-Checksum: ${checksum}\r\n` : ''}\r\n`
  )
}

/** Large writes, so that the kernel takes what it can without asking JavaScript again. */
async function writeRest(socket: Socket, from: number, length: number): Promise<void> {
  for (let at = from; at < length; ) {
    const start = at % payload.length
    const piece = payload.subarray(start, Math.min(payload.length, start + length - at))
    await write(socket, piece)
    at += piece.length
  }
}

function write(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : resolve()))
  })
}

function expectOffset(answer: string, offset: number): void {
  const found = /^HTTP\/1\.1 204 .*\r\nupload-offset: *(\d+)\r\n/is.exec(answer)?.[1]
  if (Number(found) !== offset) {
    throw new Error(`expected 204 and Upload-Offset ${offset}, the server said:\n${answer}`)
  }
}

/** Collects one response head at a time; a 204 has no body (RFC 9110 §15.3.5). */
function answerReader() {
  let text = ''
  let failure: Error | null = null
  let waiting: { resolve(answer: string): void; reject(error: Error): void } | null = null
  const deliver = () => {
    if (waiting === null) return
    if (text.includes('\r\n\r\n')) {
      waiting.resolve(text)
      waiting = null
      text = ''
    } else if (failure !== null) {
      waiting.reject(failure)
    }
  }
  return {
    fail(error: Error) {
      failure ??= error
      deliver()
    },
    take(bytes: Buffer) {
      text += bytes.toString('latin1')
      deliver()
    },
    next(): Promise<string> {
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        deliver()
      })
    },
  }
}

function connected(port: number, take: (bytes: Buffer) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // One buffer for all answers: no stream, no allocation for each.
    const buffer = Buffer.alloc(16_384)
    const socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: {
        buffer,
        callback(length) {
          take(buffer.subarray(0, length))
          return true
        },
      },
    })
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}

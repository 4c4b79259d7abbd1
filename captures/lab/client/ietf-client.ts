// An upload by both protocols, as a process: `node ietf-client.js ENDPOINT SIZE`. Created whole as an IETF resumable upload (interop
// version 8), broken off once the server has told how far it is (104), gone on with by PATCH, and finished by tus 1.0.
import http from 'node:http'
import { madeUpBytes } from '../made-up.ts'
import { ask } from './requests.ts'

const [endpoint = '', size = '0'] = process.argv.slice(2)
const file = madeUpBytes(Number(size))
const agent = new http.Agent({ keepAlive: true, maxSockets: 1, keepAliveMsecs: 30_000 })
const version = { 'Upload-Draft-Interop-Version': '8' }
/** Of the file, in the PATCH between. */
const partBytes = 96 * 1024

try {
  const url = await beginAndReset()
  const asked = await ask(agent, 'HEAD', url, version)
  const offset = await append(url, offsetOf(asked.headers))
  await finish(url, offset)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
} finally {
  agent.destroy()
}

/** The URL of the upload, which a 104 told; the connection is gone, by a RST in the middle of the body. */
function beginAndReset(): Promise<string> {
  return new Promise((resolve, reject) => {
    let url: string | undefined
    const request = http.request(endpoint, {
      method: 'POST',
      agent,
      headers: {
        ...version,
        'Upload-Complete': '?1',
        'Content-Type': 'video/mp4',
        'Content-Disposition': 'attachment; filename="holiday.mp4"',
        'Content-Length': file.length,
      },
    })
    request.on('information', ({ headers }) => {
      url ??= headers.location
      if (headers['upload-offset'] === undefined) return
      request.socket?.resetAndDestroy()
    })
    request.on('error', () => {})
    request.once('response', ({ statusCode }) =>
      reject(new Error(`the creation was answered with ${statusCode}, too early to break off`)),
    )
    request.once('close', () =>
      url === undefined
        ? reject(new Error('no 104 told where the upload is'))
        : resolve(new URL(url, endpoint).href),
    )
    request.end(file)
  })
}

async function append(url: string, from: number): Promise<number> {
  const part = file.subarray(from, from + partBytes)
  const { status, headers } = await ask(
    agent,
    'PATCH',
    url,
    {
      ...version,
      'Upload-Offset': from,
      'Upload-Complete': '?0',
      'Content-Type': 'application/partial-upload',
      'Content-Length': part.length,
    },
    part,
  )
  if (status !== 204) throw new Error(`the PATCH of the draft was answered with ${status}`)
  return offsetOf(headers)
}

async function finish(url: string, from: number): Promise<void> {
  const rest = file.subarray(from)
  const { status } = await ask(
    agent,
    'PATCH',
    url,
    {
      'Tus-Resumable': '1.0.0',
      'Upload-Offset': from,
      'Content-Type': 'application/offset+octet-stream',
      'Content-Length': rest.length,
    },
    rest,
  )
  if (status !== 204) throw new Error(`the PATCH of tus was answered with ${status}`)
}

function offsetOf(headers: http.IncomingHttpHeaders): number {
  const offset = Number(headers['upload-offset'] ?? Number.NaN)
  if (!Number.isInteger(offset)) throw new Error('an answer told no offset')
  return offset
}

// A tus 1.0 client of few lines, as a process: `node tus-client.js PLAN`. It does to its connections what a good client leaves alone.
import http from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { madeUpBytes } from '../made-up.ts'
import type { ClientPlan } from './plan.ts'

const plan: ClientPlan = JSON.parse(process.argv[2] ?? '')

// Long enough that no probe goes out where none was asked for: they are the system's, and begin with silence.
const keepAliveMsecs = plan.probeAfter ?? 30_000
const agent = new http.Agent({
  keepAlive: plan.connection === 'keep-alive',
  maxSockets: 1,
  keepAliveMsecs,
})

// Node's agent takes the server's hint (`Keep-Alive: timeout=`) and leaves just before: here the server shall have the last word.
agent.on('free', (socket: Socket) => socket.setTimeout(0))

const version = { 'Tus-Resumable': '1.0.0' }
const file = madeUpBytes(plan.size)
const sockets = new Set<Socket>()
const chunkAt = (offset: number) => file.subarray(offset, offset + plan.chunkSize)
let url = ''

try {
  await upload()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
} finally {
  agent.destroy()
}

async function upload(): Promise<void> {
  url = new URL(await create(), plan.endpoint).href
  await send()
  if (plan.lastWord === 'server') await Promise.all([...sockets].map(closed))
}

function closed(socket: Socket): Promise<unknown> {
  if (socket.destroyed) return Promise.resolve()
  // An agent's idle socket doesn't keep the process alive.
  socket.ref()
  return new Promise((resolve) => socket.once('close', resolve))
}

async function create(): Promise<string> {
  const answer = await ask('POST', plan.endpoint, {
    'Upload-Length': String(plan.size),
    'Upload-Metadata': `filename ${Buffer.from(plan.name).toString('base64')}`,
  })
  if (answer.status !== 201 || answer.headers.location === undefined)
    throw new Error(`the creation was answered with ${answer.status}`)
  return answer.headers.location
}

async function send(): Promise<void> {
  let offset = 0
  for (let patch = 1; offset < plan.size; patch++) {
    if (plan.reset?.patch === patch) {
      await sendAndReset(offset, plan.reset.afterBytes)
      offset = await askOffset()
      continue
    }
    offset = await sendChunk(offset)
    if (plan.pause?.afterPatches === patch) {
      await sleep(plan.pause.for)
      // Who comes back to a connection that the server has closed meanwhile asks how far it is.
      if ([...sockets].every((socket) => socket.destroyed)) offset = await askOffset()
    }
  }
}

async function sendChunk(offset: number): Promise<number> {
  const { status, headers } = await ask('PATCH', url, patchHeaders(offset), chunkAt(offset))
  if (status !== 204) throw new Error(`a PATCH was answered with ${status}`)
  return Number(headers['upload-offset'])
}

async function askOffset(): Promise<number> {
  const { status, headers } = await ask('HEAD', url, {})
  if (status !== 200) throw new Error(`HEAD was answered with ${status}`)
  return Number(headers['upload-offset'])
}

/** A part of the chunk, then a RST in place of the rest (`SO_LINGER` of 0). */
async function sendAndReset(offset: number, afterBytes: number): Promise<void> {
  const request = http.request(url, {
    method: 'PATCH',
    agent,
    headers: { ...version, ...patchHeaders(offset) },
  })
  request.on('error', () => {})
  const over = new Promise((resolve) => request.once('close', resolve))
  await new Promise((resolve) => request.write(chunkAt(offset).subarray(0, afterBytes), resolve))
  await sleep(200)
  request.socket?.resetAndDestroy()
  await over
}

function patchHeaders(offset: number): http.OutgoingHttpHeaders {
  return {
    'Upload-Offset': String(offset),
    'Content-Type': 'application/offset+octet-stream',
    'Content-Length': String(chunkAt(offset).length),
  }
}

interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
}

function ask(
  method: string,
  target: string,
  headers: http.OutgoingHttpHeaders,
  body?: Uint8Array,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(target, {
      method,
      agent,
      headers: { ...version, ...headers },
    })
    request.on('error', reject)
    request.once('socket', (socket) => {
      // From the first byte on, not only once the agent has it back.
      if (plan.probeAfter !== null && !sockets.has(socket))
        socket.setKeepAlive(true, keepAliveMsecs)
      sockets.add(socket)
    })
    request.once('response', (response) => {
      // An answer to HEAD without Content-Length has no body, and needs no end (RFC 9112 §6.3).
      if (method === 'HEAD' && plan.connection === 'keep-alive') request.shouldKeepAlive = true
      response.resume()
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers }),
      )
    })
    request.end(body)
  })
}

// D03 and its kin: what tus-js-client does under our policy, against a real HTTP server that answers what it's told.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Upload, type UploadOptions } from 'tus-js-client'
import { afterEach, describe, expect, test } from 'vitest'
import {
  backoff,
  finalSentence,
  isGone,
  isPassing,
  onShouldRetry,
  PassingError,
  parseRetryAfter,
  retryDelays,
} from '../../client/retry-policy.ts'

const servers: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(servers.splice(0).map((close) => close()))
})

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
}

/** A tus server for one upload of 1000 B, of which `offset` are there; `script` answers instead of it while it lasts. */
async function scriptedServer(offset: number, script: Record<string, Answer[]>) {
  const seen: string[] = []
  const state = { offset, creations: 0 }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const method = request.method ?? ''
    seen.push(method)
    let size = 0
    for await (const chunk of request) size += (chunk as Buffer).length
    const scripted = script[method]?.shift()
    if (scripted) return void response.writeHead(scripted.status, scripted.headers).end()
    if (method === 'POST') {
      state.creations += 1
      state.offset = 0
      return void response.writeHead(201, { Location: `/files/new${state.creations}` }).end()
    }
    if (method === 'PATCH') state.offset += size
    const headers = { 'Upload-Offset': String(state.offset), 'Upload-Length': '1000' }
    response.writeHead(method === 'PATCH' ? 204 : 200, headers).end()
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(() => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, seen, state }
}

const policy: UploadOptions = {
  retryDelays: new Array(20).fill(5),
  // As page and terminal do: without it tus-js-client 4.3.1 takes 401, 403, 429, 500, 502, 503 … for "gone".
  onAfterResponse(request, response) {
    const status = response.getStatus()
    if (request.getMethod() === 'HEAD' && isPassing('HEAD', status)) {
      throw new PassingError(`answered ${status}`, status)
    }
  },
  onShouldRetry,
}

/** Resolves with null when the upload is finished, else with the error. */
function run(url: string, options: UploadOptions): Promise<Error | null> {
  return new Promise((resolve) => {
    const upload = new Upload(Buffer.alloc(1000, 7), {
      endpoint: `${url}/files`,
      uploadUrl: `${url}/files/kept`,
      chunkSize: 250,
      ...options,
      onSuccess: () => resolve(null),
      onError: resolve,
    })
    upload.start()
  })
}

describe('D03: HEAD answered with passing trouble', () => {
  for (const status of [401, 403, 408, 409, 429, 500, 502, 503]) {
    test(`${status}: asked again, no second upload, no byte sent twice`, async () => {
      const server = await scriptedServer(500, { HEAD: [{ status }, { status }] })
      expect(await run(server.url, policy)).toBeNull()
      expect(server.seen).toEqual(['HEAD', 'HEAD', 'HEAD', 'PATCH', 'PATCH'])
      expect(server.state).toEqual({ offset: 1000, creations: 0 })
    })
  }

  test('without the policy tus-js-client starts over at 503, which is why it exists', async () => {
    const server = await scriptedServer(500, { HEAD: [{ status: 503 }] })
    expect(await run(server.url, { retryDelays: [5] })).toBeNull()
    expect(server.state.creations).toBe(1)
  })

  for (const status of [404, 410]) {
    test(`${status} is the one way to say gone: a new upload is made`, async () => {
      const server = await scriptedServer(500, { HEAD: [{ status }] })
      expect(await run(server.url, policy)).toBeNull()
      expect(server.state).toEqual({ offset: 1000, creations: 1 })
    })
  }
})

describe('PATCH and POST', () => {
  for (const status of [404, 408, 409, 410, 423, 429, 500, 502, 503, 504]) {
    test(`PATCH ${status} asks for the offset and goes on`, async () => {
      const server = await scriptedServer(0, { PATCH: [{ status }] })
      expect(await run(server.url, policy)).toBeNull()
      expect(server.seen.slice(0, 3)).toEqual(['HEAD', 'PATCH', 'HEAD'])
      expect(server.state).toEqual({ offset: 1000, creations: 0 })
    })
  }

  for (const status of [400, 413, 415, 507]) {
    test(`PATCH ${status} ends at once`, async () => {
      const server = await scriptedServer(0, { PATCH: [{ status }] })
      expect(await run(server.url, policy)).toBeInstanceOf(Error)
      expect(server.seen).toEqual(['HEAD', 'PATCH'])
    })
  }

  test('POST 503 is tried again, POST 404 is not', async () => {
    const passing = await scriptedServer(0, { POST: [{ status: 503 }] })
    expect(await run(passing.url, { ...policy, uploadUrl: null })).toBeNull()
    expect(passing.state.creations).toBe(1)
    const final = await scriptedServer(0, { POST: [{ status: 404 }] })
    expect(await run(final.url, { ...policy, uploadUrl: null })).toBeInstanceOf(Error)
  })

  test('a server that hangs up is no answer, and passes', async () => {
    expect(isPassing('PATCH', 0)).toBe(true)
    expect(onShouldRetry({ originalResponse: null })).toBe(true)
  })
})

test('only 404 and 410 of HEAD mean gone', () => {
  const gone = Array.from({ length: 600 }, (_, status) => status).filter((s) => isGone('HEAD', s))
  expect(gone).toEqual([404, 410])
  expect(isGone('PATCH', 404)).toBe(false)
})

test('waits double from 0.2 s to 10 s, within a quarter', () => {
  const middle = () => 0.5
  expect([1, 2, 3, 4, 5, 6, 7, 100].map((attempt) => backoff(attempt, middle))).toEqual([
    200, 400, 800, 1600, 3200, 6400, 10_000, 10_000,
  ])
  expect(backoff(3, () => 0)).toBe(600)
  expect(backoff(3, () => 0.999)).toBe(1000)
  const week = retryDelays(middle).reduce((sum, delay) => sum + delay, 0)
  expect(week / 1000 / 86_400).toBeCloseTo(7, 1)
})

test('Retry-After is seconds or a date', () => {
  expect(parseRetryAfter('3')).toBe(3000)
  const now = Date.parse('2026-01-01T00:00:00Z')
  expect(parseRetryAfter('Thu, 01 Jan 2026 00:00:07 GMT', now)).toBe(7000)
  expect(parseRetryAfter('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0)
  expect(parseRetryAfter('soon')).toBeNull()
  expect(parseRetryAfter(null)).toBeNull()
})

test('what can’t pass is said with the server’s own sentence and a next step', () => {
  expect(finalSentence(507, 'The disk is full.\n')).toBe(
    'The disk is full. What is safe stays safe: free some space on the server, then retry.',
  )
  expect(finalSentence(418, '')).toBe(
    'The server refused the upload (418). Tell whoever runs the server.',
  )
})

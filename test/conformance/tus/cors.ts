// What a browser on another origin needs (Fetch, CORS protocol): T58.
import { expect } from 'vitest'
import { checksumOf } from '../../helpers/checksum.ts'
import {
  create,
  createUpload,
  endpoint,
  exchange,
  get,
  head,
  items,
  options,
  patch,
  remove,
  tusHeaders,
  upload,
} from '../../helpers/tus.ts'
import type { Address, WireResponse } from '../../helpers/wire.ts'
import type { Row } from '../row.ts'

const origin = 'https://app.example'
const methods = ['POST', 'HEAD', 'PATCH', 'DELETE', 'GET']
const requestHeaders = [
  'Authorization',
  'Content-Type',
  'Tus-Resumable',
  'Upload-Checksum',
  'Upload-Concat',
  'Upload-Defer-Length',
  'Upload-Length',
  'Upload-Metadata',
  'Upload-Offset',
  'X-HTTP-Method-Override',
]
const responseHeaders = [
  'Location',
  'Longhaul-Connection',
  'Retry-After',
  'Tus-Checksum-Algorithm',
  'Tus-Extension',
  'Tus-Max-Size',
  'Tus-Resumable',
  'Tus-Version',
  'Upload-Concat',
  'Upload-Defer-Length',
  'Upload-Expires',
  'Upload-Length',
  'Upload-Metadata',
  'Upload-Offset',
]

const lower = (value: string | null) => items(value).map((item) => item.toLowerCase())

export const corsRows: readonly Row[] = [
  {
    id: 'T58',
    level: 'practice',
    statement: 'a page of an allowed origin may send and read every tus header, in errors too',
    defects: ['D21', 'D25'],
    async check(server) {
      const from = await server.under('--cors-origin', `https://other.example,${origin}`)
      for (const target of [endpoint, await createUpload(from, { length: 5 })]) {
        await preflight(from, target)
      }
      for (const [what, response] of await answers(from)) {
        expect.soft(response.header('access-control-allow-origin'), what).toBe(origin)
        expect.soft(lower(response.header('vary')), what).toContain('origin')
        const exposed = lower(response.header('access-control-expose-headers'))
        const hidden = responseHeaders.filter((name) => !exposed.includes(name.toLowerCase()))
        expect.soft(hidden, `${what}: not exposed`).toEqual([])
      }
      await otherOrigins(from)
    },
  },
]

async function preflight(server: Address, target: string): Promise<void> {
  for (const method of methods) {
    const response = await options(server, target, {
      Origin: origin,
      'Access-Control-Request-Method': method,
      'Access-Control-Request-Headers': 'content-type,tus-resumable,upload-offset',
    })
    const what = `preflight of ${method} ${target}`
    expect.soft([200, 204], what).toContain(response.status)
    expect.soft(response.header('access-control-allow-origin'), what).toBe(origin)
    expect.soft(items(response.header('access-control-allow-methods')), what).toContain(method)
    const allowed = lower(response.header('access-control-allow-headers'))
    const refused = requestHeaders.filter((name) => !allowed.includes(name.toLowerCase()))
    expect.soft(refused, `${what}: not allowed`).toEqual([])
    expect.soft(Number(response.header('access-control-max-age')), what).toBeGreaterThan(0)
  }
}

async function answers(server: Address): Promise<[string, WireResponse][]> {
  const headers = { Origin: origin }
  const finished = await upload(server, 'hello')
  const path = await createUpload(server, { length: 5 })
  const nothing = '/files/no-such-upload-0123456789'
  return [
    ['201', await create(server, { length: 5, headers })],
    ['HEAD 200', await head(server, path, headers)],
    ['GET 200', await get(server, finished, headers)],
    ['GET 206', await get(server, finished, { ...headers, Range: 'bytes=0-1' })],
    ['GET 404', await get(server, nothing, headers)],
    ['HEAD 404', await head(server, nothing, headers)],
    ['PATCH 400', await patch(server, path, 'abc', 'x', headers)],
    ['PATCH 409', await patch(server, path, 3, 'x', headers)],
    ['PATCH 412', await patch(server, path, 0, 'x', { ...headers, 'Tus-Resumable': null })],
    ['PATCH 413', await patch(server, path, 0, 'x'.repeat(6), headers)],
    ['PATCH 415', await patch(server, path, 0, 'x', { ...headers, 'Content-Type': 'text/plain' })],
    [
      'PUT 405',
      await exchange(server, { method: 'PUT', target: path, headers: tusHeaders(headers) }),
    ],
    [
      'PATCH 460',
      await patch(server, path, 0, 'hello', {
        ...headers,
        'Upload-Checksum': checksumOf('sha1', 'other'),
      }),
    ],
    ['PATCH 204', await patch(server, path, 0, 'hello', headers)],
    ['DELETE 204', await remove(server, path, headers)],
  ]
}

/** An origin that is not named gets no permission, and never that of another one. */
async function otherOrigins(server: Address): Promise<void> {
  const finished = await upload(server, 'hello')
  for (const stranger of ['https://evil.example', 'https://app.example.evil.example', 'null']) {
    const response = await options(server, endpoint, {
      Origin: stranger,
      'Access-Control-Request-Method': 'POST',
    })
    expect.soft(response.header('access-control-allow-origin'), stranger).toBeNull()
    // A cache must not hand this answer to the page that may have it.
    const download = await get(server, finished, { Origin: stranger })
    expect.soft(download.header('access-control-allow-origin'), stranger).toBeNull()
    expect.soft(lower(download.header('vary')), stranger).toContain('origin')
  }
}

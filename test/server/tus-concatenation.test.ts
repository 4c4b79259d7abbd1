// Upload-Concat as a header: which URLs mean an upload of ours, and that no bytes in it do harm.
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { mostParts, readConcatenation } from '../../server/tus/concatenation.ts'
import { randomOf } from '../captures/random.ts'

const id = '0123456789abcdef0123456789abcdef'

interface Asked {
  readonly url?: string
  readonly host?: string
  readonly forwardedHost?: string
}

function read(header: string, { url = '/files', host, forwardedHost }: Asked = {}) {
  const request = new IncomingMessage(new Socket())
  request.url = url
  Object.assign(request.headers, {
    host: host ?? 'uploads.example:8080',
    'upload-concat': header,
    ...(forwardedHost === undefined ? {} : { 'x-forwarded-host': forwardedHost }),
  })
  return readConcatenation(request)
}

const refused = { status: 400 }
const final = (...parts: string[]) => ({ kind: 'final', parts })

test('a part, and no upload that is said to be none', () => {
  expect(readConcatenation(new IncomingMessage(new Socket()))).toBeNull()
  expect(read('partial')).toEqual({ kind: 'part', header: 'partial' })
})

test.for([
  '',
  'Partial',
  'partial;',
  'partial, partial',
  'final',
  'final;',
  'final; ',
  'finally;/files/x',
])('refused: %j', (header) => {
  expect(read(header)).toMatchObject(refused)
})

test('parts keep their order, one may come again, and the header is kept to the byte', () => {
  const other = 'another-upload-0123456789'
  const header = `final;/files/${other} /files/${id}  /files/${other}`
  expect(read(header)).toEqual({ ...final(other, id, other), header })
})

test.for([
  ['the path', `/files/${id}`, {}],
  ['with a slash behind', `/files/${id}/`, {}],
  ['with a query', `/files/${id}?token=x`, {}],
  ['with dot segments', `/files/../files/./${id}`, {}],
  ['absolute', `http://uploads.example:8080/files/${id}`, {}],
  ['absolute, by another scheme', `https://uploads.example/files/${id}`, {}],
  ['absolute, without the port', `http://uploads.example/files/${id}`, {}],
  ['absolute, in capitals', `HTTP://UPLOADS.EXAMPLE/files/${id}`, {}],
  ['by the host alone', `//uploads.example/files/${id}`, {}],
  ['by address', `http://[::1]:8080/files/${id}`, { host: '[::1]:8080' }],
  ['relative to /files', `files/${id}`, {}],
  ['relative to /files/', id, { url: '/files/?x=/y' }],
  // The proxy calls us by another name than the client calls it.
  [
    'by the name of the proxy',
    `https://a.example/files/${id}`,
    { host: '127.0.0.1', forwardedHost: 'a.example' },
  ],
  [
    'by the name of the first of two proxies',
    `https://a.example/files/${id}`,
    { host: '127.0.0.1', forwardedHost: 'a.example:443, b.example' },
  ],
] as const)('a URL of ours: %s', ([, url, asked]) => {
  expect(read(`final;${url}`, asked)).toMatchObject(final(id))
})

test.for([
  ['another host', `http://other.example/files/${id}`],
  ['another host, by the host alone', `//other.example/files/${id}`],
  ['a host that begins like ours', `http://uploads.example.evil/files/${id}`],
  ['ours as the user of another host', `http://uploads.example@other.example/files/${id}`],
  ['another path', `/uploads/${id}`],
  ['a path that begins like ours', `/files2/${id}`],
  ['a path above', `/files/../${id}`],
  ['a path below', `/files/${id}/part`],
  ['an empty segment', `/files//${id}`],
  ['the creation URL', '/files/'],
  ['an id that is none', '/files/x'],
  ['an id that is a path', '/files/..%2f..%2fetc%2fpasswd'],
  ['relative to /files, without files', id],
  ['another scheme', `ftp://uploads.example/files/${id}`],
  ['a scheme without a host', `data:/files/${id}`],
  ['a backslash', `\\files\\${id}`],
  ['a tab', `/files/${id}\t`],
  ['a comma, as between two headers', `/files/${id},`],
  ['a letter that is no ASCII', `/files/${id}\xe9`],
  ['a port that is none', `http://uploads.example:99999/files/${id}`],
])('no URL of ours: %s', ([, url]) => {
  expect(read(`final;${url}`)).toMatchObject(refused)
  expect(read(`final;/files/${id} ${url}`), 'as the second part').toMatchObject(refused)
})

test(`at most ${mostParts} parts`, () => {
  const urls = (count: number) => `final;${Array(count).fill(`/files/${id}`).join(' ')}`
  expect(read(urls(mostParts))).toMatchObject({ kind: 'final' })
  expect(read(urls(mostParts + 1))).toMatchObject(refused)
})

test('any bytes are a list of ids or a refusal in words that hold none of them', () => {
  const random = randomOf(2)
  const bits = [
    'final;',
    'partial',
    ' ',
    '/files/',
    id,
    'http://',
    'uploads.example',
    '?',
    '#',
    '%',
  ]
  let finals = 0
  for (let round = 0; round < 20_000; round++) {
    const parts = Array.from({ length: random.integer(10) }, () =>
      random.integer(5) === 0 ? String.fromCharCode(random.integer(256)) : random.pick(bits),
    )
    const header = (random.integer(2) === 0 ? 'final;' : '') + parts.join('')
    const host = random.integer(4) === 0 ? parts.join('') : 'uploads.example'
    const concatenation = read(header, { host, forwardedHost: random.pick(['', ',', '[', '::']) })
    if (concatenation === null) throw new Error('the header is there')
    if ('status' in concatenation) {
      expect(concatenation.text).toMatch(/^[\x20-\x7e]+\.$/)
      continue
    }
    if (concatenation.kind === 'part') continue
    finals += 1
    expect(concatenation.header).toBe(header)
    for (const part of concatenation.parts) {
      expect(part).toMatch(/^[\w-]{8,128}$/)
      expect(header).toContain(part)
    }
  }
  expect(finals, 'some were right').toBeGreaterThan(0)
})

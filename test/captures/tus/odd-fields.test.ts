// Exchanges whose fields nobody would send: nothing throws, and no number is told that isn't one.
import { expect, test } from 'vitest'
import { type Random, randomOf } from '../random.ts'
import { tellUploads } from './told.ts'

const methods = ['POST', 'PATCH', 'HEAD', 'DELETE', 'GET', 'PUT', 'OPTIONS'] as const
const targets = ['/files', '/files/1', '*', 'http://a/files/1', 'a:1', '//', '/%zz?#x'] as const
const fields = [
  'Tus-Resumable: 1.0.0',
  'Upload-Offset: 0',
  'Upload-Offset: -1',
  'Upload-Offset: 1e9',
  'Upload-Offset: 99999999999999999999',
  'Upload-Length: 10',
  'Upload-Length: x',
  'Upload-Complete: ?1',
  'Upload-Complete: maybe',
  'Upload-Incomplete: ?1',
  'Upload-Draft-Interop-Version: 6',
  'Upload-Metadata: filename',
  'Upload-Metadata: filename %%%, ,x',
  'Upload-Metadata: name /////w==',
  'Upload-Concat: final;',
  'X-HTTP-Method-Override: PATCH',
  'Location: /files/1',
  'Location: ',
  'Location: http://',
  'Location: \\xff',
  'Location: http://[::1/x',
  'Location: ../../..',
  'Host: a',
  'Host: ',
  'Content-Type: application/offset+octet-stream',
  'Content-Type: application/partial-upload',
] as const

function messageOf(random: Random, startLine: string): string {
  const some = Array.from({ length: random.integer(5) }, () => random.pick(fields))
  const size = random.integer(3) * random.integer(20)
  return [startLine, ...some, `Content-Length: ${size}`, '', 'x'.repeat(size)].join('\\r\\n')
}

function connectionOf(random: Random): string {
  return Array.from({ length: 6 }, () => {
    const request = `${random.pick(methods)} ${random.pick(targets)} HTTP/1.1`
    const status = random.pick([104, 200, 201, 204, 400, 404, 409, 423])
    const cut = random.next() < 0.2 ? '{of 400}' : ''
    return `> ${messageOf(random, request)}${cut}\n< ${messageOf(random, `HTTP/1.1 ${status} x`)}`
  }).join('\n')
}

const isCount = (value: number | null) =>
  value === null || (Number.isSafeInteger(value) && value >= 0)

test('eight hundred pairs of connections', () => {
  for (let seed = 0; seed < 800; seed += 1) {
    const random = randomOf(seed)
    const { uploads, byExchange } = tellUploads([connectionOf(random), connectionOf(random)])
    for (const { from, to, answeredOffset, url } of byExchange.values()) {
      const isTold = [from, to, answeredOffset].every(isCount) && (from ?? 0) <= (to ?? Infinity)
      if (!isTold || url === '') expect({ seed, from, to, answeredOffset, url }).toBeNull()
    }
    for (const {
      length,
      offset,
      bytesSentAgain,
      resumptions,
      connections,
      end,
      start,
    } of uploads) {
      const areCounts = [length, offset, bytesSentAgain, resumptions].every(isCount)
      if (!areCounts || connections.length === 0 || end < start)
        expect(uploads, `${seed}`).toBeNull()
    }
  }
})

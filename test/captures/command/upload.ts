// A small upload as a capture: creation and two PATCHes on one connection, closed by the client.
import { packetsOf, writeCapture } from '../helpers/capture-writer.ts'
import { segments } from '../helpers/segments.ts'

const crlf = (...lines: readonly string[]) => `"${lines.join('\\r\\n')}\\r\\n\\r\\n"`

const creation = crlf(
  'POST /files HTTP/1.1',
  'Host: x',
  'Tus-Resumable: 1.0.0',
  'Upload-Length: 2000',
)
const created = crlf('HTTP/1.1 201 Created', 'Location: /files/abc', 'Content-Length: 0')
const patch = (offset: number) =>
  crlf(
    'PATCH /files/abc HTTP/1.1',
    'Host: x',
    'Tus-Resumable: 1.0.0',
    'Content-Type: application/offset+octet-stream',
    `Upload-Offset: ${String(offset).padStart(4, '0')}`,
    'Content-Length: 1000',
  )
const patched = (offset: number) => crlf('HTTP/1.1 204 No Content', `Upload-Offset: ${offset}`)

/** Bytes of a text in the notation: its `\r\n` are two each. */
const lengthOf = (text: string) => text.slice(1, -1).replaceAll('\\r\\n', '..').length

const a = lengthOf(creation)
const b = lengthOf(created)
const p = lengthOf(patch(0)) + 1000
const r = lengthOf(patched(1000))

export const uploadSegments = segments(`
  0.000 > S  0:0(0)                            <mss 1460,wscale 7,sackOK>
  0.040 < S. 0:0(0) ack 1                      <mss 1460,wscale 7,sackOK>
  0.041 > .  1:1(0) ack 1
  0.042 > P. 1:${1 + a}(${a}) ack 1            ${creation}
  0.082 < P. 1:${1 + b}(${b}) ack ${1 + a}     ${created}
  0.083 > P. ${1 + a}:${1 + a + p}(${p}) ack ${1 + b} ${patch(0)}
  0.123 < P. ${1 + b}:${1 + b + r}(${r}) ack ${1 + a + p} ${patched(1000)}
  0.124 > P. ${1 + a + p}:${1 + a + 2 * p}(${p}) ack ${1 + b + r} ${patch(1000)}
  0.164 < P. ${1 + b + r}:${1 + b + 2 * r}(${r}) ack ${1 + a + 2 * p} ${patched(2000)}
  0.170 > F. ${1 + a + 2 * p}:${1 + a + 2 * p}(0) ack ${1 + b + 2 * r}
  0.210 < F. ${1 + b + 2 * r}:${1 + b + 2 * r}(0) ack ${2 + a + 2 * p}
  0.211 > .  ${2 + a + 2 * p}:${2 + a + 2 * p}(0) ack ${2 + b + 2 * r}
`)

export const uploadCapture: Uint8Array = writeCapture(packetsOf(uploadSegments))

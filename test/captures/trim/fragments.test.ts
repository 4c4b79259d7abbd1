// A trimmed capture of a network that fragments: it must read as the whole one does, without a byte of a file.
import { expect, test } from 'vitest'
import { type TestPacket, writeCapture } from '../helpers/capture-writer.ts'
import { explain } from '../helpers/explain.ts'
import { ethernetLayer } from '../helpers/frames.ts'
import { fragments, ipPacket } from '../helpers/packets.ts'
import { segments } from '../helpers/segments.ts'
import { trimmedFile } from '../helpers/trim.ts'

const secret = 'what nobody else may read '
const head =
  'PATCH /files/1 HTTP/1.1\\r\\nTus-Resumable: 1.0.0\\r\\nUpload-Offset: 0\\r\\nContent-Length: 1600\\r\\n\\r\\n'
const answer = 'HTTP/1.1 204 No Content\\r\\nUpload-Offset: 1600\\r\\n\\r\\n'

/** Every packet with data in fragments of at most 400 bytes; the second one backwards. */
function fragmented(): TestPacket[] {
  const body = secret.repeat(40)
  const talk = `
    0.000 > S  0:0(0)             <mss 9000>
    0.020 < S. 0:0(0)       ack 1 <mss 9000>
    0.020 > .  1:1(0)       ack 1
    0.030 > P. 1            ack 1 "${head}${body.slice(0, 700)}"
    0.031 > P. 790            ack 1 "${body.slice(0, 900)}"
    0.050 < P. 1            ack 1690 "${answer}"
    0.060 > F. 1690:1690(0) ack 49`
  return segments(talk).flatMap((segment, n) => {
    const pieces = fragments(ipPacket(segment, { id: n + 1 }), 400)
    const whole = segment.payload.length > 0 ? pieces : [ipPacket(segment, { id: n + 1 })]
    return (n === 4 ? whole.toReversed() : whole).map((ip) => {
      const bytes = ethernetLayer.frame(ip)
      return { time: segment.time, bytes, originalLength: bytes.length }
    })
  })
}

test('fragments stay whole, and have no byte of a file', () => {
  const file = writeCapture(fragmented())
  const small = trimmedFile(file)
  const before = explain(file).analysis
  expect(before.connections[0]).toMatchObject({
    payloadBytes: { client: 1689 },
    exchanges: [{ method: 'PATCH', status: 204, requestBodyBytes: 1600 }],
  })
  const after = explain(small).analysis
  expect(after.connections).toEqual(before.connections)
  expect(after.uploads).toEqual(before.uploads)
  expect(small.includes('PATCH /files/1 HTTP/1.1')).toBe(true)
  expect(Buffer.from(file).includes('nobody else')).toBe(true)
  expect(small.includes('nobody')).toBe(false)
  expect(small.includes('read')).toBe(false)
})

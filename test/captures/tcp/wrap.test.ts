// Sequence numbers are modulo 2³² (RFC 9293 §3.4): nothing happens where they begin again.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createPcapFile } from '../../bench/captures/pcap-file.ts'
import { createWire, Flag, nothing } from '../../bench/captures/wire.ts'
import { connectionOf, explain, explainText, only } from '../helpers/explain.ts'
import { handshake } from '../helpers/handshake.ts'

const talk = `${handshake}
  0.100 > P. 1:101(100)   ack 1
  0.120 < P. 1:51(50)     ack 101
  0.130 > P. 101:301(200) ack 51
  0.400 > P. 101:301(200) ack 51
  0.420 < .  51:51(0)     ack 301
  0.500 > F. 301:301(0)   ack 51
  0.520 < F. 51:51(0)     ack 302
  0.520 > .  302:302(0)   ack 52`

/** ISNs from which the numbers wrap at the SYN, at the first byte, within data, within what is sent again, at the FIN. */
const isns = [4_294_967_295, 4_294_967_294, 4_294_967_246, 4_294_967_100, 4_294_966_994]

test.each(isns)('a client that begins at %i is told like any other', (client) => {
  const told = connectionOf(talk, { isn: { client, server: 5_000_000 } })
  const usual = connectionOf(talk)
  expect({ ...told, initiation: null }).toEqual({ ...usual, initiation: null })
  expect(told.initiation.client?.isn).toBe(client)
  expect(usual).toMatchObject({
    payloadBytes: { client: 300, server: 50 },
    retransmittedBytes: { client: 200, server: 0 },
    termination: { kind: 'fin' },
  })
})

test.each(isns)('offsets go on where a server at %i wraps', (server) => {
  const { segments } = explainText(talk, { isn: { client: 1000, server } })
  expect(segments.map(({ offset }) => offset)).toEqual([
    -1, -1, 0, 0, 0, 100, 100, 50, 300, 50, 301,
  ])
})

test('a stream of more than 4 GiB counts on', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-wrap-'))
  try {
    const name = path.join(folder, 'long.pcap')
    const bytes = writeLongStream(name, 70_000, 65_000)
    const { analysis, segments } = explain(readFileSync(name))
    expect(bytes).toBeGreaterThan(2 ** 32)
    expect(only(analysis.connections)).toMatchObject({
      payloadBytes: { client: bytes, server: 0 },
      retransmittedBytes: { client: 0 },
      missingBytes: { client: 0 },
      maintenance: { retransmissions: 0, outOfOrder: 0, dataSegments: { client: 70_000 } },
    })
    expect(segments.at(-2)?.offset).toBe(bytes - 65_000)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

/** Segments as long as IP allows, of which the capture keeps the headers; returns the bytes of the stream. */
function writeLongStream(name: string, count: number, length: number): number {
  const file = createPcapFile(name, 96)
  const wire = createWire(file, 40_000, 12_345)
  const { client, server } = wire
  const content = new Uint8Array(length)
  wire.send(client, 0, Flag.syn, nothing)
  server.acknowledged = client.next
  wire.send(server, 100, Flag.syn | Flag.ack, nothing)
  client.acknowledged = server.next
  wire.acknowledge(client, 200)
  for (let n = 0; n < count; n++) {
    wire.send(client, 300 + n, Flag.ack, { bytes: content, from: 0, length })
    if (n % 1000 !== 999) continue
    server.acknowledged = client.next
    wire.acknowledge(server, 300 + n)
  }
  file.close()
  return count * length
}

// How a connection begins (RFC 9293 §3.5), and what both ends say of themselves in their SYNs.
import { describe, expect, test } from 'vitest'
import { labelsOf } from '../../../captures/report/labels.ts'
import { initiationLadder } from '../../../captures/report/ladder.ts'
import { plain } from '../../../captures/report/prose.ts'
import { initiationSentences } from '../../../captures/report/sentences/initiation.ts'
import { packetsOf, writeCapture } from '../helpers/capture-writer.ts'
import { connectionOf, explain, explainText, only } from '../helpers/explain.ts'
import { segments } from '../helpers/segments.ts'

test('three segments, with ISNs, options and round trip', () => {
  const connection = connectionOf(
    `
    1.000 > S  0:0(0)         win 64240 <mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7>
    1.004 < S. 0:0(0)   ack 1 win 65160 <mss 1400,nop,nop,sackOK,nop,wscale 3>
    1.040 > .  1:1(0)   ack 1 win 502`,
    { isn: { client: 3_000_000_000, server: 17 } },
  )
  expect(connection).toMatchObject({
    rolesFrom: 'handshake',
    client: { address: '10.77.0.1', port: 40_000 },
    server: { address: '10.77.0.2', port: 8080 },
    history: 'ShA',
    initiation: {
      kind: 'handshake',
      packets: [1, 2, 3],
      duration: 0.04,
      rtt: 0.04,
      rttToServer: 0.004,
      synRetransmissions: 0,
      fastOpenBytes: 0,
      isOtherSynUnseen: false,
      client: {
        isn: 3_000_000_000,
        mss: 1460,
        windowScale: 7,
        sackPermitted: true,
        timestamps: true,
        window: 64_240,
      },
      server: {
        isn: 17,
        mss: 1400,
        windowScale: 3,
        sackPermitted: true,
        timestamps: false,
        window: 65_160,
      },
    },
  })
})

test('the server is who was called, though its SYN+ACK stands first in the file', () => {
  const { client, server, initiation } = connectionOf(`
    0.000 < S. 0:0(0)   ack 1 <mss 1460>
    0.001 > S  0:0(0)         <mss 1460>
    0.020 > .  1:1(0)   ack 1
    0.030 > P. 1  ack 1 "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"`)
  expect(client.port).toBe(40_000)
  expect(server.port).toBe(8080)
  expect(initiation.kind).toBe('handshake')
})

test('SYNs sent again: the round trip counts from the latest, the duration from the first', () => {
  const { initiation } = connectionOf(`
    0.000 > S  0:0(0)         <mss 1460>
    1.000 > S  0:0(0)         <mss 1460>
    3.000 > S  0:0(0)         <mss 1460>
    3.040 < S. 0:0(0)   ack 1 <mss 1460>
    3.050 > .  1:1(0)   ack 1`)
  expect(initiation).toMatchObject({
    kind: 'handshake',
    synRetransmissions: 2,
    duration: 3.05,
    rtt: 0.05,
    rttToServer: 0.04,
  })
})

test('refused: a reset is the answer', () => {
  const connection = connectionOf(`
    0.000 > S  0:0(0)         <mss 1460>
    0.001 < R. 0:0(0)   ack 1 win 0`)
  expect(connection).toMatchObject({
    history: 'Sr',
    initiation: { kind: 'refused', packets: [1, 2], rtt: null, server: null },
    termination: { kind: 'reset', by: 'server', cause: 'refused' },
  })
})

test('refused after two tries', () => {
  const { initiation } = connectionOf(`
    0.000 > S  0:0(0)         <mss 1460>
    1.000 > S  0:0(0)         <mss 1460>
    1.001 < R. 0:0(0)   ack 1 win 0`)
  expect(initiation).toMatchObject({ kind: 'refused', synRetransmissions: 1 })
})

test('unanswered: nobody is there', () => {
  const connection = connectionOf(`
    0.000 > S  0:0(0)         <mss 1460>
    1.000 > S  0:0(0)         <mss 1460>
    3.000 > S  0:0(0)         <mss 1460>`)
  expect(connection).toMatchObject({
    packets: 3,
    history: 'S',
    initiation: {
      kind: 'unanswered',
      packets: [1],
      synRetransmissions: 2,
      rtt: null,
      duration: null,
    },
    termination: { kind: 'open' },
  })
})

test('unanswered, however often it asks, is no capture of one direction', () => {
  const ask = (seconds: number) => `${seconds}.000 > S 0:0(0) <mss 1460>`
  const { quality } = explainText([0, 1, 3, 7, 15].map(ask).join('\n')).analysis
  expect(quality.map(({ kind }) => kind)).toEqual([])
})

test('simultaneous: both call at once (RFC 9293 §3.5, figure 7)', () => {
  const { initiation, packets } = connectionOf(`
    0.000 > S  0:0(0)         <mss 1460>
    0.001 < S  0:0(0)         <mss 1400>
    0.020 > S. 0:0(0)   ack 1 <mss 1460>
    0.021 < S. 0:0(0)   ack 1 <mss 1400>
    0.041 > .  1:1(0)   ack 1`)
  expect(packets).toBe(5)
  expect(initiation.segments.map(({ by, part }) => `${by} ${part}`)).toEqual([
    'client syn',
    'server syn',
    'client syn-ack',
    'server syn-ack',
    'client ack',
  ])
  expect(initiation).toMatchObject({
    kind: 'simultaneous',
    synRetransmissions: 0,
    client: { mss: 1460 },
    server: { mss: 1400 },
  })
})

describe('both call at once, and one of the SYNs is not captured', () => {
  test.each([
    [
      'the first',
      `
      0.001 < S  0:0(0)         <mss 1400>
      0.020 > S. 0:0(0)   ack 1 <mss 1460>
      0.021 < S. 0:0(0)   ack 1 <mss 1400>
      0.041 > .  1:1(0)   ack 1`,
      1400,
    ],
    [
      'the second',
      `
      0.000 > S  0:0(0)         <mss 1460>
      0.020 > S. 0:0(0)   ack 1 <mss 1460>
      0.021 < S. 0:0(0)   ack 1 <mss 1400>
      0.041 > .  1:1(0)   ack 1`,
      1460,
    ],
  ])('%s', (_, text, mss) => {
    const connection = connectionOf(text)
    const { initiation } = connection
    expect(initiation).toMatchObject({
      kind: 'simultaneous',
      isOtherSynUnseen: true,
      synRetransmissions: 0,
      client: { mss },
    })
    expect(initiation.packets.slice(0, 3)).toEqual([1, 2, 3])
    const rows = initiationLadder(connection)
    const labels = rows.map((row) => ('label' in row ? row.label : '')).filter(Boolean)
    expect(labels.slice(0, 3)).toEqual(['SYN', 'SYN, ACK', 'SYN, ACK'])
    expect(initiationSentences(connection).map(plain).join(' ')).toContain(
      'The SYN of the server itself is not captured',
    )
  })

  test('a SYN+ACK that is sent again makes no second caller', () => {
    const { initiation } = connectionOf(`
      0.000 > S  0:0(0)         <mss 1460>
      0.020 < S. 0:0(0)   ack 1 <mss 1400>
      1.020 < S. 0:0(0)   ack 1 <mss 1400>
      1.040 > .  1:1(0)   ack 1`)
    expect(initiation).toMatchObject({ kind: 'handshake', isOtherSynUnseen: false })
  })
})

/** What the ladder draws, and what the trimmed file says of the frames. */
const drawn = (text: string) => {
  const { analysis } = explainText(text)
  const connection = only(analysis.connections)
  return {
    connection,
    rows: initiationLadder(connection).map((row) =>
      row.kind === 'fold'
        ? plain(row.text)
        : `${row.packet} ${row.by} ${row.label} ${row.numbers}`.trim(),
    ),
    labels: [...labelsOf(analysis)]
      .map(([packet, texts]) => `${packet} ${texts[0]}`)
      .filter((label) => label.includes('initiation')),
    told: initiationSentences(connection).map(plain).join(' '),
  }
}

describe('each segment plays its own part, wherever it stands', () => {
  test('of a SYN+ACK that is not captured nothing is drawn', () => {
    const { connection, rows, labels, told } = drawn(`
      0.000 > S  0:0(0)         <mss 1460>
      0.040 > .  1:1(0)   ack 1
      0.050 > P. 1        ack 1 "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"`)
    expect(connection.initiation).toMatchObject({
      kind: 'handshake',
      packets: [1, 2],
      segments: [
        { packet: 1, by: 'client', part: 'syn' },
        { packet: 2, by: 'client', part: 'ack' },
      ],
      rtt: 0.04,
    })
    expect(rows).toEqual([
      '1 client SYN seq 0',
      '2 client ACK seq 1 ack 1',
      'no SYN, ACK in the file',
    ])
    expect(labels).toEqual([
      '1 Connection 0, initiation: SYN, the client asks',
      '2 Connection 0, initiation: ACK, the handshake is complete after 40.0\u00a0ms',
    ])
    expect(told).toContain('The SYN+ACK of the server is not in the file')
    expect(told).toContain('Frame 2, ACK: the client acknowledges')
    expect(told).toContain('The handshake took one round trip')
  })

  test('an ACK that was captured before the SYN+ACK stays the ACK', () => {
    const { rows, labels, told } = drawn(`
      0.000 > S  0:0(0)         <mss 1460>
      0.040 > .  1:1(0)   ack 1
      0.041 < S. 0:0(0)   ack 1 <mss 1400>
      0.050 > P. 1        ack 1 "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"`)
    expect(rows).toEqual([
      '1 client SYN seq 0',
      '2 client ACK seq 1 ack 1',
      '3 server SYN, ACK seq 0 ack 1',
    ])
    expect(labels.map((label) => label.slice(0, 38))).toEqual([
      '1 Connection 0, initiation: SYN, the c',
      '2 Connection 0, initiation: ACK, the h',
      '3 Connection 0, initiation: SYN+ACK, t',
    ])
    expect(told).toContain('It stands behind the ACK in the file')
  })

  test('an ACK that came with data is no round trip', () => {
    const { connection, rows, told } = drawn(`
      0.000 > S  0:0(0)         <mss 1460>
      0.002 < S. 0:0(0)   ack 1 <mss 1400>
      0.950 > P. 1        ack 1 "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"`)
    expect(connection.initiation).toMatchObject({ duration: 0.95, rtt: null, rttToServer: 0.002 })
    expect(rows.at(-1)).toBe('3 client ACK + 27\u00a0B seq 1 len 27 ack 1')
    expect(told).not.toContain('one round trip')
    expect(told).not.toContain('was taken at')
    expect(told).toContain('the client may have waited with its data')
  })

  test('the time between copies of the SYN+ACK is no round trip', () => {
    const { connection, rows, told } = drawn(`
      0.000 > S  0:0(0)         <mss 1460>
      0.002 < S. 0:0(0)   ack 1 <mss 1400>
      1.002 < S. 0:0(0)   ack 1 <mss 1400>
      1.042 > .  1:1(0)   ack 1`)
    expect(connection.initiation).toMatchObject({
      duration: 1.042,
      rtt: 0.042,
      rttToServer: 0.002,
      synRetransmissions: 0,
      synAckRetransmissions: 1,
    })
    expect(rows[2]).toBe('the same SYN, ACK again, 1 time')
    expect(told).toContain('It was sent 2 times')
    expect(told).toContain('the round trip was only 42.0 ms')
  })

  test('an answer to a SYN that was sent again counts from that', () => {
    const { initiation } = connectionOf(`
      0.000 > S  0:0(0)         <mss 1460>
      0.002 < S. 0:0(0)   ack 1 <mss 1400>
      1.000 > S  0:0(0)         <mss 1460>
      1.002 < S. 0:0(0)   ack 1 <mss 1400>
      1.042 > .  1:1(0)   ack 1`)
    expect(initiation).toMatchObject({ rtt: 0.042, rttToServer: 0.002 })
  })

  test('what a SYN+ACK acknowledges of the data in the SYN is read, not reckoned', () => {
    const fastOpen = (ack: number) =>
      drawn(`
      0.000 > S  0:27(27)         <mss 1460> "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
      0.020 < S. 0:0(0)    ack ${ack} <mss 1460>
      0.021 > .  28:28(0)  ack 1`)
    expect(fastOpen(28).told).toContain(
      'It acknowledges the SYN and the data in it (ack 1028, relative 28)',
    )
    expect(fastOpen(28).rows[1]).toBe('2 server SYN, ACK seq 0 ack 28')
    expect(fastOpen(1).told).toContain(
      'It acknowledges the SYN alone, not the data in it (ack 1001, relative 1)',
    )
    expect(fastOpen(1).rows[1]).toBe('2 server SYN, ACK seq 0 ack 1')
  })
})

test('what the snapshot cut from a SYN is taken from a later copy that is whole', () => {
  const text = `
    0.000 > S  0:0(0)          <mss 1460,sackOK,wscale 7>
    1.000 > S  0:0(0)          <mss 1460,sackOK,wscale 7>
    1.020 < S. 0:0(0)    ack 1 win 1000 <mss 1400,sackOK,wscale 2>
    1.040 > .  1:1(0)    ack 1 win 100
    1.050 > P. 1:101(100) ack 1 win 100
    1.070 < .  1:1(0)    ack 101 win 100`
  const cut = segments(text).map((segment, n) => (n === 0 ? { ...segment, kept: 54 } : segment))
  const { analysis, segments: seen } = explain(writeCapture(packetsOf(cut)))
  expect(only(analysis.connections).initiation).toMatchObject({
    synRetransmissions: 1,
    client: { mss: 1460, windowScale: 7, sackPermitted: true },
    server: { mss: 1400, windowScale: 2 },
  })
  expect(seen.slice(3).map(({ window }) => window)).toEqual([12_800, 12_800, 400])
  const neither = cut.map((segment, n) => (n === 1 ? { ...segment, kept: 54 } : segment))
  const unknown = explain(writeCapture(packetsOf(neither))).analysis
  expect(only(unknown.connections).initiation.client).toMatchObject({
    mss: null,
    windowScale: null,
  })
})

test('fast open: data in the SYN are data (RFC 7413)', () => {
  const { initiation, exchanges, payloadBytes } = connectionOf(`
    0.000 > S  0:27(27)         <mss 1460,FO 0a0b0c0d0e0f0a0b> "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
    0.020 < S. 0:0(0)    ack 28 <mss 1460>
    0.021 < P. 1         ack 28 "HTTP/1.1 204 No Content\\r\\n\\r\\n"
    0.022 > .  28:28(0)  ack 28`)
  expect(initiation).toMatchObject({ kind: 'handshake', fastOpenBytes: 27 })
  expect(payloadBytes).toEqual({ client: 27, server: 27 })
  expect(only(exchanges)).toMatchObject({ method: 'GET', status: 204, requestPacket: 1 })
})

describe('a capture that begins in the middle', () => {
  const text = `
    0.000 < .  1001:1001(0)  ack 5001
    0.010 > P. 5001          ack 1001 "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
    0.020 < P. 1001          ack 5028 "HTTP/1.1 204 No Content\\r\\n\\r\\n"`

  test('shows no beginning, and who asks is the client', () => {
    expect(connectionOf(text)).toMatchObject({
      rolesFrom: 'http',
      client: { port: 40_000 },
      server: { port: 8080 },
      initiation: { kind: 'unseen', packets: [], rtt: null, client: null, server: null },
      payloadBytes: { client: 27, server: 27 },
      missingBytes: { client: 0, server: 0 },
    })
  })

  test('is told as such', () => {
    const { quality } = explainText(text).analysis
    expect(quality).toMatchObject([
      { kind: 'late-start', weight: 'limits', connections: [0] },
      { kind: 'missing-end', connections: [0] },
    ])
  })

  test('without requests the lower port is taken for the server', () => {
    const { rolesFrom, server } = connectionOf(`
      0.000 < .  1:101(100)  ack 1
      0.001 > .  1:1(0)      ack 101`)
    expect(rolesFrom).toBe('ports')
    expect(server.port).toBe(8080)
  })
})

test('ports used again are another connection, with the next number', () => {
  const { analysis, segments } = explainText(`
    0.000 > S  0:0(0)         <mss 1460>
    0.020 < S. 0:0(0)   ack 1 <mss 1460>
    0.020 > .  1:1(0)   ack 1
    0.030 > R. 1:1(0)   ack 1
    isn 900000 800000
    9.000 > S  0:0(0)         <mss 1460>
    9.020 < S. 0:0(0)   ack 1 <mss 1460>
    9.020 > .  1:1(0)   ack 1`)
  expect(analysis.connections).toMatchObject([
    {
      number: 0,
      packets: 4,
      initiation: { client: { isn: 1000 } },
      termination: { kind: 'reset' },
    },
    {
      number: 1,
      packets: 3,
      initiation: { client: { isn: 900_000 } },
      termination: { kind: 'open' },
    },
  ])
  expect(segments.map(({ connection }) => connection)).toEqual([0, 0, 0, 0, 1, 1, 1])
})

test('connections side by side keep their segments apart', () => {
  const { analysis } = explainText(`
    0.000 > 40000 S  0:0(0)           <mss 1460>
    0.001 > 40001 S  0:0(0)           <mss 1460>
    0.020 < 40001 S. 0:0(0)     ack 1 <mss 1460>
    0.021 < 40000 S. 0:0(0)     ack 1 <mss 1460>
    0.022 > 40000 .  1:1(0)     ack 1
    0.023 > 40001 .  1:1(0)     ack 1
    0.024 > 40001 .  1:101(100) ack 1
    0.025 > 40000 .  1:51(50)   ack 1`)
  expect(analysis.connections).toMatchObject([
    {
      number: 0,
      client: { port: 40_000 },
      payloadBytes: { client: 50 },
      initiation: { rtt: 0.022 },
    },
    {
      number: 1,
      client: { port: 40_001 },
      payloadBytes: { client: 100 },
      initiation: { rtt: 0.022 },
    },
  ])
})

test('a later connection of which only the SYN+ACK was captured is told, not taken for the first', () => {
  const { analysis } = explainText(`
    isn 1000 5000
    0.000 > S  0:0(0)         <mss 1460>
    0.010 < S. 0:0(0)  ack 1  <mss 1460>
    0.010 > .  1:1(0)  ack 1
    0.020 > F. 1:1(0)  ack 1
    0.030 < F. 1:1(0)  ack 2
    0.030 > .  2:2(0)  ack 2
    isn 90000 70000
    1.000 < S. 0:0(0)  ack 1  <mss 1460>
    1.010 > P. 1       ack 1  "GET / HTTP/1.1\\r\\n\\r\\n"
  `)
  expect(only(analysis.connections).number).toBe(0)
  expect(analysis.warnings).toMatchObject([
    { packet: 7, text: expect.stringMatching(/later one on the same ports/) },
  ])
})

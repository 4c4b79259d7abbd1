// How a connection ends (RFC 9293 §3.6), segment by segment, with the states of its figure 5.
import { describe, expect, test } from 'vitest'
import type { ConnectionAnalysis } from '../../../captures/analysis.ts'
import { plain } from '../../../captures/report/prose.ts'
import { causeSentences } from '../../../captures/report/sentences/cause.ts'
import { closedBy } from '../../../captures/report/sentences/ended.ts'
import { initiationSentences } from '../../../captures/report/sentences/initiation.ts'
import { terminationSentences } from '../../../captures/report/sentences/termination.ts'
import { verdict } from '../../../captures/report/sentences/verdict.ts'
import { connectionOf, explainText } from '../helpers/explain.ts'
import { handshake } from '../helpers/handshake.ts'

/** Packet, what, client's state, server's state. */
const statesOf = ({ termination }: ConnectionAnalysis) =>
  termination.segments.map(({ packet, by, what, clientState, serverState }) => [
    packet,
    `${by} ${what}`,
    clientState,
    serverState,
  ])

test('three segments: the second FIN carries the ACK of the first', () => {
  const connection = connectionOf(`${handshake}
    1.000 > F. 1:1(0)   ack 1
    1.020 < F. 1:1(0)   ack 2
    1.021 > .  2:2(0)   ack 2`)
  expect(connection).toMatchObject({
    history: 'ShAFf',
    termination: {
      kind: 'fin',
      by: 'client',
      form: 'three-segment',
      packets: [4, 5, 6],
      duration: 0.021,
      resets: 0,
    },
  })
  expect(statesOf(connection)).toEqual([
    [4, 'client FIN, ACK', 'FIN-WAIT-1', 'CLOSE-WAIT'],
    [5, 'server FIN, ACK', 'TIME-WAIT', 'LAST-ACK'],
    [6, 'client ACK', 'TIME-WAIT', 'CLOSED'],
  ])
})

test('four segments: an ACK, and the second FIN later', () => {
  const connection = connectionOf(`${handshake}
    1.000 < F. 1:1(0)   ack 1
    1.020 > .  1:1(0)   ack 2
    2.500 > F. 1:1(0)   ack 2
    2.520 < .  2:2(0)   ack 2`)
  expect(connection.termination).toMatchObject({
    kind: 'fin',
    by: 'server',
    form: 'four-segment',
    packets: [4, 5, 6, 7],
    duration: 1.52,
  })
  expect(statesOf(connection)).toEqual([
    [4, 'server FIN, ACK', 'CLOSE-WAIT', 'FIN-WAIT-1'],
    [5, 'client ACK', 'CLOSE-WAIT', 'FIN-WAIT-2'],
    [6, 'client FIN, ACK', 'LAST-ACK', 'TIME-WAIT'],
    [7, 'server ACK', 'CLOSED', 'TIME-WAIT'],
  ])
})

test('simultaneous: neither had seen the other FIN', () => {
  const connection = connectionOf(`${handshake}
    1.000 > F. 1:1(0)   ack 1
    1.001 < F. 1:1(0)   ack 1
    1.020 > .  2:2(0)   ack 2
    1.021 < .  2:2(0)   ack 2`)
  expect(connection.termination).toMatchObject({ kind: 'fin', form: 'simultaneous' })
  expect(statesOf(connection).at(-1)).toEqual([7, 'server ACK', 'TIME-WAIT', 'TIME-WAIT'])
  expect(terminationSentences(connection).map(plain).join(' ')).toContain(
    'Both ends stay in TIME-WAIT for a while',
  )
})

test('half-closed, with data after the FIN', () => {
  const connection = connectionOf(`${handshake}
    1.000 > P. 1        ack 1  "GET / HTTP/1.0\\r\\n\\r\\n"
    1.001 > F. 19:19(0) ack 1
    1.020 < .  1:1(0)   ack 20
    1.100 < P. 1        ack 20 "HTTP/1.0 200 OK\\r\\n\\r\\n0123456789"
    1.200 < F. 30:30(0) ack 20
    1.201 > .  20:20(0) ack 31`)
  expect(connection).toMatchObject({
    termination: {
      kind: 'fin',
      by: 'client',
      form: 'four-segment',
      bytesAfterFin: { client: 0, server: 29 },
    },
    exchanges: [{ method: 'GET', status: 200, responseBodyBytes: 10, isResponseComplete: true }],
  })
})

test('half-closed to the end of the capture', () => {
  const { termination } = connectionOf(`${handshake}
    1.000 > F. 1:1(0)   ack 1
    1.020 < .  1:1(0)   ack 2`)
  expect(termination).toMatchObject({ kind: 'half-closed', by: 'client', form: null })
})

test('not ended', () => {
  expect(connectionOf(handshake).termination).toMatchObject({
    kind: 'open',
    by: null,
    packets: [],
    segments: [],
    form: null,
    cause: 'not-ended',
  })
})

describe('resets', () => {
  test('one segment ends it at once', () => {
    const connection = connectionOf(`${handshake}
      1.000 > R. 1:1(0)   ack 1`)
    expect(connection).toMatchObject({
      history: 'ShAR',
      termination: {
        kind: 'reset',
        by: 'client',
        packets: [4],
        duration: 0,
        resets: 1,
        form: null,
      },
    })
    expect(statesOf(connection)).toEqual([[4, 'client RST, ACK', 'CLOSED', 'CLOSED']])
  })

  test('in the middle of a request, with what was still unacknowledged', () => {
    const { termination } = connectionOf(`${handshake}
      1.000 > P. 1:1001(1000)    ack 1 "PATCH /f HTTP/1.1\\r\\nContent-Length: 5000\\r\\n\\r\\n"
      1.020 < .  1:1(0)          ack 1001
      1.021 > .  1001:2001(1000) ack 1
      1.022 > R. 2001:2001(0)    ack 1`)
    expect(termination).toMatchObject({
      kind: 'reset',
      by: 'client',
      unacknowledgedBytes: { client: 1000, server: 0 },
    })
    expect(['reset-in-exchange', 'client-pause']).toContain(termination.cause)
  })

  test('a burst, one for each segment on its way, is one end', () => {
    const { termination } = connectionOf(`${handshake}
      1.000 > .  1:1001(1000)    ack 1
      1.000 > .  1001:2001(1000) ack 1
      1.000 > .  2001:3001(1000) ack 1
      1.020 < R  1:1(0)
      1.020 < R  1:1(0)
      1.020 < R  1:1(0)`)
    expect(termination).toMatchObject({ kind: 'reset', by: 'server', resets: 3, packets: [7] })
    expect(termination).toMatchObject({ resetsBy: { client: 0, server: 3 }, resetSpan: 0 })
  })

  test('after a FIN', () => {
    const { termination } = connectionOf(`${handshake}
      1.000 < F. 1:1(0)     ack 1
      1.010 > .  1:101(100) ack 2
      1.030 < R  2:2(0)`)
    expect(termination).toMatchObject({ kind: 'reset', resets: 1 })
    expect(termination.packets).toContain(4)
    expect(termination.packets).toContain(6)
  })

  test('idle: no exchange was under way', () => {
    const { termination } = connectionOf(`${handshake}
      1.000 > P. 1  ack 1  "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
      1.020 < P. 1  ack 28 "HTTP/1.1 204 No Content\\r\\n\\r\\n"
      1.021 > .  28:28(0)  ack 28
      9.000 < R. 28:28(0)  ack 28`)
    expect(termination).toMatchObject({ kind: 'reset', by: 'server', cause: 'reset-idle' })
    expect(termination.idleBefore).toBeCloseTo(7.98, 3)
  })
})

test('a response that its own FIN ended is whole, though a reset follows', () => {
  const { exchanges } = connectionOf(`${handshake}
    1.000 > P. 1        ack 1  "GET / HTTP/1.0\\r\\n\\r\\n"
    1.020 < P. 1        ack 19 "HTTP/1.0 200 OK\\r\\n\\r\\n0123456789"
    1.021 < F. 30:30(0) ack 19
    1.040 > R. 19:19(0) ack 31`)
  expect(exchanges[0]).toMatchObject({ isResponseComplete: true, responseBodyBytes: 10 })
  const reset = connectionOf(`${handshake}
    1.000 > P. 1        ack 1  "GET / HTTP/1.0\\r\\n\\r\\n"
    1.020 < P. 1        ack 19 "HTTP/1.0 200 OK\\r\\n\\r\\n0123456789"
    1.040 > R. 19:19(0) ack 30`)
  expect(reset.exchanges[0]).toMatchObject({ isResponseComplete: false })
})

test('a PATCH under another method counts as one everywhere', () => {
  const request =
    'POST /files/1 HTTP/1.1\\r\\nTus-Resumable: 1.0.0\\r\\nX-HTTP-Method-Override: PATCH\\r\\nUpload-Offset: 0\\r\\nContent-Length: 3\\r\\n\\r\\nabc'
  const { analysis } = explainText(`${handshake}
    1.000 > P. 1        ack 1   "${request}"
    1.020 < P. 1        ack 125 "HTTP/1.1 204 No Content\\r\\nUpload-Offset: 3\\r\\n\\r\\n"`)
  expect(analysis.uploads[0]?.patches).toBe(1)
  expect(analysis.connections[0]?.maintenance.patches).toBe(1)
  expect(plain(verdict(analysis))).toMatch(/^1 PATCH on 1 connection/)
})

test('a head that its sender never ended is not cut by the recorder', () => {
  const { analysis } = explainText(`${handshake}
    1.000 > P. 1        ack 1  "PATCH /files/1 HTTP/1.1\\r\\nHost: a"
    1.040 > R. 33:33(0) ack 1`)
  expect(analysis.connections[0]?.exchanges[0]).toMatchObject({ headCutBy: 'end' })
  expect(analysis.quality.map(({ kind }) => kind)).not.toContain('truncated-heads')
})

describe('why', () => {
  const exchange = (field: string) => `${handshake}
    1.000 > P. 1         ack 1   "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
    1.020 < P. 1:101(100) ack 28 "HTTP/1.1 200 OK\\r\\n${field}\\r\\nContent-Length: 20\\r\\n\\r\\n"
    1.021 > .  28:28(0)  ack 101`

  test('the server had waited as long as it had said', () => {
    const head = 'HTTP/1.1 204 No Content\\r\\nKeep-Alive: timeout=5\\r\\n\\r\\n'
    const { termination, maintenance } = connectionOf(`${handshake}
      1.000 > P. 1        ack 1   "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
      1.020 < P. 1        ack 28  "${head}"
      1.021 > .  28:28(0) ack 51
      7.020 < F. 51:51(0) ack 28
      7.040 > F. 28:28(0) ack 52
      7.060 < .  52:52(0) ack 29`)
    expect(termination).toMatchObject({ by: 'server', cause: 'server-idle-timeout' })
    expect(termination.idleBefore).toBeCloseTo(6, 3)
    expect(maintenance.idleGaps).toMatchObject([{ kind: 'http-idle', announcedTimeout: 5 }])
  })

  test('the answer said that the connection ends', () => {
    const head = 'HTTP/1.1 204 No Content\\r\\nConnection: close\\r\\n\\r\\n'
    const { termination } = connectionOf(`${handshake}
      1.000 > P. 1        ack 1   "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
      1.020 < P. 1        ack 28  "${head}"
      1.020 < F. 47:47(0) ack 28
      1.040 > F. 28:28(0) ack 48
      1.060 < .  48:48(0) ack 29`)
    expect(termination).toMatchObject({ by: 'server', cause: 'connection-close' })
  })

  test('HTTP/1.0 ends it without such a field', () => {
    const connection = connectionOf(`${handshake}
      1.000 > P. 1        ack 1   "GET / HTTP/1.0\\r\\n\\r\\n"
      1.020 < P. 1        ack 19  "HTTP/1.0 204 No Content\\r\\n\\r\\n"
      1.020 < F. 28:28(0) ack 19
      1.040 > F. 19:19(0) ack 29
      1.060 < .  29:29(0) ack 20`)
    expect(connection.exchanges[0]).toMatchObject({
      connectionClose: true,
      connectionCloseBy: 'version',
    })
    expect(causeSentences(connection).map(plain)[0]).toContain('was HTTP/1.0 without keep-alive')
    expect(plain(closedBy(connection, true))).toBe('closed by the server (HTTP/1.0)')
  })

  test('the client had no more to ask', () => {
    const { termination } = connectionOf(`${exchange('X: y')}
      2.000 > F. 28:28(0)   ack 101
      2.020 < F. 101:101(0) ack 29
      2.021 > .  29:29(0)   ack 102`)
    expect(termination).toMatchObject({ by: 'client', cause: 'client-close' })
  })

  test('the server answered before the request was whole, and hung up', () => {
    const { termination, exchanges, maintenance } = connectionOf(`${handshake}
      1.000 > P. 1:1001(1000)    ack 1    "PATCH /f HTTP/1.1\\r\\nContent-Length: 90000\\r\\n\\r\\n"
      1.020 < P. 1               ack 1001 "HTTP/1.1 413 Content Too Large\\r\\nContent-Length: 0\\r\\n\\r\\n"
      1.021 < F. 54:54(0)        ack 1001
      1.022 > .  1001:2001(1000) ack 55
      1.040 < R  55:55(0)`)
    expect(termination.cause).toBe('early-response')
    expect(exchanges[0]).toMatchObject({ responseEnd: 1.02, requestEnd: 1.022, end: 1.022 })
    expect(maintenance.transfer).toBeCloseTo(0.022, 6)
  })
})

describe('where no exchange can be read, none is said to be over', () => {
  const tls = `${handshake}
    0.030 > P. 1:6(5)   ack 1 "\\u0016\\u0003\\u0001\\u0000\\u0000"
    0.050 < P. 1:6(5)   ack 6 "\\u0016\\u0003\\u0003\\u0000\\u0000"
    0.051 > .  6:6(0)   ack 6`
  const told = (connection: ConnectionAnalysis) =>
    [...terminationSentences(connection), ...causeSentences(connection)].map(plain).join(' ')

  test('a reset', () => {
    const connection = connectionOf(`${tls}
      9.000 < R. 6:6(0)  ack 6`)
    expect(connection).toMatchObject({ protocol: 'tls', termination: { cause: 'unknown' } })
    expect(told(connection)).toContain(
      'Cause: the reset came 8.9 s after the last byte; whether an exchange was under way then cannot be told',
    )
  })

  test('a server that closes, after however long', () => {
    const connection = connectionOf(`${tls}
      9.000 < F. 6:6(0)  ack 6
      9.020 > F. 6:6(0)  ack 7
      9.021 < .  7:7(0)  ack 7`)
    expect(connection.termination.cause).toBe('server-close')
    expect(told(connection)).toContain(
      'Cause: the server closed it, 8.9 s after the last byte; why',
    )
    expect(told(connection)).not.toMatch(/request|exchange|Connection: close/)
  })

  test('an upgraded connection', () => {
    const connection = connectionOf(`${handshake}
      0.030 > P. 1         ack 1  "GET / HTTP/1.1\\r\\nUpgrade: websocket\\r\\nConnection: upgrade\\r\\n\\r\\n"
      0.050 < P. 1         ack 60 "HTTP/1.1 101 Switching\\r\\n\\r\\n"
      0.060 > P. 60:90(30) ack 27
      5.000 < F. 27:27(0)  ack 90`)
    expect(connection.protocol).toBe('upgraded')
    expect(connection.termination.cause).toBe('server-close')
    expect(told(connection)).toContain('The server closed first, 4.9 s after the last byte. ')
  })

  test('nothing was sent: then that is known', () => {
    const connection = connectionOf(`${handshake}
      0.030 < R. 1:1(0)  ack 1`)
    expect(connection.termination.cause).toBe('reset-idle')
    expect(told(connection)).toContain(
      'the reset came when no exchange was under way, before any byte was sent',
    )
  })

  test('one that is still open', () => {
    expect(told(connectionOf(tls))).toBe(
      'The connection was still open when the capture ended: no FIN and no RST is in the file.',
    )
  })
})

describe('a connection on which nothing was sent', () => {
  const told = (text: string) => {
    const { analysis } = explainText(text)
    const [connection] = analysis.connections
    if (connection === undefined) throw new Error('no connection')
    const sentences = [...initiationSentences(connection), ...causeSentences(connection)]
    return {
      reason: connection.purpose.reason,
      verdict: plain(verdict(analysis)),
      words: sentences.map(plain).join(' '),
    }
  }

  test('the client broke it off before it was open', () => {
    const {
      reason,
      verdict: clause,
      words,
    } = told(`
      0.000 > S  0:0(0)         <mss 1460>
      0.020 < S. 0:0(0)   ack 1 <mss 1460>
      0.021 > R  1:1(0)`)
    expect(reason).toBe('first')
    expect(clause).toContain('handshake half-open')
    expect(words).toContain('the connection never opened (half-open)')
    expect(words).not.toContain('its last ACK is missing')
    expect(words).toContain(
      'the reset came when no exchange was under way, before the handshake was complete',
    )
  })

  test('the server broke it off: what it was for is not known', () => {
    const { reason, words } = told(`${handshake}
      0.021 < R. 1:1(0)  ack 1`)
    expect(reason).toBe('first')
    expect(words).toContain('before any byte was sent')
  })

  test('the client closed it: it may have been opened in advance', () => {
    const { reason, words } = told(`${handshake}
      9.000 > F. 1:1(0)  ack 1
      9.020 < F. 1:1(0)  ack 2
      9.021 > .  2:2(0)  ack 2`)
    expect(reason).toBe('preconnect')
    expect(words).toContain('the client closed it before any byte was sent')
  })
})

test('a stream of events that the client leaves is a close, an upload that it leaves a pause', () => {
  const left = (request: string, answer: string) =>
    connectionOf(`
      0.000 > S  0:0(0)           <mss 1460>
      0.010 < S. 0:0(0)    ack 1  <mss 1460>
      0.010 > .  1:1(0)    ack 1
      0.020 > P. 1         ack 1  ${request}
      ${answer}
      0.900 > F. ${1 + lengthOf(request)}:${1 + lengthOf(request)}(0) ack 1
    `).termination.cause
  const lengthOf = (text: string) => text.slice(1, -1).replaceAll('\\r\\n', '..').length
  expect(left('"GET /api/events HTTP/1.1\\r\\n\\r\\n"', '')).toBe('client-close')
  const patch =
    '"PATCH /files/a HTTP/1.1\\r\\nUpload-Offset: 0\\r\\nContent-Length: 9\\r\\n\\r\\n12345"'
  expect(left(patch, '')).toBe('client-pause')
})

// The recorder may see packets out of the order in which they were sent: on a loopback with two processors it does.
import { describe, expect, test } from 'vitest'
import { connectionOf, explainText, only } from '../helpers/explain.ts'

const handshake = `
  0.000 > S  0:0(0)         <mss 1460>
  0.010 < S. 0:0(0)  ack 1  <mss 1460>
  0.020 > .  1:1(0)  ack 1
`
const request = (path: string) => `"GET /${path} HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"`
const answer = '"HTTP/1.1 204 No Content\\r\\n\\r\\n"'

test('an answer that was captured before its request belongs to it all the same', () => {
  const { exchanges } = connectionOf(`${handshake}
    0.0300 < P. 1:28(27)  ack 29 ${answer}
    0.0301 > P. 1:29(28)  ack 1  ${request('a')}
    0.0400 > P. 29:57(28) ack 28 ${request('b')}
    0.0500 < P. 28:55(27) ack 57 ${answer}
  `)
  expect(exchanges).toMatchObject([
    { target: '/a', status: 204, requestPacket: 5, responsePacket: 4 },
    { target: '/b', status: 204, requestPacket: 6, responsePacket: 7 },
  ])
})

test('an answer to a request that was never captured is not held for ever', () => {
  const { exchanges, missingBytes } = connectionOf(`${handshake}
    0.0300 < P. 1:28(27)  ack 29 ${answer}
    0.0600 > P. 29:57(28) ack 28 ${request('b')}
    0.0700 < P. 28:55(27) ack 57 ${answer}
  `)
  expect(missingBytes.client).toBe(28)
  expect(exchanges.at(-1)).toMatchObject({ target: '/b', status: 204, responsePacket: 6 })
})

describe('one number beyond the last byte is acknowledged', () => {
  const half = `${handshake}
    0.0300 > P. 1:29(28)  ack 1  ${request('a')}
    0.0310 < .  1:1(0)    ack 29
    0.0400 < P. 1:28(27)  ack 30 ${answer}
    0.0600 < P. 28:55(27) ack 30 ${answer}
    0.0800 < F. 55:55(0)  ack 30`

  test('that is a FIN which was not captured, and no byte', () => {
    const { analysis } = explainText(half)
    expect(only(analysis.connections)).toMatchObject({
      missingBytes: { client: 0, server: 0 },
      payloadBytes: { client: 28, server: 54 },
      exchanges: [{ target: '/a', status: 204 }, {}],
    })
    expect(analysis.quality.map(({ kind }) => kind)).not.toContain('missing-segments')
  })

  test('more bytes behind it make a byte of it that is missing', () => {
    const { analysis } = explainText(`${half}
    0.0900 > P. 30:58(28)  ack 56 ${request('b')}`)
    expect(only(analysis.connections)).toMatchObject({
      missingBytes: { client: 1, server: 0 },
      payloadBytes: { client: 57, server: 54 },
    })
    expect(analysis.quality[0]?.text).toBe(
      '1 byte was acknowledged but is not in the file: the recorder missed its segment.',
    )
  })

  test('and one that comes late is there', () => {
    const { missingBytes, payloadBytes, exchanges } = connectionOf(`${half}
    0.0900 > P. 29:57(28)  ack 56 ${request('b')}`)
    expect(missingBytes.client).toBe(0)
    expect(payloadBytes.client).toBe(56)
    expect(exchanges[1]).toMatchObject({ target: '/b' })
  })
})

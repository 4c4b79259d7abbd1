// The recorder may see packets out of the order in which they were sent: on a loopback with two processors it does.
import { expect, test } from 'vitest'
import { connectionOf } from '../helpers/explain.ts'

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

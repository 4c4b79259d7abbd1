// The Origin header, by which pages of other origins are known: whatever bytes are in it, there is a decision.
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { decideCors } from '../../server/cors.ts'

const allowed = ['https://app.example']

function decide(origin: string) {
  const request = new IncomingMessage(new Socket())
  Object.assign(request.headers, { host: 'uploads.example', origin })
  return decideCors(request, allowed)
}

test('an Origin that is no URL is a stranger, also once the code is compiled', () => {
  expect(decide('http://uploads.example').isAllowed).toBe(true)
  // Node 20's URL.canParse answers otherwise then: see parse-url.ts.
  for (let round = 0; round < 20_000; round++) decide('http://evil.example')
  for (let first = 0x80; first < 0x100; first++) {
    for (let second = 0x80; second < 0x100; second++) {
      const origin = `http://${String.fromCharCode(first, second)}`
      expect(decide(origin).isAllowed, escape(origin)).toBe(false)
    }
  }
})

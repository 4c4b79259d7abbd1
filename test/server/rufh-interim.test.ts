// 104 on every Node: the newer ones have a way of their own, which is taken where it is there.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, test } from 'vitest'
import { sendResumptionSupported, takesInterim } from '../../server/rufh/interim.ts'

/** What a client reads of a server that sends a 104, and then 200. */
async function answerTo(version: string, isLate = false): Promise<string> {
  const server = createServer((_request, response) => {
    if (isLate) response.writeHead(200)
    sendResumptionSupported(response, { Location: '/files/x', 'Upload-Limit': 'min-size=0' })
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.end(`POST / HTTP/${version}\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  let text = ''
  for await (const chunk of socket) text += chunk
  server.close()
  return text
}

const first =
  /^HTTP\/1\.1 104 .*\r\nLocation: \/files\/x\r\nUpload-Limit: min-size=0\r\n\r\nHTTP\/1\.1 200/

test('it comes before the answer', async () => {
  expect(await answerTo('1.1')).toMatch(first)
})

test('there is none for HTTP/1.0, nor once the answer has begun', async () => {
  expect(await answerTo('1.0')).toMatch(/^HTTP\/1\.1 200/)
  const late = await answerTo('1.1', true)
  expect(late).toMatch(/^HTTP\/1\.1 200/)
  expect(late).not.toContain('104')
})

test("Node's own way is taken where there is one", () => {
  const seen: unknown[] = []
  const response = {
    req: { httpVersionMajor: 1, httpVersionMinor: 1 },
    headersSent: false,
    destroyed: false,
    writableEnded: false,
    writeInformation: (...args: unknown[]) => seen.push(args),
    _writeRaw: () => seen.push('raw'),
  }
  sendResumptionSupported(response as unknown as ServerResponse, { Location: '/x' })
  expect(seen).toEqual([[104, { Location: '/x' }]])
})

test('traces of a proxy are enough for none; on and off are the last word', () => {
  const through = { 'x-forwarded-for': '192.0.2.1' }
  expect(takesInterim({ interim: 'auto', trustProxy: [] }, {})).toBe(true)
  expect(takesInterim({ interim: 'auto', trustProxy: [] }, through)).toBe(false)
  expect(takesInterim({ interim: 'auto', trustProxy: [] }, { via: '1.1 somewhere' })).toBe(false)
  expect(takesInterim({ interim: 'auto', trustProxy: ['loopback'] }, {})).toBe(false)
  expect(takesInterim({ interim: 'on', trustProxy: ['loopback'] }, through)).toBe(true)
  expect(takesInterim({ interim: 'off', trustProxy: [] }, {})).toBe(false)
})

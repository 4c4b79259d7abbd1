// The raw client, held against scripted bytes: it must see what came, as it came.
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { connect } from './wire.ts'

let server: Server | null = null

/** A peer that hands each connection to `script`; gives its address. */
async function peer(script: (socket: Socket) => void) {
  const made = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined)
    script(socket)
  })
  server = made
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  const address = made.address()
  return { port: typeof address === 'object' && address !== null ? address.port : 0 }
}

afterEach(() => {
  server?.close()
  server = null
})

test('interim responses come one by one, before the final one', async () => {
  const address = await peer((socket) =>
    socket.write(
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 104 \r\nUpload-Offset: 5\r\n\r\n' +
        'HTTP/1.1 204 No Content\r\nX: 1\r\nx: 2\r\n\r\n',
    ),
  )
  const wire = await connect(address)
  expect((await wire.next()).status).toBe(100)
  const final = await wire.response('PATCH')
  expect(final.interim.map((one) => [one.status, one.header('upload-offset')])).toEqual([
    [104, '5'],
  ])
  expect([final.status, final.reason, final.header('X')]).toEqual([204, 'No Content', '1, 2'])
  wire.close()
})

test('bodies end by length, by chunks or with the connection; answers to HEAD have none', async () => {
  const address = await peer((socket) =>
    socket.end(
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n' +
        'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc' +
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\n' +
        'HTTP/1.1 200 OK\r\n\r\nto the end',
    ),
  )
  const wire = await connect(address)
  const bodies = [
    await wire.response('HEAD'),
    await wire.response(),
    await wire.response(),
    await wire.response(),
  ].map((response) => response.text)
  expect(bodies).toEqual(['', 'abc', 'ab0123456789', 'to the end'])
  expect(await wire.closed()).toBe('fin')
  wire.close()
})

test('a head that comes byte by byte is one head', async () => {
  const address = await peer(async (socket) => {
    for (const byte of 'HTTP/1.1 409 \r\nContent-Length: 0\r\n\r\n') {
      socket.write(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
  })
  const wire = await connect(address)
  expect(await wire.response('PATCH')).toMatchObject({ status: 409, reason: '' })
  wire.close()
})

test('an end inside a body, no HTTP, and silence are errors', async () => {
  const short = await peer((socket) =>
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'),
  )
  await expect((await connect(short)).response()).rejects.toThrow('6 bytes before the end')
  server?.close()
  const noise = await peer((socket) => socket.end('hello\r\n\r\n'))
  await expect((await connect(noise)).response()).rejects.toThrow('no status line')
  server?.close()
  const silent = await peer(() => undefined)
  const wire = await connect(silent, { timeout: 50 })
  expect(await wire.isSilent(20)).toBe(true)
  await expect(wire.response()).rejects.toThrow('nothing came for 50 ms')
  wire.close()
})

test('FIN and RST of the peer are told apart', async () => {
  const fin = await connect(await peer((socket) => socket.end()))
  expect(await fin.closed()).toBe('fin')
  fin.close()
  server?.close()
  // Not before the first byte: a reset during the handshake would fail the connect itself.
  const reset = await connect(
    await peer((socket) => socket.once('data', () => socket.resetAndDestroy())),
  )
  await reset.send('x')
  expect(await reset.closed()).toBe('reset')
})

test('our FIN and our RST reach the peer as such', async () => {
  const seen: string[] = []
  const address = await peer((socket) => {
    socket.on('end', () => seen.push('fin'))
    socket.on('error', (error) => seen.push('code' in error ? String(error.code) : 'error'))
    socket.resume()
  })
  const first = await connect(address)
  first.fin()
  await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['fin'])
  const second = await connect(address)
  second.reset()
  await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['fin', 'ECONNRESET'])
  first.close()
})

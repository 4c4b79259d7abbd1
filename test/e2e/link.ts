// A network between browser and server that the test rules: a TCP relay that can be slow, stand still, be cut, or change bytes.
import { createServer, connect as open, type Socket } from 'node:net'

export interface Link {
  readonly url: string
  readonly port: number
  /** Bytes that came from the browser, heads included. */
  readonly received: () => number
  /** TCP connections opened by the browser. */
  readonly connections: () => number
  /** Bytes a second towards the server; Infinity for no limit. */
  setRate(bytesPerSecond: number): void
  /** So many more bytes of bodies pass towards the server, then they stand still and only heads pass; Infinity for no limit. */
  allow(bytes: number): void
  /** Bytes of bodies that may still pass. */
  readonly allowed: () => number
  /** Flips a bit in each of so many pieces of bodies that come next, as memory or a broken router would. */
  damage(pieces: number): void
  /** Connections that are open now move no further byte; new ones do. */
  freeze(): void
  /** Resets all connections that are open now. */
  cut(): void
  close(): Promise<void>
}

/** What comes in pieces below this is heads (bytes): they pass a line that is busy with bodies, as they would on a fair one. */
const leastOfBody = 4096

/** Starts a relay on a free loopback port. */
export async function startLink(
  target: number,
  bytesPerSecond = Number.POSITIVE_INFINITY,
): Promise<Link> {
  const pairs = new Set<{ readonly near: Socket; readonly far: Socket; isFrozen: boolean }>()
  let rate = bytesPerSecond
  let received = 0
  let connections = 0
  let allowed = Number.POSITIVE_INFINITY
  let damages = 0
  // One budget for all connections, as on a real line; refilled every tick.
  let budget = 0
  const tick = 20
  const waiting = new Set<() => void>()
  const refill = setInterval(() => {
    budget = Math.min(budget + (rate * tick) / 1000, (rate * tick) / 500)
    for (const go of [...waiting]) go()
  }, tick)

  const server = createServer((near) => {
    connections += 1
    const far = open(target, '127.0.0.1')
    const pair = { near, far, isFrozen: false }
    pairs.add(pair)
    const end = () => {
      pairs.delete(pair)
      near.destroy()
      far.destroy()
    }
    near.on('error', end).on('close', end)
    far.on('error', end).on('close', end)
    near.on('data', (data) => {
      received += data.length
      near.pause()
      const go = () => {
        const isBody = data.length >= leastOfBody
        const isLate = Number.isFinite(rate) && budget <= 0
        const isOver = pair.isFrozen || !pairs.has(pair)
        if (!isOver && isBody && (isLate || allowed <= 0)) return void waiting.add(go)
        waiting.delete(go)
        if (isOver) return
        budget -= data.length
        if (isBody) allowed -= data.length
        if (isBody && damages > 0) {
          damages -= 1
          // The last byte: where a head comes along, it's in front.
          data.writeUInt8(data.readUInt8(data.length - 1) ^ 1, data.length - 1)
        }
        far.write(data, () => {
          if (!pair.isFrozen) near.resume()
        })
      }
      go()
    })
    far.on('data', (data) => {
      if (!pair.isFrozen) near.write(data)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (!address || typeof address === 'string') throw new Error('the relay has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    received: () => received,
    connections: () => connections,
    setRate(next) {
      rate = next
      for (const go of [...waiting]) go()
    },
    allow(bytes) {
      allowed = bytes
      for (const go of [...waiting]) go()
    },
    allowed: () => allowed,
    damage(pieces) {
      damages = pieces
    },
    freeze() {
      for (const pair of pairs) pair.isFrozen = true
    },
    cut() {
      for (const { near, far } of pairs) {
        near.resetAndDestroy()
        far.destroy()
      }
    },
    async close() {
      clearInterval(refill)
      for (const { near, far } of pairs) {
        near.destroy()
        far.destroy()
      }
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

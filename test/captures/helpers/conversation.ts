// What two ends say to each other in turn, and the segments that carry it: every byte in the file, every byte acknowledged.
import type { Chance } from './chance.ts'
import { Flag, type TestSegment, wrapped } from './segment.ts'
import { defaultSetting, type Setting } from './segments.ts'
import { encodeOptions } from './tcp-options.ts'
import { creation, offsetQuestion, page, patch, type TestExchange } from './trace/messages.ts'

export interface Said {
  readonly isClient: boolean
  readonly bytes: Uint8Array
}

/** Some exchanges of an upload, now and then with a page between; sometimes several at once. */
export function conversation(chance: Chance, target: string): Said[] {
  const list: TestExchange[] = [creation(target, 100_000)]
  let offset = 0
  for (let n = chance.between(1, 8); n > 0; n--) {
    if (chance.of(0.2)) list.push(offsetQuestion(target, offset))
    if (chance.of(0.3)) list.push(page(chance, `/page/${n}`))
    const length = chance.skewed(1, 20_000)
    list.push(patch(chance, target, offset, length))
    offset += length
  }
  return list.flatMap(({ interim, ...exchange }) => [
    { isClient: true, bytes: exchange.requestHead },
    ...(interim === null ? [] : [{ isClient: false, bytes: interim }]),
    { isClient: true, bytes: exchange.requestBody },
    { isClient: false, bytes: Buffer.concat([exchange.responseHead, exchange.responseBody]) },
  ])
}

export interface Manner {
  readonly isn: Setting['isn']
  /** Of the next segment's payload. */
  readonly lengthOf: () => number
  /** Whether the segment is sent once more, with bytes before and behind it. */
  readonly repeats: () => boolean
}

const plain: Manner = { isn: defaultSetting.isn, lengthOf: () => 1460, repeats: () => false }

const step = 100_000
const roundTrip = 20_000_000

/** Handshake, what is said, and both FINs. */
export function converse(talk: readonly Said[], manner: Manner = plain): TestSegment[] {
  const { client, server } = defaultSetting
  const { isn, lengthOf, repeats } = manner
  const segments: TestSegment[] = []
  const next = { client: 0, server: 0 }
  const streams = { client: Buffer.alloc(0), server: Buffer.alloc(0) }
  let time = 0

  function send(side: 'client' | 'server', flags: number, at: number, payload: Uint8Array): void {
    const other = side === 'client' ? 'server' : 'client'
    time += step
    segments.push({
      time,
      from: side === 'client' ? client : server,
      to: side === 'client' ? server : client,
      flags,
      sequence: wrapped(isn[side] + at),
      acknowledgement: flags & Flag.ack ? wrapped(isn[other] + next[other]) : 0,
      window: 65_535,
      options: flags & Flag.syn ? encodeOptions([{ kind: 'mss', value: 1460 }]) : new Uint8Array(0),
      payload,
      kept: Number.POSITIVE_INFINITY,
    })
    const end = at + payload.length + (flags & (Flag.syn | Flag.fin) ? 1 : 0)
    next[side] = Math.max(next[side], end)
  }

  send('client', Flag.syn, 0, new Uint8Array(0))
  time += roundTrip
  send('server', Flag.syn | Flag.ack, 0, new Uint8Array(0))
  send('client', Flag.ack, 1, new Uint8Array(0))
  for (const { isClient, bytes } of talk) {
    const side = isClient ? 'client' : 'server'
    streams[side] = Buffer.concat([streams[side], bytes])
    const stream = streams[side]
    while (next[side] - 1 < stream.length) {
      const from = next[side] - 1
      send(side, Flag.ack | Flag.psh, from + 1, stream.subarray(from, from + lengthOf()))
      if (!repeats()) continue
      const begin = Math.max(0, from - lengthOf())
      send(side, Flag.ack, begin + 1, stream.subarray(begin, from + lengthOf()))
    }
    time += roundTrip
    send(
      isClient ? 'server' : 'client',
      Flag.ack,
      next[isClient ? 'server' : 'client'],
      new Uint8Array(0),
    )
  }
  send('client', Flag.fin | Flag.ack, next.client, new Uint8Array(0))
  time += roundTrip
  send('server', Flag.fin | Flag.ack, next.server, new Uint8Array(0))
  send('client', Flag.ack, next.client, new Uint8Array(0))
  return segments
}

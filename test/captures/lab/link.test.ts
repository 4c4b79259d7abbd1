// The emulated link: when a frame comes out, and which are lost.
import { describe, expect, test } from 'vitest'
import { createWay, payloadOf } from '../../../captures/lab/link.ts'
import { netemArguments } from '../../../captures/lab/middle.ts'

/** An Ethernet frame with IPv4 and TCP headers without options. */
function frame(payload: number): Uint8Array {
  const bytes = new Uint8Array(14 + 20 + 20 + payload)
  const view = new DataView(bytes.buffer)
  view.setUint16(12, 0x0800)
  view.setUint8(14, 0x45)
  view.setUint16(16, 40 + payload)
  view.setUint8(23, 6)
  view.setUint8(46, 0x50)
  return bytes
}

describe('a link', () => {
  test('delays, and nothing else', () => {
    const way = createWay({ delay: 20, rate: null, loss: null })
    expect(way.accept(frame(1000), 5)).toBe(25)
    expect(way.accept(frame(1000), 5)).toBe(25)
  })

  test('sends one frame after the other at its rate', () => {
    // 1 Mbit/s: 1000 bytes take 8 ms.
    const way = createWay({ delay: 20, rate: 1_000_000, loss: null })
    const thousand = frame(946)
    expect(way.accept(thousand, 0)).toBe(28)
    expect(way.accept(thousand, 0)).toBe(36)
    expect(way.accept(thousand, 100)).toBe(128)
  })

  test('loses the same segments for the same seed, about as many as it should, and never an ACK', () => {
    const lostOf = (seed: number) => {
      const way = createWay({ delay: 0, rate: null, loss: { oneIn: 100, seed } })
      const lost: number[] = []
      for (let n = 0; n < 10_000; n++) {
        expect(way.accept(frame(0), n)).not.toBeNull()
        if (way.accept(frame(100), n) === null) lost.push(n)
      }
      return lost
    }
    expect(lostOf(7)).toEqual(lostOf(7))
    expect(lostOf(7)).not.toEqual(lostOf(8))
    expect(lostOf(7).length).toBeGreaterThan(70)
    expect(lostOf(7).length).toBeLessThan(130)
  })
})

test('payload is what the headers say, and none where there is no TCP', () => {
  expect(payloadOf(frame(0))).toBe(0)
  expect(payloadOf(frame(1448))).toBe(1448)
  expect(payloadOf(new Uint8Array(10))).toBe(0)
  const arp = frame(100)
  new DataView(arp.buffer).setUint16(12, 0x0806)
  expect(payloadOf(arp)).toBe(0)
})

test('netem is told the same delay and rate', () => {
  expect(netemArguments('client', { delay: 20, rate: 50_000_000, loss: null }).join(' ')).toBe(
    'qdisc replace dev client root netem limit 10000 delay 20ms rate 50000000bit',
  )
})

// What is particular to pcap: its header, and lengths that can't be.
import { expect, test } from 'vitest'
import { CaptureFormatError } from '../../../captures/format/errors.ts'
import { concat, pack, payload, pcap, u32 } from './build.ts'
import { read } from './read.ts'

const packet = { time: 1_700_000_000_000_000_000n, bytes: payload(20) }

test('the link type is in the low 16 bits; the rest tells of a frame check sequence', () => {
  const { packets, summary } = read(pcap({ linkType: 0x9400_0001, packets: [packet] }))
  expect(packets[0]?.linkType).toBe(1)
  expect(summary.interfaces[0]?.linkType).toBe(1)
})

test('the resolution is told as digits of a second', () => {
  const resolutionOf = (digits: 6 | 9) =>
    read(pcap({ digits, packets: [packet] })).summary.interfaces[0]?.resolution
  expect(resolutionOf(6)).toEqual({ base: 10, exponent: 6 })
  expect(resolutionOf(9)).toEqual({ base: 10, exponent: 9 })
})

test.each([
  [[1, 4], 'pcap version 1.4'],
  [[2, 2], 'pcap version 2.2'],
  [[3, 0], 'pcap version 3.0'],
] as const)('version %o is refused, with a way out', (version, text) => {
  expect(() => read(pcap({ version, packets: [packet] }))).toThrow(CaptureFormatError)
  expect(() => read(pcap({ version, packets: [packet] }))).toThrow(text)
  expect(() => read(pcap({ version, packets: [packet] }))).toThrow('editcap -F pcap IN OUT')
})

test('version 2.3 is read as 2.4', () => {
  expect(read(pcap({ version: [2, 3], packets: [packet] })).packets).toHaveLength(1)
})

test.each(['little', 'big'] as const)(
  'a length that no packet has is damage: %s-endian',
  (order) => {
    const good = pcap({ order, packets: [packet, packet] })
    const bad = pack(order, u32(0), u32(0), u32(70_000_000), u32(70_000_000), payload(100))
    const { packets, summary } = read(concat(good, bad), 50)
    expect(packets).toHaveLength(2)
    expect(summary.damage).toEqual({
      byte: good.length,
      text: 'packet 3 says it has 70000000 bytes, which no packet has',
    })
    expect(summary.bytes).toBe(good.length + bad.length)
  },
)

test('262,144 bytes are the limit, unless the snapshot length asks for more', () => {
  const bytes = payload(262_145)
  const limited = read(pcap({ snapshotLength: 65_535, packets: [{ ...packet, bytes }] }))
  expect(limited.summary.damage?.byte).toBe(24)
  const asked = read(pcap({ snapshotLength: 300_000, packets: [{ ...packet, bytes }] }))
  expect(asked.packets).toHaveLength(1)
  const insane = read(pcap({ snapshotLength: 0x7fff_ffff, packets: [{ ...packet, bytes }] }))
  expect(insane.summary.damage?.byte).toBe(24)
})

test('more bytes than the snapshot length says, and more than were on the wire, are what they are', () => {
  const odd = { ...packet, bytes: payload(200), originalLength: 60 }
  const { packets, summary } = read(pcap({ snapshotLength: 96, packets: [odd] }))
  expect(packets[0]).toMatchObject({ capturedLength: 200, originalLength: 60 })
  expect(summary).toMatchObject({ truncatedPackets: 0, damage: null })
})

test('fractions beyond a second, as some writers leave them, are added', () => {
  const header = pcap({ packets: [packet] })
  const late = pack('little', u32(1_700_000_000), u32(1_500_000), u32(0), u32(0))
  expect(read(concat(header, late)).packets[1]?.time).toBe(1_500_000_000)
})

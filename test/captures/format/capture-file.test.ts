// Whatever the format, the same packets come out; what is no capture is told by name.
import { describe, expect, test } from 'vitest'
import { CaptureFormatError } from '../../../captures/format/errors.ts'
import { layouts, pack, payload, pcap, u32, utf8 } from './build.ts'
import { read } from './read.ts'

const start = 1_700_000_000_123_456_000n

describe.each(layouts)('$name', (layout) => {
  const file = layout.build({
    linkType: 113,
    snapshotLength: 96,
    packets: [
      { time: start, bytes: payload(5, 1) },
      { time: start + 1_500_000n, bytes: payload(96), originalLength: 1514 },
      { time: start + 1_500_001n, bytes: payload(0), originalLength: 60 },
      { time: start - 2_000_000_000n, bytes: payload(7, 9), originalLength: 3 },
    ],
  })

  test('packets carry number, time, lengths, bytes and place', () => {
    const { packets } = read(file)
    expect(packets.map((packet) => packet.number)).toEqual([1, 2, 3, 4])
    expect(packets.map((packet) => packet.time)).toEqual([
      0,
      1_500_000,
      layout.precision === 1n ? 1_500_001 : 1_500_000,
      -2_000_000_000,
    ])
    expect(packets.map((packet) => packet.data)).toEqual([
      payload(5, 1),
      payload(96),
      payload(0),
      payload(7, 9),
    ])
    expect(packets.map((packet) => packet.capturedLength)).toEqual([5, 96, 0, 7])
    expect(packets.map((packet) => packet.originalLength)).toEqual([5, 1514, 60, 3])
    expect(packets.every((packet) => packet.linkType === 113 && packet.interface === 0)).toBe(true)
    expect(packets.every((packet) => packet.hasTime)).toBe(true)
    expect(packets.map((packet) => packet.fileOffset)).toEqual(
      layout.format === 'pcap' ? [24, 45, 157, 173] : [60, 100, 228, 260],
    )
  })

  test('the summary tells what the file says of itself', () => {
    expect(read(file).summary).toMatchObject({
      format: layout.format,
      packets: 4,
      bytes: file.length,
      truncatedPackets: 2,
      timelessPackets: 0,
      start,
      sections: 1,
      interfaces: [{ linkType: 113, snapshotLength: 96, received: null }],
      droppedBetweenPackets: 0,
      damage: null,
    })
  })

  test('a file without packets is a capture all the same', () => {
    const { packets, summary } = read(layout.build({ packets: [] }))
    expect(packets).toEqual([])
    expect(summary).toMatchObject({ packets: 0, start: null, damage: null })
    expect(summary.interfaces).toHaveLength(1)
  })

  test.each([1, 7, 16, 4096])('chunks of %i bytes give the same as the whole', (chunkSize) => {
    expect(read(file, chunkSize)).toEqual(read(file))
  })

  test('a cut at any byte keeps the packets before it, and names the byte where the cut one begins', () => {
    const { packets } = read(file)
    const ends = [...packets.slice(1).map((packet) => packet.fileOffset), file.length]
    for (let length = 1; length < file.length; length++) {
      const cut = file.subarray(0, length)
      if (length < layout.headerLength) {
        expect(() => read(cut)).toThrow(CaptureFormatError)
        continue
      }
      const { packets: kept, summary } = read(cut)
      expect(kept).toEqual(packets.slice(0, ends.filter((end) => end <= length).length))
      expect(summary.bytes).toBe(length)
      const begun = Math.max(
        ...boundaries(packets, layout.headerLength).filter((at) => at <= length),
      )
      expect(summary.damage?.byte ?? length).toBe(begun)
      expect(summary.damage?.text ?? 'within').toContain('within')
      expect(read(cut, 1)).toEqual({ packets: kept, summary })
    }
  })

  test('a packet of 200,000 bytes is one packet, however it comes', () => {
    const bytes = payload(200_000)
    const large = layout.build({ packets: [{ time: start, bytes }] })
    for (const chunkSize of [65_536, large.length]) {
      const { packets, summary } = read(large, chunkSize)
      expect(packets).toHaveLength(1)
      expect(Buffer.compare(packets[0]?.data ?? payload(0), bytes)).toBe(0)
      expect(summary.damage).toBe(null)
    }
  })
})

/** Where records or blocks begin. */
function boundaries(packets: readonly { fileOffset: number }[], header: number): number[] {
  return [header, ...packets.map((packet) => packet.fileOffset)]
}

describe('what is no capture', () => {
  const message = (file: Uint8Array, chunkSize?: number): string => {
    try {
      read(file, chunkSize)
    } catch (error) {
      if (error instanceof CaptureFormatError) return `${error.fault}: ${error.message}`
      throw error
    }
    return 'it was read'
  }
  const begins = (first: Uint8Array) => pack('big', first, payload(40, 1))

  test('an empty file is called empty', () => {
    expect(message(payload(0), 1)).toMatch(/^empty: The file is empty/)
  })

  test.each([
    [u32(0x1f8b0800), /^unsupported: .*gzip.*gunzip FILE/],
    [u32(0x28b52ffd), /^unsupported: .*zstd/],
    [u32(0xa1b2cd34), /^unsupported: .*modified by Alexey Kuznetzov.*editcap -F pcapng/],
    [u32(0x34cdb2a1), /^unsupported: .*modified by Alexey Kuznetzov/],
    [u32(0x1c0001ac), /^unsupported: .*Ixia/],
    [u32(0xffd8ffe0), /^unknown-magic: .*a JPEG image/],
    [u32(0x7f454c46), /^unknown-magic: .*a program/],
    [u32(0x00000001), /^unknown-magic: .*neither like pcap nor like pcapng/],
  ])('its first bytes tell what it is: %o', (first, expected) => {
    expect(message(begins(pack('big', first)))).toMatch(expected)
    expect(message(begins(pack('big', first)), 1)).toMatch(expected)
  })

  test.each([
    ['snoop\0\0\0', /^unsupported: .*snoop.*editcap/],
    ['GMBU', /^unsupported: .*Network Monitor 2/],
    ['RTSS', /^unsupported: .*Network Monitor 1/],
    ['HTTP/1.1 404 Not Found', /^unknown-magic: .*HTTP response/],
    ['PATCH /files/a HTTP/1.1', /^unknown-magic: .*HTTP request/],
    ['<!doctype html>', /^unknown-magic: .*HTML/],
    ['{"log": {', /^unknown-magic: .*JSON/],
    ['%PDF-1.7', /^unknown-magic: .*PDF/],
  ])('and as text: %j', (first, expected) => {
    expect(message(begins(utf8(first)))).toMatch(expected)
  })

  test('a file of a few bytes is judged by what there is', () => {
    expect(message(utf8('{}'))).toMatch(/JSON/)
    expect(message(utf8('GET'))).toMatch(/neither/)
    expect(message(pcap({ packets: [] }).subarray(0, 3))).toMatch(/^unknown-magic/)
    expect(message(pcap({ packets: [] }).subarray(0, 23))).toMatch(/^truncated: Only 23 of the 24/)
  })

  test('nothing is told before the end, or before enough is there', () => {
    expect(message(utf8('HTTP/1.1 '), 1)).toMatch(/HTTP response/)
  })
})

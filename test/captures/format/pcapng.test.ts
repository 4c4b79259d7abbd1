// Every kind of block and option, sections, interfaces, and where a file stops making sense.
import { describe, expect, test } from 'vitest'
import { createCaptureReader } from '../../../captures/format/capture-file.ts'
import { CaptureFormatError } from '../../../captures/format/errors.ts'
import { blocksIn, concat, pack, payload, u8, u16, u32, u64, utf8 } from './build.ts'
import { read } from './read.ts'

const nanoseconds = { code: 9, value: u8(9) }

describe.each(['little', 'big'] as const)('%s-endian', (order) => {
  const make = blocksIn(order)
  const other = blocksIn(order === 'little' ? 'big' : 'little')
  const one = (ticks: bigint) => make.enhanced({ ticks, bytes: payload(6) })
  const head = concat(make.section(), make.interface())

  test('a section header tells the program and the system', () => {
    const options = [
      { code: 1, value: utf8('a comment') },
      { code: 2, value: utf8('a machine') },
      { code: 3, value: utf8('Linux 6.1') },
      { code: 4, value: utf8('Dumpcap 4.0.17') },
    ]
    expect(read(make.section({ options })).summary.writtenBy).toBe('Dumpcap 4.0.17 on Linux 6.1')
    expect(read(make.section({ options: options.slice(3) })).summary.writtenBy).toBe(
      'Dumpcap 4.0.17',
    )
    expect(read(make.section({ options: options.slice(0, 3) })).summary.writtenBy).toBe('Linux 6.1')
    expect(read(make.section()).summary.writtenBy).toBe(null)
  })

  test('texts lose what a terminal would obey, and the zeros at their end', () => {
    const options = [{ code: 4, value: utf8('evil\u001b[2J\u0007 “ü”\0\0') }]
    expect(read(make.section({ options })).summary.writtenBy).toBe('evil [2J  “ü”')
  })

  test('an interface tells name, filter, snapshot length and resolution', () => {
    const options = [
      { code: 2, value: utf8('eth0') },
      { code: 3, value: utf8('a description') },
      { code: 8, value: u64(1_000_000_000) },
      nanoseconds,
      { code: 11, value: pack(order, u8(0), utf8('tcp port 80')) },
      { code: 12, value: utf8('Linux') },
      { code: 13, value: u8(4) },
      { code: 2988, value: pack(order, u32(1), utf8('custom')) },
    ]
    const file = concat(
      make.section(),
      make.interface({ linkType: 276, snapshotLength: 0, options }),
      make.interface({ options: [{ code: 11, value: pack(order, u8(1), utf8('bytecode')) }] }),
    )
    expect(read(file).summary.interfaces).toEqual([
      {
        linkType: 276,
        snapshotLength: 0,
        name: 'eth0',
        filter: 'tcp port 80',
        resolution: { base: 10, exponent: 9 },
        received: null,
        droppedByInterface: null,
        droppedBySystem: null,
      },
      {
        linkType: 1,
        snapshotLength: 262_144,
        name: null,
        filter: null,
        resolution: { base: 10, exponent: 6 },
        received: null,
        droppedByInterface: null,
        droppedBySystem: null,
      },
    ])
  })

  test('options count without their end mark, and up to the first that does not fit', () => {
    const noMark = make.interface({
      options: [nanoseconds, { code: 2, value: utf8('lo') }],
      endMark: false,
    })
    expect(read(concat(make.section(), noMark)).summary.interfaces[0]).toMatchObject({
      name: 'lo',
      resolution: { exponent: 9 },
    })
    const tooLong = pack(
      order,
      u16(9),
      u16(1),
      u32(0x09_00_00_09),
      u16(2),
      u16(60_000),
      utf8('lo..'),
    )
    const body = pack(order, u16(1), u16(0), u32(0), tooLong)
    expect(read(concat(make.section(), make.block(1, body))).summary).toMatchObject({
      damage: null,
      interfaces: [{ name: null, resolution: { exponent: 9 } }],
    })
  })

  test('an enhanced packet tells what was dropped before it, among other options', () => {
    const options = [
      { code: 1, value: utf8('first comment') },
      { code: 1, value: utf8('second comment, of another length') },
      { code: 2, value: u32(1) },
      { code: 3, value: pack(order, u8(2), u32(0xdeadbeef)) },
      { code: 4, value: u64(5) },
      { code: 5, value: u64(77) },
      { code: 6, value: u32(3) },
      { code: 7, value: pack(order, u8(1), u64(0)) },
    ]
    const file = concat(
      head,
      make.enhanced({ ticks: 1n, bytes: payload(5), options }),
      make.enhanced({
        ticks: 2n,
        bytes: payload(8),
        options: [{ code: 4, value: u64(0x1_0000_0002) }],
        endMark: false,
      }),
    )
    const { packets, summary } = read(file)
    expect(packets.map((packet) => packet.data)).toEqual([payload(5), payload(8)])
    expect(summary.droppedBetweenPackets).toBe(0x1_0000_0007)
  })

  test('the obsolete packet block is read, with its own count of drops', () => {
    const file = concat(
      head,
      make.interface({ linkType: 101 }),
      make.obsolete({ ticks: 1_000_000n, bytes: payload(7), interface: 1, drops: 3 }),
      make.obsolete({
        ticks: 1_000_005n,
        bytes: payload(4),
        originalLength: 90,
        drops: 0xffff,
        options: [{ code: 2, value: u32(1) }],
      }),
    )
    const { packets, summary } = read(file)
    expect(packets).toMatchObject([
      { number: 1, time: 0, interface: 1, linkType: 101, data: payload(7) },
      { number: 2, time: 5000, interface: 0, linkType: 1, originalLength: 90, data: payload(4) },
    ])
    expect(summary).toMatchObject({ droppedBetweenPackets: 3, truncatedPackets: 1 })
  })

  test('a simple packet has no time: it keeps that of the packet before', () => {
    const file = concat(
      make.section(),
      make.interface({ snapshotLength: 8 }),
      make.simple(payload(6)),
      one(1_000_000n),
      one(1_000_002n),
      make.simple(payload(8), 1514),
    )
    const { packets, summary } = read(file)
    expect(packets).toMatchObject([
      { hasTime: false, time: 0, capturedLength: 6, originalLength: 6 },
      { hasTime: true, time: 0 },
      { hasTime: true, time: 2000 },
      { hasTime: false, time: 2000, capturedLength: 8, originalLength: 1514 },
    ])
    expect(summary).toMatchObject({
      start: 1_000_000_000n,
      packets: 4,
      timelessPackets: 2,
      truncatedPackets: 1,
    })
  })

  test('a file with simple packets only has no beginning', () => {
    expect(read(concat(head, make.simple(payload(9)))).summary.start).toBe(null)
  })

  test('a simple packet is as long as it was where the interface has no snapshot length', () => {
    const file = concat(
      make.section(),
      make.interface({ snapshotLength: 0 }),
      make.simple(payload(9)),
    )
    expect(read(file).packets[0]?.data).toEqual(payload(9))
  })

  test('statistics tell what was received and dropped; the last ones win, piece by piece', () => {
    const file = concat(
      head,
      make.interface(),
      make.statistics({
        interface: 1,
        options: [
          { code: 2, value: u64(0) },
          { code: 3, value: u64(0) },
          { code: 4, value: u64(100) },
          { code: 5, value: u64(1) },
          { code: 6, value: u64(99) },
          { code: 7, value: u64(2) },
          { code: 8, value: u64(98) },
        ],
      }),
      make.statistics({ interface: 1, options: [{ code: 4, value: u64(120) }] }),
      make.statistics({ interface: 7, options: [{ code: 4, value: u64(1) }] }),
      make.statistics({ interface: 0, options: [{ code: 5, value: u32(9) }] }),
    )
    const { summary } = read(file)
    expect(summary.damage).toBe(null)
    expect(summary.interfaces).toMatchObject([
      { received: null, droppedByInterface: null },
      { received: 120, droppedByInterface: 1, droppedBySystem: 2 },
    ])
  })

  test('names, secrets and unknown blocks are passed over', () => {
    const file = concat(
      head,
      one(1n),
      make.block(4, pack(order, u16(1), u16(8), u32(0x7f000001), utf8('me\0\0'), u32(0))),
      make.block(10, pack(order, u32(0x544c534b), u32(8), utf8('CLIENT_R'))),
      make.block(0x8000_0001, payload(40)),
      make.block(0x77, payload(0)),
      one(2n),
    )
    const { packets, summary } = read(file)
    expect(packets.map((packet) => packet.number)).toEqual([1, 2])
    expect(summary).toMatchObject({ packets: 2, damage: null })
    expect(JSON.stringify({ packets, summary: { ...summary, start: null } })).not.toContain(
      'CLIENT',
    )
  })

  // tshark 4.0.17: frames 2 to 5 are such blocks; capinfos counts two packets.
  test('journal, custom and sysdig blocks have frame numbers, as in Wireshark, but are no packets', () => {
    const file = concat(
      head,
      one(1n),
      make.block(9, utf8('MESSAGE=hello\n')),
      make.block(0xbad, pack(order, u32(12_345), payload(4))),
      make.block(0x4000_0bad, pack(order, u32(12_345), payload(4))),
      make.block(0x204, payload(26)),
      one(2n),
    )
    const { packets, summary } = read(file)
    expect(packets.map((packet) => packet.number)).toEqual([1, 6])
    expect(summary.packets).toBe(2)
  })

  test('each section begins its interfaces anew, in its own byte order; the file numbers them all', () => {
    const file = concat(
      make.section({ options: [{ code: 4, value: utf8('first') }] }),
      make.interface({ linkType: 1, options: [nanoseconds] }),
      make.interface({ linkType: 113 }),
      make.enhanced({ ticks: 5_000_000_000n, bytes: payload(4) }),
      make.enhanced({ ticks: 5_000_001n, bytes: payload(4), interface: 1 }),
      other.section({ options: [{ code: 4, value: utf8('second') }] }),
      other.interface({ linkType: 276 }),
      other.enhanced({ ticks: 6_000_000n, bytes: payload(4) }),
      other.statistics({ options: [{ code: 4, value: u64(7) }] }),
    )
    const { packets, summary } = read(file)
    expect(packets).toMatchObject([
      { interface: 0, linkType: 1, time: 0 },
      { interface: 1, linkType: 113, time: 1000 },
      { interface: 2, linkType: 276, time: 1_000_000_000 },
    ])
    expect(summary).toMatchObject({ sections: 2, writtenBy: 'first', damage: null })
    expect(summary.interfaces.map((one) => one.received)).toEqual([null, null, 7])
    expect(read(file, 1)).toEqual({ packets, summary })
  })

  // So does tshark 4.0.17 with test006.ntar of python-pcapng, a file of the format's first years.
  test('a block whose length leaves its padding out is read as if it counted it', () => {
    const file = concat(
      head,
      make.block(0x77, payload(5), { first: 17 }),
      make.block(3, pack(order, u32(5), payload(5)), { first: 21 }),
      one(2n),
    )
    const { packets, summary } = read(file)
    expect(packets.map((packet) => packet.data)).toEqual([payload(5), payload(6)])
    expect(summary.damage).toBe(null)
    expect(read(file, 1)).toEqual({ packets, summary })
  })

  test('what a section says of its length is not needed', () => {
    const file = concat(make.section({ length: 7n }), make.interface(), one(1n), one(2n))
    expect(read(file).packets).toHaveLength(2)
  })

  describe('damage', () => {
    const good = concat(head, one(1n))
    const damageOf = (...rest: Uint8Array[]) => {
      const file = concat(good, ...rest, one(2n))
      const { packets, summary } = read(file)
      expect(read(file, 1)).toEqual({ packets, summary })
      expect(packets).toHaveLength(1)
      expect(summary.bytes).toBe(file.length)
      return summary.damage
    }

    test.each([
      ['0', 0],
      ['8', 8],
      ['5', 5],
    ])('a block of %s bytes', (_name, first) => {
      const damage = damageOf(make.block(0x77, payload(4), { first, last: 16 }))
      expect(damage?.byte).toBe(good.length)
      expect(damage?.text).toMatch(/^a block of type 0x77 can't be \d+ bytes long$/)
    })

    test('a block of 4 GiB is a file that ends within it', () => {
      for (const first of [0xffff_fffc, 0xffff_fffd, 0xffff_ffff]) {
        const damage = damageOf(make.block(0x77, payload(4), { first }))
        expect(damage?.byte).toBe(good.length)
        expect(damage?.text).toMatch(/^the file ends within a block/)
      }
    })

    test('a packet block too short for a packet', () => {
      expect(damageOf(make.block(6, payload(12)))?.text).toBe(
        "a block of type 0x6 can't be 24 bytes long",
      )
    })

    test('a block whose ends do not agree: a packet, and one that is skipped', () => {
      const text = 'a block is 16 bytes long as it begins, 20 as it ends'
      expect(damageOf(make.block(0x77, payload(4), { last: 20 }))).toEqual({
        byte: good.length,
        text,
      })
      expect(damageOf(make.block(3, payload(4), { last: 20 }))?.text).toBe(text)
    })

    test('a packet of an interface that was not described', () => {
      const stray = { ticks: 1n, bytes: payload(4), interface: 1 }
      const text = 'packet 2 is of interface 1, which was not described before'
      expect(damageOf(make.enhanced(stray))).toEqual({ byte: good.length, text })
      expect(damageOf(make.obsolete(stray))).toEqual({ byte: good.length, text })
    })

    test('a simple packet in a section without interfaces', () => {
      const damage = damageOf(make.section(), make.simple(payload(4)))
      expect(damage?.byte).toBe(good.length + 28)
      expect(damage?.text).toMatch(/interface 0, which was not described/)
    })

    test('a packet that its block can not hold', () => {
      const large = { ticks: 1n, bytes: payload(8), capturedLength: 9 }
      expect(damageOf(make.enhanced(large))).toEqual({
        byte: good.length,
        text: 'packet 2 says it has 9 bytes, more than its block can hold',
      })
      expect(damageOf(make.simple(payload(8), 100))?.text).toMatch(/packet 2 says it has 100 bytes/)
    })

    test('a later section of another version, or without a byte order', () => {
      expect(damageOf(make.section({ version: [2, 0] }))?.text).toMatch(/version 2\.0/)
      const body = pack(order, u32(0x1a2b3c4e), u32(1), u64(-1n >> 1n))
      expect(damageOf(make.block(0x0a0d0d0a, body))?.text).toMatch(/byte order/)
    })
  })

  test('a file that begins like pcapng but is none throws', () => {
    const message = (file: Uint8Array) => () => read(file)
    const version2 = make.section({ version: [2, 0] })
    expect(message(version2)).toThrow(CaptureFormatError)
    expect(message(version2)).toThrow('It begins like pcapng, but this section is of version 2.0')
    expect(message(make.block(0x0a0d0d0a, payload(16)))).toThrow(/byte order/)
    expect(message(make.section().subarray(0, 27))).toThrow(/Only 27 bytes of a pcapng file/)
  })
})

describe('memory', () => {
  const make = blocksIn('little')
  const head = concat(make.section(), make.interface())
  const packet = make.enhanced({ ticks: 1n, bytes: payload(6) })
  const mebibyte = 1 << 20

  /** A file with a block of 64 MiB, which is never there as a whole, and a packet after it. */
  function* hugeBlock(type: number, begin: Uint8Array, last = 64 * mebibyte) {
    const length = 64 * mebibyte
    yield concat(head, pack('little', u32(type), u32(length)), begin)
    const zeros = new Uint8Array(mebibyte)
    let left = length - 12 - begin.length
    for (; left > zeros.length; left -= zeros.length) yield zeros
    yield zeros.subarray(0, left)
    yield pack('little', u32(last))
    yield packet
  }

  function readChunks(chunks: Iterable<Uint8Array>) {
    const seen: { number: number; captured: number; held: number }[] = []
    const reader = createCaptureReader(({ number, capturedLength: captured, bytes }) => {
      seen.push({ number, captured, held: bytes.buffer.byteLength })
    })
    for (const chunk of chunks) reader.push(chunk)
    return { seen, summary: reader.end() }
  }

  test('a huge block that is not read is skipped without being held', () => {
    const { seen, summary } = readChunks(hugeBlock(0x8000_0001, payload(0)))
    expect(seen).toEqual([{ number: 1, captured: 6, held: packet.length }])
    expect(summary).toMatchObject({ packets: 1, damage: null })
  })

  test('a packet with huge options is read, and only a part of them is held', () => {
    const begin = packet.subarray(8, 36)
    const { seen, summary } = readChunks(hugeBlock(6, begin))
    expect(seen.map((one) => one.captured)).toEqual([6, 6])
    expect(Math.max(...seen.map((one) => one.held))).toBeLessThanOrEqual(17 * mebibyte)
    expect(summary).toMatchObject({ packets: 2, damage: null })
  })

  test('the end of a huge block is checked too', () => {
    expect(readChunks(hugeBlock(0x77, payload(0), 12)).summary).toMatchObject({
      packets: 0,
      damage: {
        byte: head.length,
        text: 'a block is 67108864 bytes long as it begins, 12 as it ends',
      },
    })
  })

  test('a file that ends right before the end of a skipped block is cut', () => {
    const block = make.block(0x77, payload(40))
    for (const length of [12, 13, 47, 48, 51]) {
      expect(read(concat(head, block.subarray(0, length))).summary.damage).toEqual({
        byte: head.length,
        text: `the file ends within a block, ${length} bytes after its beginning`,
      })
    }
  })

  test('descriptions without end are no way to fill the memory', () => {
    const many = concat(make.section(), ...Array.from({ length: 70_000 }, () => make.interface()))
    const { interfaces, damage } = read(many).summary
    expect(interfaces).toHaveLength(65_536)
    expect(damage).toEqual({ byte: 28 + 65_536 * 20, text: 'more than 65536 interfaces' })
  })
})

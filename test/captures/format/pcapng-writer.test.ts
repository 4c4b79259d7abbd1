// What is written is read again as it was, by our reader and by tshark.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { CaptureInterface } from '../../../captures/format/packet.ts'
import {
  type CaptureWriterOptions,
  createCaptureWriter,
  type PacketToWrite,
} from '../../../captures/format/pcapng-writer.ts'
import { randomOf } from '../random.ts'
import { blocksIn, concat, layouts, payload, u8, u64, utf8 } from './build.ts'
import { read } from './read.ts'

const start = 1_700_000_000_123_456_789n

const ethernet: CaptureInterface = {
  linkType: 1,
  snapshotLength: 0,
  name: 'eth0 “ü”',
  filter: 'tcp port 8080',
  resolution: { base: 10, exponent: 9 },
  received: 1000,
  droppedByInterface: 3,
  droppedBySystem: 0,
}
const bare: CaptureInterface = {
  linkType: 276,
  snapshotLength: 2048,
  name: null,
  filter: null,
  resolution: { base: 2, exponent: 10 },
  received: null,
  droppedByInterface: null,
  droppedBySystem: null,
}

const packet = (given: Partial<PacketToWrite> = {}): PacketToWrite => ({
  time: 0,
  interface: 0,
  bytes: payload(60),
  start: 0,
  capturedLength: 60,
  originalLength: 60,
  ...given,
})

interface Written {
  readonly packet: PacketToWrite
  readonly comments?: readonly string[]
}

function write(options: CaptureWriterOptions, packets: readonly Written[]): Uint8Array {
  const pieces: Uint8Array[] = []
  const writer = createCaptureWriter((bytes) => pieces.push(bytes), options)
  for (const one of packets) writer.write(one.packet, one.comments)
  writer.end()
  return concat(...pieces)
}

test('packets come back with their times, lengths and interfaces', () => {
  const file = write({ interfaces: [ethernet, bare], start }, [
    { packet: packet() },
    { packet: packet({ time: 40_000_001, bytes: payload(100), start: 40, originalLength: 1514 }) },
    { packet: packet({ time: -5, interface: 1, capturedLength: 3 }), comments: ['a', ''] },
    { packet: packet({ time: 4_294_967_296_000, capturedLength: 0 }) },
  ])
  const { packets, summary } = read(file)
  expect(packets).toMatchObject([
    { number: 1, time: 0, interface: 0, linkType: 1, data: payload(60) },
    { time: 40_000_001, data: payload(60, 40), originalLength: 1514 },
    { time: -5, interface: 1, linkType: 276, data: payload(3), originalLength: 60 },
    { time: 4_294_967_296_000, data: payload(0), originalLength: 60 },
  ])
  expect(summary).toEqual({
    format: 'pcapng',
    packets: 4,
    bytes: file.length,
    truncatedPackets: 3,
    timelessPackets: 0,
    start,
    sections: 1,
    interfaces: [ethernet, { ...bare, resolution: { base: 10, exponent: 9 } }],
    droppedBetweenPackets: 0,
    writtenBy: 'longhaul',
    damage: null,
  })
})

test('the bytes are those of the format', () => {
  const make = blocksIn('little')
  const file = write({ interfaces: [ethernet], start, application: 'test' }, [
    { packet: packet({ capturedLength: 5 }), comments: ['SYN', 'again'] },
    { packet: packet({ time: 1 }) },
  ])
  expect(file).toEqual(
    concat(
      make.section({ options: [{ code: 4, value: utf8('test') }] }),
      make.interface({
        snapshotLength: 0,
        options: [
          { code: 2, value: utf8('eth0 “ü”') },
          { code: 9, value: u8(9) },
          { code: 11, value: utf8('\0tcp port 8080') },
        ],
      }),
      make.enhanced({
        ticks: start,
        bytes: payload(5),
        originalLength: 60,
        options: [
          { code: 1, value: utf8('SYN') },
          { code: 1, value: utf8('again') },
        ],
      }),
      make.enhanced({ ticks: start + 1n, bytes: payload(60) }),
      make.statistics({
        ticks: start + 1n,
        options: [
          { code: 4, value: u64(1000) },
          { code: 5, value: u64(3) },
          { code: 7, value: u64(0) },
        ],
      }),
    ),
  )
})

test('times are exact at every carry of their lower half', () => {
  const random = randomOf(5)
  const times = Array.from({ length: 1000 }, () =>
    Math.floor((random.next() - 0.5) * 2 ** random.integer(54)),
  )
  for (const at of [start, 1n << 60n, (1n << 62n) - 1n]) {
    const file = write(
      { interfaces: [bare], start: at },
      [0, ...times].map((time) => ({ packet: packet({ time, capturedLength: 0 }) })),
    )
    const { packets, summary } = read(file)
    expect(summary.start).toBe(at)
    expect(packets.map((one) => one.time)).toEqual([0, ...times])
  }
})

test('every piece is its own memory', () => {
  const pieces: Uint8Array[] = []
  const writer = createCaptureWriter((bytes) => pieces.push(bytes), { interfaces: [bare], start })
  writer.write(packet())
  writer.write(packet())
  writer.end()
  expect(new Set(pieces.map((piece) => piece.buffer)).size).toBe(pieces.length)
  // Header, interface, two packets; no statistics, since there are none.
  expect(pieces).toHaveLength(4)
})

test('a comment longer than an option can be is cut between characters', () => {
  const long = '“'.repeat(30_000)
  const file = write({ interfaces: [bare], start }, [{ packet: packet(), comments: [long] }])
  expect(read(file)).toMatchObject({ packets: [{ data: payload(60) }], summary: { damage: null } })
  const text = new TextDecoder().decode(file)
  expect(text).toContain('“'.repeat(21_845))
  expect(text).not.toContain('“'.repeat(21_846))
})

test('statistics are those at the end', () => {
  const counted = { ...bare }
  const pieces: Uint8Array[] = []
  const writer = createCaptureWriter((bytes) => pieces.push(bytes), {
    interfaces: [counted],
    start: null,
  })
  counted.received = 7
  writer.end()
  expect(read(concat(...pieces)).summary.interfaces[0]?.received).toBe(7)
})

test.each(layouts)('what was read from $name can be written', ({ build, precision }) => {
  const from = read(
    build({
      packets: [
        { time: start, bytes: payload(60) },
        { time: start + 5n * precision, bytes: payload(9), originalLength: 90 },
      ],
    }),
  )
  const file = write(
    { interfaces: from.summary.interfaces, start: from.summary.start },
    from.packets.map((one) => ({ packet: { ...one, bytes: one.data, start: 0 } })),
  )
  const again = read(file)
  const content = ({ packets }: typeof again) =>
    packets.map(({ fileOffset: _place, ...rest }) => rest)
  expect(content(again)).toEqual(content(from))
  expect(again.summary.start).toBe(from.summary.start)
})

describe('tshark', () => {
  const has = (command: string) => spawnSync(command, ['--version']).status === 0

  function run(command: string, file: Uint8Array, ...args: string[]) {
    const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-'))
    try {
      const name = path.join(folder, 'capture.pcapng')
      writeFileSync(name, file)
      const { status, stdout } = spawnSync(command, [...args, name], {
        encoding: 'utf8',
        env: { ...process.env, XDG_CONFIG_HOME: folder, HOME: folder, LC_ALL: 'C.UTF-8' },
      })
      return { status, stdout }
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  const file = write({ interfaces: [ethernet, bare], start, comment: 'trimmed' }, [
    { packet: packet(), comments: ['initiation: SYN', 'second “ü”'] },
    { packet: packet({ time: 40_000_001, originalLength: 1514 }), comments: [] },
    { packet: packet({ time: 40_000_002, interface: 1, capturedLength: 21 }), comments: ['x'] },
  ])

  test('reads what was written, comments included', (context) => {
    if (!has('tshark')) context.skip('tshark is not installed')
    const fields = ['number', 'time_epoch', 'interface_id', 'interface_name', 'cap_len', 'len']
    const args = [...fields.map((name) => `frame.${name}`), 'frame.comment'].flatMap((name) => [
      '-e',
      name,
    ])
    const { status, stdout } = run('tshark', file, '-T', 'fields', ...args, '-r')
    expect(status).toBe(0)
    expect(stdout.trimEnd().split('\n')).toEqual([
      '1\t1700000000.123456789\t0\teth0 “ü”\t60\t60\tinitiation: SYN,second “ü”',
      '2\t1700000000.163456790\t0\teth0 “ü”\t60\t1514\t',
      '3\t1700000000.163456791\t1\tunknown\t21\t60\tx',
    ])
  })

  test('and capinfos tells what the file says of itself', (context) => {
    if (!has('capinfos')) context.skip('capinfos is not installed')
    const { status, stdout } = run('capinfos', file)
    expect(status).toBe(0)
    expect(stdout).toMatch(/Number of packets: +3\n/)
    expect(stdout).toMatch(/Capture application: +longhaul\n/)
    expect(stdout).toMatch(/Capture comment: +trimmed\n/)
    expect(stdout).toMatch(/Name = eth0 “ü”/)
    expect(stdout).toMatch(/Time precision = nanoseconds/)
    expect(stdout).toMatch(/Number of stat entries = 1/)
  })
})

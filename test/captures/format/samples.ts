// Small files with everything in them that the formats have: where cuts and flipped bits begin.
import {
  blocksIn,
  concat,
  type FileDescription,
  layouts,
  type Order,
  pack,
  payload,
  u8,
  u16,
  u32,
  u64,
  utf8,
} from './build.ts'

const start = 1_700_000_000_123_456_789n

const packets: FileDescription['packets'] = [
  { time: start, bytes: payload(54) },
  { time: start + 40_000_000n, bytes: payload(3) },
  { time: start + 40_000_001n, bytes: payload(64), originalLength: 1514 },
  { time: start - 1n, bytes: payload(0), originalLength: 60 },
]

/** One section: every kind of block, every option that is read. */
export function fullSection(order: Order): Uint8Array {
  const make = blocksIn(order)
  const ticks = start / 1000n
  const comment = { code: 1, value: utf8('a comment') }
  return concat(
    make.section({
      options: [comment, { code: 3, value: utf8('Linux') }, { code: 4, value: utf8('dumpcap') }],
    }),
    make.interface({
      snapshotLength: 64,
      options: [
        { code: 2, value: utf8('eth0') },
        { code: 9, value: u8(6) },
        { code: 11, value: pack(order, u8(0), utf8('tcp')) },
        { code: 14, value: u64(3600) },
      ],
    }),
    make.interface({ linkType: 276, options: [{ code: 9, value: u8(0x80 | 20) }] }),
    make.block(10, pack(order, u32(0x544c534b), u32(8), utf8('CLIENT_R'))),
    make.enhanced({ ticks, bytes: payload(54) }),
    make.simple(payload(64), 1514),
    make.enhanced({
      ticks: ticks << 1n,
      interface: 1,
      bytes: payload(21),
      originalLength: 99,
      options: [comment, { code: 4, value: u64(2) }],
    }),
    make.obsolete({ ticks: ticks + 5n, bytes: payload(17), drops: 1 }),
    make.block(4, pack(order, u16(1), u16(8), u32(0x7f000001), utf8('me\0\0'), u32(0))),
    make.block(0xbad, pack(order, u32(1), payload(8))),
    make.block(0x8000_0001, payload(24)),
    make.statistics({
      interface: 1,
      options: [
        { code: 4, value: u64(100) },
        { code: 5, value: u64(1) },
        { code: 7, value: u64(0) },
      ],
    }),
  )
}

export const samples: readonly Uint8Array[] = [
  ...layouts.map(({ build }) => build({ packets })),
  fullSection('little'),
  fullSection('big'),
  concat(fullSection('big'), fullSection('little')),
]

// Times exact to the nanosecond, whatever units an interface counts in. Expected values are reckoned in whole numbers.
import { describe, expect, test } from 'vitest'
import { createClock, timeOf } from '../../../captures/format/clock.ts'
import { randomOf } from '../random.ts'
import { blocksIn, concat, payload, u8, u64 } from './build.ts'
import { read } from './read.ts'

const resolutions = [
  ...[0, 3, 6, 8, 9, 10, 12, 15, 16, 19, 127].map((exponent) => ({ base: 10 as const, exponent })),
  ...[0, 1, 8, 9, 10, 20, 31, 32, 33, 63, 127].map((exponent) => ({ base: 2 as const, exponent })),
]

/** By definition: whole nanoseconds since 1970. */
function exact({ base, exponent }: (typeof resolutions)[number], ticks: bigint, offset: bigint) {
  return (ticks * 1_000_000_000n) / BigInt(base) ** BigInt(exponent) + offset * 1_000_000_000n
}

describe.each(resolutions)('units of $base^-$exponent s', (resolution) => {
  const perSecond = BigInt(resolution.base) ** BigInt(resolution.exponent)

  test('times are what they are by definition, back and forth over days', () => {
    const random = randomOf(resolution.exponent * 2 + resolution.base)
    const offset = BigInt(random.integer(1000) - 500)
    const epoch = { start: null }
    const clock = createClock(resolution, offset, epoch)
    const most = (1n << 64n) - 1n
    const first =
      perSecond * 1_700_000_000n > most ? most / 3n : perSecond * 1_700_000_000n + 12_345n
    let start: bigint | null = null
    for (let round = 0; round < 300; round++) {
      // Near, a second away, days away.
      const reach = random.pick([1000n, perSecond * 2n, perSecond * 5_000_000n])
      const away = (reach * BigInt(random.integer(2 ** 31))) >> 31n
      const ticks = round === 0 ? first : first + (random.next() < 0.5 ? away : -away)
      if (ticks < 0n || ticks > most) continue
      const time = timeOf(clock, Number(ticks >> 32n), Number(ticks & 0xffffffffn))
      start ??= exact(resolution, ticks, offset)
      expect(BigInt(time)).toBe(exact(resolution, ticks, offset) - start)
    }
    expect(epoch.start).toBe(start)
  })
})

test.each(['little', 'big'] as const)(
  'interfaces with other units and offsets share one beginning: %s-endian',
  (order) => {
    const make = blocksIn(order)
    const options = (resolution: number, seconds?: bigint) => ({
      options: [
        { code: 9, value: u8(resolution) },
        ...(seconds === undefined ? [] : [{ code: 14, value: u64(seconds) }]),
      ],
    })
    const packet = (number: number, ticks: bigint) =>
      make.enhanced({ interface: number, ticks, bytes: payload(4) })
    const file = concat(
      make.section(),
      make.interface(options(9)),
      make.interface(), // 10^-6, since nothing is said
      make.interface(options(12, 1_000_000_000n)),
      make.interface(options(0)),
      make.interface(options(0x80 | 10)),
      make.interface(options(6, -100n)),
      packet(0, 1_700_000_000_000_000_001n),
      packet(1, 1_700_000_000_000_001n),
      packet(2, 700_000_000_000_000_002_999n % (1n << 64n)),
      packet(3, 1_700_000_002n),
      packet(4, 1_700_000_000n * 1024n + 1n),
      packet(5, 1_700_000_100_000_000n),
    )
    const { packets, summary } = read(file)
    expect(summary.start).toBe(1_700_000_000_000_000_001n)
    expect(packets.map((one) => one.time).filter((_time, index) => index !== 2)).toEqual([
      0,
      999,
      1_999_999_999,
      976_561, // ⌊10⁹ / 1024⌋ − 1
      -1,
    ])
  },
)

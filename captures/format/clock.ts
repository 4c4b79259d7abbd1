// The clock of one pcapng interface: 64-bit ticks in two halves -> nanoseconds since the first packet of the file, exact.
import type { Nanoseconds } from '../units.ts'
import type { CaptureInterface } from './packet.ts'

/** The time of the first packet of the file, once it is known: nanoseconds since 1970. */
export interface Epoch {
  start: bigint | null
}

export interface Clock {
  readonly epoch: Epoch
  readonly perSecond: bigint
  /** Nanoseconds, from if_tsoffset. */
  readonly offset: bigint
  /** A tick is `multiplier / divisor` nanoseconds; as numbers both, and `ticksPerSecond`, exact where `reach` isn't 0. */
  readonly multiplier: number
  readonly divisor: number
  readonly ticksPerSecond: number
  /** So many ticks away from the base can be reckoned in plain numbers without an error. */
  readonly reach: number
  /** A moment at a whole second, in ticks and in nanoseconds since the epoch. `NaN`: none yet. */
  baseHigh: number
  baseLow: number
  baseTime: Nanoseconds
}

const nanosecondsPerSecond = 1_000_000_000n
/** 10⁹ is 2⁹ × 5⁹: in units of 2⁻ⁿ s a nanosecond needs just the 5⁹. */
const fifthPowers = 1_953_125

export function createClock(
  { base, exponent }: CaptureInterface['resolution'],
  offsetSeconds: bigint,
  epoch: Epoch,
): Clock {
  const isDecimal = base === 10
  const finer = exponent - 9
  return {
    epoch,
    perSecond: BigInt(base) ** BigInt(exponent),
    offset: offsetSeconds * nanosecondsPerSecond,
    multiplier: (isDecimal ? 1 : fifthPowers) * base ** Math.max(0, -finer),
    divisor: base ** Math.max(0, finer),
    ticksPerSecond: base ** exponent,
    // A remainder of a second times the multiplier must stay below 2⁵³.
    reach: exponent <= (isDecimal ? 15 : 32) ? 2 ** 52 : 0,
    baseHigh: Number.NaN,
    baseLow: Number.NaN,
    baseTime: 0,
  }
}

/** The halves unsigned. The first call of all sets the epoch. */
export function timeOf(clock: Clock, high: number, low: number): Nanoseconds {
  const ticks = (high - clock.baseHigh) * 2 ** 32 + (low - clock.baseLow)
  if (!(Math.abs(ticks) < clock.reach)) return rebase(clock, high, low)
  if (clock.divisor === 1) return clock.baseTime + ticks * clock.multiplier
  const seconds = Math.floor(ticks / clock.ticksPerSecond)
  const rest = ticks - seconds * clock.ticksPerSecond
  return clock.baseTime + seconds * 1e9 + Math.floor((rest * clock.multiplier) / clock.divisor)
}

/** The long way, once for each interface, and where times leap over weeks or are too fine for plain numbers. */
function rebase(clock: Clock, high: number, low: number): Nanoseconds {
  const { perSecond, offset, epoch } = clock
  const ticks = (BigInt(high) << 32n) | BigInt(low)
  const seconds = ticks / perSecond
  const rest = ((ticks - seconds * perSecond) * nanosecondsPerSecond) / perSecond
  const second = seconds * nanosecondsPerSecond + offset
  epoch.start ??= second + rest
  const base = seconds * perSecond
  clock.baseHigh = Number(base >> 32n)
  clock.baseLow = Number(base & 0xffffffffn)
  clock.baseTime = Number(second - epoch.start)
  return Number(second + rest - epoch.start)
}

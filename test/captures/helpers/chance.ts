// Words for what a trace leaves to chance.
import type { Random } from '../random.ts'

export interface Chance {
  /** True that often. */
  of(share: number): boolean
  /** A whole number, both ends included. */
  between(least: number, most: number): number
  /** Of the list, which isn't empty. */
  one<T>(list: readonly T[]): T
  /** A whole number that is small most of the time: the logarithm is even. */
  skewed(least: number, most: number): number
}

export function chanceOf(random: Random): Chance {
  return {
    of: (share) => random.next() < share,
    between: (least, most) => least + random.integer(most - least + 1),
    one: random.pick,
    skewed: (least, most) => Math.floor(least * (most / least) ** random.next()),
  }
}

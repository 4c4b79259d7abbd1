// What our server has to reach: its speed as a multiple of another's, by the size of a PATCH.
import type { ServerName } from './servers.ts'

const bars: Partial<Record<ServerName, readonly (readonly [from: number, bar: number])[]>> = {
  stock: [
    [Infinity, 3],
    [2 ** 23, 4],
    [0, 5],
  ],
  bare: [
    [2 ** 20, 0.85],
    [0, 0.7],
  ],
}

/** `null` where none is set. */
export function barFor(rival: ServerName, chunk: number): number | null {
  return bars[rival]?.find(([from]) => chunk >= from)?.[1] ?? null
}

/** Peak memory with 200 uploads open, in bytes. */
export const maxCrowdBytes = 150e6

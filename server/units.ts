// Sizes and durations as people write them: text in, bytes or seconds out.

const sizeUnits = { '': 1, B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const
const durationUnits = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 } as const

/** Bytes of a size such as `8MiB`, `1.5 GiB` or `65536`; throws a `RangeError` that says what is allowed. */
export function parseSize(text: string): number {
  const bytes = scaled(text, sizeUnits)
  if (bytes === null || !Number.isSafeInteger(Math.round(bytes)) || (bytes > 0 && bytes < 1)) {
    throw new RangeError(
      `"${text}" is no size: write a number and B, KiB, MiB, GiB or TiB, e.g. 8MiB`,
    )
  }
  return Math.round(bytes)
}

/** Seconds of a duration such as `500ms`, `75s` or `7d`; throws a `RangeError` that says what is allowed. */
export function parseDuration(text: string): number {
  const seconds = text.trim() === '0' ? 0 : scaled(text, durationUnits)
  if (seconds === null || !Number.isFinite(seconds)) {
    throw new RangeError(`"${text}" is no duration: write a number and ms, s, m, h or d, e.g. 75s`)
  }
  return seconds
}

/**
 * Whole milliseconds for Node's timers, from seconds: at least one, at most the 24.8 days that they can count; beyond that
 * they would fire at once.
 */
export function timerMs(seconds: number): number {
  return Math.min(2 ** 31 - 1, Math.max(1, Math.round(seconds * 1000)))
}

function scaled(text: string, units: Readonly<Record<string, number>>): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text.trim())
  const factor = match && Object.entries(units).find(([name]) => same(name, match[2] ?? ''))?.[1]
  return match && factor !== undefined && factor !== null ? Number(match[1]) * factor : null
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()

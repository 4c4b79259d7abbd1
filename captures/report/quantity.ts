// Numbers as people read them, always with their unit: bytes, seconds and counts in, text out.
// A no-break space stands inside a quantity, so that no line ends between a number and its unit.

const space = '\u00a0'
const minus = '\u2212'
const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** `147 404`: how many. Frame, port and sequence numbers are names, not amounts: they stay as Wireshark writes them. */
export function amount(number: number): string {
  const digits = String(Math.abs(Math.round(number))).replace(/\B(?=(\d{3})+$)/g, space)
  return number < 0 ? minus + digits : digits
}

/** `1 PATCH`, `20 PATCHes`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${amount(number)}${space}${number === 1 ? one : many}`
}

/** `no`, `1 retransmission`: as a sentence says it. */
export function countOrNo(number: number, one: string, many = `${one}s`): string {
  return number === 0 ? `no ${many}` : count(number, one, many)
}

/** `512 B`, `1.0 MiB`, `312 GiB`. */
export function size(bytes: number): string {
  // 1023.6 KiB would read 1024 KiB: it is 1.0 MiB.
  const power = byteUnits.findIndex((_, index) => bytes / 1024 ** index < 1023.5)
  const unit = power < 0 ? byteUnits.length - 1 : power
  if (unit === 0) return `${Math.round(bytes)}${space}B`
  const value = bytes / 1024 ** unit
  return `${value.toFixed(value < 99.95 ? 1 : 0)}${space}${byteUnits[unit]}`
}

/** `30 µs`, `4.02 ms`, `40.4 ms`, `6.0 s`, `141 s`, `2 h 05 min`: how long. */
export function duration(seconds: number): string {
  if (seconds < 0) return minus + duration(-seconds)
  if (seconds === 0) return `0${space}s`
  if (seconds < 0.9995e-3) return inUnit(seconds * 1e6, 'µs', 0)
  if (seconds < 0.9995) return inUnit(seconds * 1e3, 'ms', 1)
  if (seconds < 99.95) return `${seconds.toFixed(1)}${space}s`
  if (seconds < 600) return `${Math.round(seconds)}${space}s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes}${space}min`
  return `${Math.floor(minutes / 60)}${space}h${space}${String(minutes % 60).padStart(2, '0')}${space}min`
}

function inUnit(value: number, unit: string, decimals: number): string {
  const digits = value < 9.995 ? decimals + 1 : value < 99.95 ? decimals : 0
  return `${value.toFixed(digits)}${space}${unit}`
}

/** `11.900123`: a moment, as Wireshark's Time column shows it (seconds since the first packet). */
export function moment(seconds: number): string {
  return seconds.toFixed(6)
}

/** `+39`, `−3`, `0`: a difference. */
export function signed(value: number, format: (value: number) => string = amount): string {
  return value > 0 ? `+${format(value)}` : value < 0 ? minus + format(-value) : format(0)
}

/** `2026-11-25 15:40:01.123 UTC`, from ISO 8601. */
export function dateAndTime(iso: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,3})?/.exec(iso)
  return match ? [match[1], `${match[2]}${match[3] ?? ''}`, 'UTC'].join(space) : iso
}

/** `a, b and c`: a list as a sentence says it. */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join('')
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
}

/** The greatest of any number of values, which a call with all of them as arguments would not take. */
export function greatest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
}

/** The middle one; of an even number the mean of the two in the middle. Not a number of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

// Numbers and names as a terminal shows them: bytes, seconds and untrusted text in, short safe text out.

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** `65 B`, `8.0 MiB`, `312 GiB`: bytes with three digits. */
export function formatBytes(bytes: number): string {
  return `${figure(bytes, powerOf(bytes))} ${units[powerOf(bytes)]}`
}

/** `3.1 of 8.0 GiB`: both in the unit of the whole. */
export function formatShare(part: number, whole: number): string {
  return `${figure(part, powerOf(whole))} of ${formatBytes(whole)}`
}

/** `0.4 s`, `52 s`, `3 min 20 s`, `2 h 5 min`: seconds for a person. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?'
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return pair(Math.floor(whole / 60), 'min', whole % 60, 's')
  if (whole < 86_400)
    return pair(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min')
  return pair(Math.floor(whole / 86_400), 'd', Math.floor((whole % 86_400) / 3600), 'h')
}

/** `1 PATCH`, `25 PATCHes`. */
export function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}

/** Text from a file name or a server without what would move the cursor or colour the terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD')
}

/** One argument for a POSIX shell. */
export function shellQuote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`
}

const powerOf = (bytes: number) =>
  bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))

function figure(bytes: number, power: number): string {
  const value = bytes / 1024 ** power
  return power === 0 ? String(Math.round(value)) : value.toFixed(value < 100 ? 1 : 0)
}

const pair = (large: number, largeUnit: string, small: number, smallUnit: string) =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`

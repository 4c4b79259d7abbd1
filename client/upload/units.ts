// Numbers as people read them, always with their unit. Pure; times are in the reader's zone.

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** Which unit suits `count` bytes: index into B, KiB, MiB, GiB, TiB. */
function unitOf(count: number): number {
  let unit = 0
  while (unit < byteUnits.length - 1 && count >= 1000 * 1024 ** unit) unit += 1
  return unit
}

function inUnit(count: number, unit: number): string {
  const value = count / 1024 ** unit
  if (unit === 0) return String(count)
  // Rounded down: "8.0 of 8.0 GiB safe" may only be said of the whole file.
  return value < 100 ? (Math.floor(value * 10) / 10).toFixed(1) : String(Math.floor(value))
}

/** 3355443 → "3.2 MiB". */
export function bytes(count: number): string {
  const unit = unitOf(count)
  return `${inUnit(count, unit)} ${byteUnits[unit]}`
}

/** "3.1 of 8.0 GiB": both in the unit of the second. */
export function bytesOf(count: number, total: number): string {
  const unit = unitOf(total)
  return `${inUnit(count, unit)} of ${inUnit(total, unit)} ${byteUnits[unit]}`
}

/** Bytes a second → "94 MiB/s". */
export function rate(bytesPerSecond: number): string {
  return `${bytes(Math.round(bytesPerSecond))}/s`
}

/** Seconds → "52 s", "3 min 20 s", "2 h 5 min", "3 days 4 h". */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return `${s} s`
  if (s < 3600)
    return s % 60 && s < 600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.round(s / 60)} min`
  if (s < 86400) {
    const min = Math.floor((s % 3600) / 60)
    return min ? `${Math.floor(s / 3600)} h ${min} min` : `${Math.floor(s / 3600)} h`
  }
  const hours = Math.floor((s % 86400) / 3600)
  const days = plural(Math.floor(s / 86400), 'day')
  return hours ? `${days} ${hours} h` : days
}

/** A past moment → "just now", "3 h ago", "yesterday …". Times in ms since the epoch. */
export function ago(then: number, now: number): string {
  const seconds = (now - then) / 1000
  if (seconds < 10) return 'just now'
  if (seconds < 86400) return `${coarse(seconds)} ago`
  return dayAndTime(then, now)
}

function coarse(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  return `${Math.floor(seconds / 3600)} h`
}

/** "today 10:12", "tomorrow 9:00", "Sunday 14:00", "3 Jan 2026, 14:00". Times in ms since the epoch. */
export function dayAndTime(when: number, now: number): string {
  const date = new Date(when)
  const time = date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
  const days = Math.round((startOfDay(when) - startOfDay(now)) / 86_400_000)
  if (days === 0) return `today ${time}`
  if (days === 1) return `tomorrow ${time}`
  if (days === -1) return `yesterday ${time}`
  if (days > 0 && days < 7) return `${date.toLocaleDateString([], { weekday: 'long' })} ${time}`
  const day = date.toLocaleDateString([], { day: 'numeric', month: 'short', year: 'numeric' })
  return `${day}, ${time}`
}

function startOfDay(when: number): number {
  return new Date(when).setHours(0, 0, 0, 0)
}

/** The exact moment, for a tooltip. */
export function exactly(when: number): string {
  return new Date(when).toLocaleString([], { dateStyle: 'full', timeStyle: 'medium' })
}

/** 1 → "1 chunk", 392 → "392 chunks". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}

// How an upload's progress is told on standard error: a bar on a terminal, a line every few seconds elsewhere, or not at all.
import { formatBytes, formatSeconds, formatShare, printable } from './format.ts'

/** Where an upload stands. Bytes. */
export interface Standing {
  readonly name: string
  /** null: not known before the end. */
  readonly size: number | null
  /** What the server has confirmed. */
  readonly safe: number
  /** What left this machine, confirmed or not. */
  readonly sent: number
  /** Bytes per second over the last seconds; null before there is a figure. */
  readonly rate: number | null
}

export interface Progress {
  show(standing: Standing): void
  /** A line that stays. */
  say(line: string): void
  /** Takes the bar away. */
  end(): void
}

/** The part of a stream that progress needs. */
export interface Terminal {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** A line every so many milliseconds where no bar can be drawn; the bar itself ten times a second. */
const linePeriod = 5000
const barPeriod = 100

/** `unicode` false: the bar is drawn with ASCII. `now`: milliseconds, monotonic. */
export function createProgress(
  terminal: Terminal,
  { quiet, unicode, now }: { quiet: boolean; unicode: boolean; now: () => number },
): Progress {
  if (quiet) return { show() {}, say() {}, end() {} }
  return terminal.isTTY ? barProgress(terminal, unicode, now) : lineProgress(terminal, now)
}

function barProgress(terminal: Terminal, unicode: boolean, now: () => number): Progress {
  const erase = '\r\u001b[K'
  let shown = ''
  let last = Number.NEGATIVE_INFINITY
  return {
    show(standing) {
      if (now() - last < barPeriod && standing.safe !== standing.size) return
      last = now()
      shown = drawBar(standing, (terminal.columns ?? 80) - 1, unicode)
      terminal.write(erase + shown)
    },
    say(line) {
      terminal.write(`${shown === '' ? '' : erase}${line}\n${shown}`)
    },
    end() {
      if (shown !== '') terminal.write(erase)
      shown = ''
    },
  }
}

function lineProgress(terminal: Terminal, now: () => number): Progress {
  let last = now()
  return {
    show(standing) {
      if (now() - last < linePeriod) return
      last = now()
      terminal.write(`${describe(standing)}\n`)
    },
    say: (line) => terminal.write(`${line}\n`),
    end() {},
  }
}

/** `holiday.mp4  3.1 of 8.0 GiB safe · 3.2 GiB sent · 94.0 MiB/s · 52 s left` */
export function describe(standing: Standing): string {
  return `${printable(standing.name)}  ${figures(standing)}`
}

function figures({ size, safe, sent, rate }: Standing): string {
  const left = size !== null && rate !== null && rate > 0 ? (size - sent) / rate : null
  return [
    `${size === null ? formatBytes(safe) : formatShare(safe, size)} safe`,
    `${formatBytes(sent)} sent`,
    ...(rate === null ? [] : [`${formatBytes(rate)}/s`]),
    ...(left === null ? [] : [`${formatSeconds(left)} left`]),
  ].join(' · ')
}

const shades = {
  unicode: { safe: '█', sent: '▒', rest: '░', cut: '…' },
  ascii: { safe: '#', sent: '+', rest: '.', cut: '~' },
} as const

/** One line of at most `width` columns: what is safe, then what is on its way, then the rest. */
export function drawBar(standing: Standing, width: number, unicode: boolean): string {
  const shade = unicode ? shades.unicode : shades.ascii
  const text = unicode ? figures(standing) : figures(standing).replaceAll('·', '-')
  const name = shorten(
    printable(standing.name),
    Math.max(8, Math.min(32, width - text.length - 14)),
    shade.cut,
  )
  const room = Math.min(40, width - name.length - text.length - 4)
  if (room < 8 || standing.size === null) return shorten(`${name}  ${text}`, width, shade.cut)
  const cells = (bytes: number) =>
    standing.size === 0 ? room : Math.floor((bytes / (standing.size ?? 1)) * room)
  const safe = Math.min(room, cells(standing.safe))
  const sent = Math.max(safe, Math.min(room, cells(standing.sent)))
  const bar =
    shade.safe.repeat(safe) + shade.sent.repeat(sent - safe) + shade.rest.repeat(room - sent)
  return `${name}  ${bar}  ${text}`
}

function shorten(text: string, width: number, cut: string): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}${cut}`
}

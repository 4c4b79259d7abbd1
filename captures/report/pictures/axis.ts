// Where times stand on a picture's width, and what is written under them.
import type { ConnectionAnalysis } from '../../analysis.ts'
import { isPatch } from '../../rules/patch.ts'
import { line, type Mark, text } from './picture.ts'

export interface Axis {
  /** Drawing units from the left end; may lie outside. */
  at(time: number): number
  readonly width: number
  readonly ticks: readonly { readonly at: number; readonly label: string }[]
}

export interface Span {
  readonly from: number
  readonly to: number
}

/** Seconds, told from `zero` on. */
export function timeAxis({ from, to }: Span, width: number, zero = 0): Axis {
  const span = Math.max(to - from, 1e-9)
  const at = (time: number) => ((time - from) / span) * width
  const step = niceStep(span, width)
  const ticks: { at: number; label: string }[] = []
  for (let n = Math.ceil((from - zero) / step - 1e-9); n * step <= to - zero + 1e-9; n++) {
    ticks.push({ at: at(n * step + zero), label: told(n * step, step) })
  }
  return { at, width, ticks }
}

/** 1, 2 or 5 times a power of ten, wide enough for its label. */
function niceStep(span: number, width: number): number {
  const least = (span / width) * 74
  const power = 10 ** Math.floor(Math.log10(least))
  return power * (least <= power ? 1 : least <= 2 * power ? 2 : least <= 5 * power ? 5 : 10)
}

function told(seconds: number, step: number): string {
  const space = '\u00a0'
  const [unit, factor] = step < 1e-3 ? ['µs', 1e6] : step < 0.1 ? ['ms', 1e3] : ['s', 1]
  const decimals = Math.max(0, -Math.floor(Math.log10(step * Number(factor)) + 1e-9))
  const value = (seconds * Number(factor)).toFixed(decimals)
  return `${Number(value) === 0 ? '0' : value}${space}${unit}`
}

/** Every PATCH as wide as any other, in the order of their beginning; `most` of them fill the width. */
export function patchAxis(
  connections: readonly ConnectionAnalysis[],
  width: number,
  most: number,
): Axis {
  const spans = connections
    .flatMap(({ exchanges }) => exchanges.filter(isPatch))
    .flatMap(({ start, end }) => (start === null ? [] : [{ from: start, to: end ?? start }]))
    .sort((a, b) => a.from - b.from)
  const slot = width / Math.max(1, most)
  const step = Math.max(1, niceStep(most, width))
  const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, n) => ({
    at: n * step * slot,
    label: `${n * step}`,
  }))
  return {
    width,
    ticks,
    at(time) {
      let low = 0
      let high = spans.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if ((spans[middle]?.from ?? 0) <= time) low = middle + 1
        else high = middle
      }
      const current = spans[low - 1]
      if (current === undefined) return 0
      const length = current.to - current.from
      const share = length > 0 ? Math.min(1, (time - current.from) / length) : 1
      return (low - 1 + share) * slot
    },
  }
}

/** Lines through the picture, and the labels below it. */
export function axisMarks(axis: Axis, left: number, top: number, bottom: number): Mark[] {
  const { ticks, width } = axis
  return [
    ...ticks.map(({ at }) => line([left + at, top, left + at, bottom], 'line')),
    ...ticks.map(({ at, label }) =>
      text(left + at, bottom + 14, label, 'soft', {
        isSmall: true,
        anchor: at < 14 ? 'start' : at > width - 20 ? 'end' : 'middle',
      }),
    ),
  ]
}

// P5: from A's total time to B's, cause by cause. Comparison in, picture out.
import { causes } from '../budget/causes.ts'
import type { Comparison } from '../comparison.ts'
import { signed } from '../quantity.ts'
import { type Rounded, rounded } from '../rounded.ts'
import { fitted, line, type Mark, type Picture, part, rect, type Tone, text } from './picture.ts'

export interface Step {
  readonly label: string
  readonly figure: string
  readonly from: number
  readonly to: number
  readonly tone: Tone
}

/** A, each cause that differs, B; the unexplained always among them. Empty where nothing was compared. */
export function stepsOf({ names, difference }: Comparison): readonly Step[] {
  if (difference === null) return []
  const told = rounded(difference)
  const { total, format } = told
  return [
    { label: names.a, figure: format(total.a), from: 0, to: total.a, tone: 'text' },
    ...changes(told),
    { label: names.b, figure: format(total.b), from: 0, to: total.b, tone: 'text' },
  ]
}

function changes({ terms, total, format }: Rounded): Step[] {
  let at = total.a
  return terms
    .filter(({ cause, difference }) => difference !== 0 || cause === 'unexplained')
    .map(({ cause, difference }) => {
      const from = at
      at += difference
      return {
        label: causes[cause].label,
        figure: signed(difference, format),
        from,
        to: at,
        tone: difference > 0 ? 'warning' : 'gain',
      }
    })
}

const rowHeight = 26
const narrowRow = 38

export function waterfallPicture(comparison: Comparison, width: number): Picture {
  const steps = stepsOf(comparison)
  const isNarrow = width < 560
  const height = isNarrow ? narrowRow : rowHeight
  const left = isNarrow ? 4 : 230
  const right = 84
  const highest = Math.max(1, ...steps.map(({ from, to }) => Math.max(from, to)))
  const x = (value: number) => left + (value / highest) * (width - left - right)
  return {
    title: 'From A to B',
    description: comparison.verdict,
    width,
    height: steps.length * height + 6,
    marks: steps.flatMap((step, index) => {
      const next = steps[index + 1]
      const top = index * height
      const bar = isNarrow ? top + 17 : top + 5
      const [low, high] = [Math.min(step.from, step.to), Math.max(step.from, step.to)]
      const marks: Mark[] = [
        isNarrow
          ? text(0, top + 12, fitted(step.label, width), 'text', { isSmall: true })
          : text(left - 12, top + 17, fitted(step.label, left - 16), 'text', { anchor: 'end' }),
        rect([x(low), bar, Math.max(2, x(high) - x(low)), 16], step.tone),
        text(x(high) + 8, bar + 12, step.figure, 'text', { isStrong: step.tone === 'text' }),
        // To where the next one begins.
        ...(next === undefined || isNarrow
          ? []
          : [line([x(step.to), bar + 16, x(step.to), bar + height], 'soft', { isDashed: true })]),
      ]
      return [part(`${step.label}: ${step.figure}`, null, marks)]
    }),
  }
}

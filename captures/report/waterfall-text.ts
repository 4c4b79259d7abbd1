// From A's total to B's, cause by cause, as bars. Comparison in, lines out.
import { causes } from './budget/causes.ts'
import type { Comparison } from './comparison.ts'
import { pad, shorten } from './layout.ts'
import { titled } from './paragraphs.ts'
import type { Part, Sentence } from './prose.ts'
import { tone } from './prose.ts'
import { signed } from './quantity.ts'
import { type Rounded, rounded } from './rounded.ts'

const labelColumns = 30
const maxBar = 80

/** `▓` adds to the time, `░` takes from it. Nothing where nothing was compared. */
export function waterfall({ names, difference }: Comparison, width: number): Sentence[] {
  if (difference === null) return []
  const told = rounded(difference)
  const steps = stepsOf(told)
  const highest = Math.max(
    told.total.a,
    told.total.b,
    ...steps.map(({ from, to }) => Math.max(from, to)),
  )
  if (highest <= 0) return []
  const figures =
    Math.max(...[told.total.a, told.total.b].map((total) => told.format(total).length)) + 1
  const bar = Math.min(maxBar, width - labelColumns - figures - 6)
  const column = (at: number) => Math.round((at / highest) * bar)
  const line = (label: string, figure: string, indent: number, mark: Part): Sentence => [
    '  ',
    ...pad([shorten(label, labelColumns)], labelColumns, 'left'),
    '  ',
    ...pad([figure], figures, 'right'),
    '  ',
    ' '.repeat(indent),
    mark,
  ]
  const whole = (name: string, total: number) =>
    line(name, told.format(total), 0, '█'.repeat(column(total)))
  return titled('From A to B', [
    whole(names.a, told.total.a),
    ...steps.map(({ label, from, to }) => {
      const [left, high] = [column(Math.min(from, to)), column(Math.max(from, to))]
      const length = Math.max(1, high - left)
      const low = Math.min(left, bar - length)
      const mark =
        to > from ? tone('warning', '▓'.repeat(length)) : tone('strong', '░'.repeat(length))
      return line(label, signed(to - from, told.format), low, from === to ? '▏' : mark)
    }),
    whole(names.b, told.total.b),
  ])
}

interface Step {
  readonly label: string
  readonly from: number
  readonly to: number
}

/** What changes, the unexplained always among it. */
function stepsOf({ terms, total }: Rounded): Step[] {
  let at = total.a
  return terms
    .filter(({ cause, difference }) => difference !== 0 || cause === 'unexplained')
    .map(({ cause, difference }) => {
      const from = at
      at += difference
      return { label: causes[cause].label, from, to: at }
    })
}

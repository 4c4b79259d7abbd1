// `longhaul compare` for a terminal: the verdict, the figures, and the time accounted for. Comparison in, text out.
import { causes } from './budget/causes.ts'
import type { Comparison, FigureRow, SpreadRow } from './comparison.ts'
import { type Row, table, wrap } from './layout.ts'
import { points, spaced, titled } from './paragraphs.ts'
import type { Sentence } from './prose.ts'
import { say, tone } from './prose.ts'
import { amount, duration, signed, size } from './quantity.ts'
import { rounded, roundedBudget } from './rounded.ts'
import { comparisonVerdict } from './sentences/comparison.ts'
import { paint, type TextStyle } from './style.ts'
import { waterfall } from './waterfall-text.ts'

const minWidth = 60
/** Longer names are told once, above. */
const maxHeading = 16

/** Text of `width` columns (at least 60) that ends with a line break. */
export function compareText(comparison: Comparison, style: TextStyle): string {
  const width = Math.max(minWidth, Math.floor(style.width))
  const lines = spaced(
    verdictLines(comparison, width),
    remarks(comparison, width),
    figureTable(comparison, width),
    spreadTable(comparison, width),
    timeTable(comparison, width),
    waterfall(comparison, width),
  )
  return `${lines.map((line) => paint(line, style.colour)).join('\n')}\n`
}

function verdictLines(comparison: Comparison, width: number): Sentence[] {
  const strong = comparisonVerdict(comparison).map((part) =>
    typeof part === 'string' ? tone('strong', part) : part,
  )
  return wrap(strong, width)
}

function remarks({ names, comparability, limits }: Comparison, width: number): Sentence[] {
  const kind = {
    'same-work': 'Both captures show the same work.',
    normalised: 'The work differs; B is scaled to A.',
    refused: 'The times are not held against each other.',
  }[comparability.kind]
  // The verdict of a refusal has told the reasons.
  const reasons = comparability.kind === 'refused' ? [] : comparability.reasons
  return [
    ...wrap([tone('strong', names.a)], width, 'A  '),
    ...wrap([tone('strong', names.b)], width, 'B  '),
    ...points(
      [
        say`${kind}`,
        ...reasons.map((reason) => say`${reason}.`),
        ...limits.map((limit) => say`${tone('warning', limit)}`),
      ],
      width,
    ),
  ]
}

interface Headings {
  readonly a: string
  readonly b: string
}

const headings = ({ names }: Comparison): Headings =>
  Math.max(names.a.length, names.b.length) > maxHeading ? { a: 'A', b: 'B' } : names

function figureTable(comparison: Comparison, width: number): Sentence[] {
  const rows = comparison.figures.map(
    (row): Row => [
      [row.label],
      [told(row, row.a)],
      [told(row, row.b)],
      [row.difference === null ? '–' : difference(row, row.difference)],
    ],
  )
  return titled(
    'Figures of the upload',
    table(columns('', headings(comparison)), rows, width, '  '),
  )
}

const columns = (first: string, { a, b }: Headings) =>
  [
    { heading: first, align: 'left' },
    { heading: a, align: 'right' },
    { heading: b, align: 'right' },
    { heading: 'difference', align: 'right' },
  ] as const

/** Both columns and their difference in one unit of time. */
export function told({ unit, a, b }: FigureRow, value: number | null): string {
  if (value === null) return '–'
  switch (unit) {
    case 'count':
      return Number.isInteger(value) ? amount(value) : value.toFixed(1)
    case 'bytes':
      return size(value)
    case 'seconds':
      return Math.max(a ?? 0, b ?? 0) < 0.9995 ? duration(value) : `${value.toFixed(2)}\u00a0s`
    case 'bytes per second':
      return `${size(value)}/s`
  }
}

const difference = (row: FigureRow, value: number) =>
  signed(value, (positive) => told(row, positive))

/** What differed between the runs of a side: the least and the most of each figure. */
function spreadTable({ runs, figures }: Comparison, width: number): Sentence[] {
  if (runs === null) return []
  const rows = figures.flatMap((figure): Row[] => {
    const [a, b] = [runs.a, runs.b].map((side) =>
      side.figures.find(({ name }) => name === figure.name),
    )
    const cells = [spread(figure, a), spread(figure, b)]
    return cells.some((text) => text.includes(to))
      ? [[[figure.label], ...cells.map((text) => [text])]]
      : []
  })
  const told = `Spread of the runs, ${runs.a.captures.length} of A and ${runs.b.captures.length} of B`
  return titled(told, table(columns('', { a: 'A', b: 'B' }).slice(0, 3), rows, width, '  '))
}

const to = ' – '

function spread(figure: FigureRow, row: SpreadRow | undefined): string {
  if (row === undefined || row.least === null || row.most === null) return '–'
  const [least, most] = [told(figure, row.least), told(figure, row.most)]
  return least === most ? least : `${least}${to}${most}`
}

/** Where the time went; with differences only where they mean something. */
function timeTable(comparison: Comparison, width: number): Sentence[] {
  return comparison.difference === null
    ? twoBudgets(comparison, width)
    : accounted(comparison, width)
}

function accounted(comparison: Comparison, width: number): Sentence[] {
  if (comparison.difference === null) return []
  const { terms, total, format } = rounded(comparison.difference)
  const rows = terms
    .filter(({ cause, a, b }) => a !== 0 || b !== 0 || cause === 'unexplained')
    .map(
      ({ cause, a, b, difference: change }): Row => [
        [causes[cause].label],
        [format(a)],
        [format(b)],
        [signed(change, format)],
      ],
    )
  const sum: Row = [
    [tone('strong', 'total')],
    [format(total.a)],
    [format(total.b)],
    [tone('strong', signed(total.difference, format))],
  ]
  const title =
    comparison.comparability.kind === 'normalised'
      ? 'Where the time went, B scaled to A'
      : 'Where the time went'
  return [
    ...titled(title, table(columns('', headings(comparison)), [...rows, sum], width, '  ')),
    ...points(paceNote(comparison), width),
  ]
}

/** What "sending" is measured by. */
export function paceNote({ paces: { a, b } }: Comparison): Sentence[] {
  if (a === null || b === null) return []
  const pace = a === b ? `${size(a)}/s` : `${size(a)}/s in A, ${size(b)}/s in B`
  return [
    say`Sending is priced at the best pace that the PATCHes show (${pace}). What one took beyond that, it waited for its window to grow.`,
  ]
}

/** Side by side, without a difference. */
function twoBudgets(comparison: Comparison, width: number): Sentence[] {
  const { a, b } = comparison.budgets
  const [left, right] = [a === null ? [] : roundedBudget(a), b === null ? [] : roundedBudget(b)]
  const names = (left.length > 0 ? left : right).map(({ cause }) => cause)
  const rows = names.map(
    (cause, index): Row => [
      [causes[cause].label],
      [left[index]?.told ?? '–'],
      [right[index]?.told ?? '–'],
    ],
  )
  return titled(
    'Where the time went',
    rows.length === 0
      ? []
      : table(columns('', headings(comparison)).slice(0, 3), rows, width, '  '),
  )
}

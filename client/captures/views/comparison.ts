// Two captures held against each other: the verdict first, then where the time between them went.
import { causes } from '../../../captures/report/budget/causes.ts'
import { compare } from '../../../captures/report/compare.ts'
import { told } from '../../../captures/report/compare-text.ts'
import type { Comparison } from '../../../captures/report/comparison.ts'
import { stepsOf, waterfallPicture } from '../../../captures/report/pictures/waterfall.ts'
import { signed } from '../../../captures/report/quantity.ts'
import { rounded, roundedBudget } from '../../../captures/report/rounded.ts'
import { comparisonVerdict } from '../../../captures/report/sentences/comparison.ts'
import { h } from '../../upload/dom.ts'
import type { Capture } from '../capture.ts'
import { showPicture } from '../picture-box.ts'
import { isComparing, type PageState } from '../state.ts'
import { alternative, type TableColumn, table } from '../table.ts'
import { paragraph } from '../words.ts'

const kinds: Readonly<Record<Comparison['comparability']['kind'], string>> = {
  'same-work': 'the same work',
  normalised: 'B scaled to A',
  refused: 'not compared',
}

export function comparisonView(section: HTMLElement): (state: PageState, width: number) => void {
  const box = h('div')
  section.append(box)
  let shown: readonly (Capture | null)[] = []
  let shownWidth = 0
  return (state, width) => {
    section.hidden = !isComparing(state)
    const comparison = comparisonOf(state)
    if (comparison === null) {
      shown = []
      return
    }
    const now = [state.captures.a, state.captures.b]
    if (width === shownWidth && now.every((one, index) => one === shown[index])) return
    shown = now
    shownWidth = width
    box.replaceChildren(...content(comparison, width))
  }
}

/** `null` unless two captures are open. */
export function comparisonOf({ captures: { a, b } }: PageState): Comparison | null {
  return a === null || b === null ? null : compare(a.analysis, b.analysis, { a: a.name, b: b.name })
}

function content(comparison: Comparison, width: number): HTMLElement[] {
  const { names, comparability, limits, difference } = comparison
  // The verdict of a refusal has told the reasons.
  const reasons = comparability.kind === 'refused' ? [] : comparability.reasons
  return [
    paragraph(comparisonVerdict(comparison), 'verdict'),
    h(
      'dl',
      { class: 'facts-list' },
      h('dt', {}, 'A'),
      h('dd', {}, names.a),
      h('dt', {}, 'B'),
      h('dd', {}, names.b),
      h('dt', {}, 'Work'),
      h('dd', {}, kinds[comparability.kind]),
      ...reasons.map((reason) => h('dd', {}, `${reason}.`)),
      ...(limits.length > 0 ? [h('dt', {}, 'Limits')] : []),
      ...limits.map((limit) => h('dd', {}, h('span', { class: 'tone-warning' }, limit))),
    ),
    h(
      'div',
      { class: 'pair account' },
      h(
        'div',
        { class: 'column' },
        h('h3', {}, difference === null ? 'Where the time went' : 'From A to B'),
        ...(difference === null
          ? [timeTable(comparison)]
          : [
              waterfall(comparison, isWide() ? (width - 20) * waterfallShare : width),
              alternative('As a table', () => timeTable(comparison)),
            ]),
      ),
      h('div', { class: 'column' }, h('h3', {}, 'Figures of the upload'), figureTable(comparison)),
    ),
  ]
}

/** As in the style: beside the figures where there is room. */
const isWide = () => innerWidth >= 1100
const waterfallShare = 0.6

function waterfall(comparison: Comparison, width: number): HTMLElement {
  const box = h('div', { class: 'picture-box' })
  if (stepsOf(comparison).length > 0)
    showPicture(box, waterfallPicture(comparison, Math.floor(Math.min(width, 980))), 'waterfall')
  return box
}

const columnsOf = (first: string): TableColumn[] => [
  { heading: first },
  { heading: 'A', isNumber: true },
  { heading: 'B', isNumber: true },
  { heading: 'difference', isNumber: true },
]

function timeTable({ difference, budgets }: Comparison): HTMLElement {
  if (difference === null) {
    const [left, right] = [budgets.a, budgets.b].map((budget) =>
      budget === null ? [] : roundedBudget(budget),
    )
    const names = (left?.length ? left : (right ?? [])).map(({ cause }) => cause)
    return table(
      'Where the time went',
      columnsOf('').slice(0, 3),
      names.map((cause, index) => [
        causes[cause].label,
        left?.[index]?.told ?? '–',
        right?.[index]?.told ?? '–',
      ]),
    )
  }
  const { terms, total, format } = rounded(difference)
  return table('Where the time went', columnsOf('cause'), [
    ...terms
      .filter(({ cause, a, b }) => a !== 0 || b !== 0 || cause === 'unexplained')
      .map((term) => [
        causes[term.cause].label,
        format(term.a),
        format(term.b),
        signed(term.difference, format),
      ]),
    ['total', format(total.a), format(total.b), signed(total.difference, format)],
  ])
}

function figureTable({ figures }: Comparison): HTMLElement {
  return table(
    'Figures of the upload',
    columnsOf('figure'),
    figures.map((row) => [
      row.label,
      told(row, row.a),
      told(row, row.b),
      row.difference === null ? '–' : signed(row.difference, (positive) => told(row, positive)),
    ]),
  )
}

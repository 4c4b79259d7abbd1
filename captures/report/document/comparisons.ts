// Pairs of recordings held against each other: a table of pairs, a section for each of which both exist. Recordings in, blocks out.
import { causes } from '../budget/causes.ts'
import { workOf } from '../budget/work.ts'
import { compare } from '../compare.ts'
import { paceNote, told as tell } from '../compare-text.ts'
import type { Comparison } from '../comparison.ts'
import { figureRows, figures } from '../figures.ts'
import { waterfallPicture } from '../pictures/waterfall.ts'
import { type Sentence, say, tone } from '../prose.ts'
import { signed } from '../quantity.ts'
import { rounded } from '../rounded.ts'
import { comparisonVerdict } from '../sentences/comparison.ts'
import { type Block, folded, heading, list, paragraph, prose, table } from './block.ts'
import { find, type Recording } from './recording.ts'

interface Pair {
  readonly a: string
  readonly b: string
  readonly title: string
  /** What is to be learnt, before the figures. */
  readonly question: string
}

const pairs: readonly Pair[] = [
  {
    a: 'keep-alive',
    b: 'connection-close',
    title: 'Kept alive, or closed after each request',
    question: `The same file, the same PATCHes, the same line. The only difference is \`Connection: close\`: after each answer the
      connection is closed, and the next request opens one of its own. Each new one costs a round trip for its handshake; and then it knows nothing
      of the line and begins with ten segments again (slow start), which for a chunk of this size costs several times as much.`,
  },
  {
    a: 'chunk-1m',
    b: 'keep-alive',
    title: 'PATCHes of 1 MiB, or of 256 KiB',
    question: `Both on one kept connection. Each PATCH ends with a wait for its answer, at least one round trip in which nothing of the file moves: four times
      as many PATCHes are four times as many such waits.`,
  },
  {
    a: 'keep-alive',
    b: 'chunk-64k',
    title: 'PATCHes of 256 KiB, or of 64 KiB',
    question: `The step further down. A chunk that is smaller than what the line holds in flight (rate times round trip) is sent in no time, and then
      the line is empty until the answer comes.`,
  },
  {
    a: 'whole-file',
    b: 'keep-alive',
    title: 'The whole file in one PATCH, or in chunks',
    question: `One PATCH waits for one answer only. What chunks cost against that is the price of what they give: after a break only the last chunk is in doubt,
      proxies with a limit on bodies let it pass, and the server can say how far it is.`,
  },
  {
    a: 'keep-alive',
    b: 'lossy-kept',
    title: 'A clean line, or one that loses a segment now and then',
    question: `Both kept alive. What does loss cost? Not the lost segments themselves, which are few: it is the congestion window, halved after each loss, that
      stays small on this connection for long.`,
  },
  {
    a: 'lossy-kept',
    b: 'lossy-closed',
    title: 'On a line that loses segments: kept, or closed',
    question: `Here keeping the connection may lose: it keeps its halved congestion window too, while each new connection begins afresh. The figures
      say which way it falls on this line.`,
  },
  {
    a: 'slow-start-after-idle-off',
    b: 'slow-start-after-idle-on',
    title: 'After a pause: the window kept, or slow start again',
    question: `By default Linux forgets the congestion window of a connection that was silent for longer than its retransmission timer
      (\`net.ipv4.tcp_slow_start_after_idle\`). The connection is kept, the handshake is saved, but the first PATCH after the pause begins with ten
      segments again.`,
  },
  {
    a: 'pause-resume-short',
    b: 'pause-resume-long',
    title: 'A pause that the connection outlives, or not',
    question: `The upload pauses. If the server still waits when it goes on, the connection is used again; if not, a new one has to be opened, and the
      client first asks how far the upload is.`,
  },
]

export function comparisonsOf(recordings: readonly Recording[]): Block[] {
  return [
    ...seriesOf(recordings),
    ...pairs.flatMap((pair) => {
      const [a, b] = [find(recordings, pair.a), find(recordings, pair.b)]
      return a === undefined || b === undefined ? [] : section(pair, a, b)
    }),
  ]
}

/** The same file on the same line, in larger and smaller pieces, and at last closed after each. */
const series = ['whole-file', 'chunk-1m', 'keep-alive', 'chunk-64k', 'connection-close'] as const
const seriesFigures = ['patches', 'chunk', 'handshakes', 'packets', 'total', 'throughput'] as const

function seriesOf(recordings: readonly Recording[]): Block[] {
  const shown = series.flatMap((name) => find(recordings, name) ?? [])
  if (shown.length < 3) return []
  const rows = shown.map(({ name, analysis }): Sentence[] => {
    const told = figureRows(workOf(analysis), null)
    return [
      [tone('strong', name)],
      ...seriesFigures.map((figure): Sentence => {
        const row = told.find((one) => one.name === figure)
        return row === undefined ? [] : [tell(row, row.a)]
      }),
    ]
  })
  return [
    prose(
      `First the recordings of one and the same file on one and the same line, from one PATCH to many, and at last with a connection for each:`,
    ),
    table(
      [
        ['recording', 'left'],
        ...seriesFigures.map((name) => [figures[name].label, 'right'] as const),
      ],
      rows,
    ),
  ]
}

function section({ title, question }: Pair, a: Recording, b: Recording): Block[] {
  const comparison = compare(a.analysis, b.analysis, { a: a.name, b: b.name })
  const { reasons } = comparison.comparability
  const remarks: Sentence[] = [
    ...(comparison.comparability.kind === 'refused'
      ? []
      : reasons.map((reason) => say`${reason}.`)),
    ...comparison.limits.map((limit) => say`${limit}`),
  ]
  return [
    heading(3, title),
    paragraph(say`A: ${tone('strong', a.name)}. B: ${tone('strong', b.name)}.`),
    prose(question),
    paragraph([tone('strong', 'Result.'), ' ', ...comparisonVerdict(comparison)]),
    ...(remarks.length === 0 ? [] : [list(remarks)]),
    ...accounted(comparison, `${a.name}-against-${b.name}`),
    folded('All figures of both uploads', [figureTable(comparison)]),
  ]
}

function accounted(comparison: Comparison, name: string): Block[] {
  const { difference, names } = comparison
  if (difference === null) return []
  const { terms, total, format } = rounded(difference)
  const rows = terms
    .filter(({ cause, a, b }) => a !== 0 || b !== 0 || cause === 'unexplained')
    .map(({ cause, a, b, difference: change }): Sentence[] => [
      [causes[cause].label],
      [format(a)],
      [format(b)],
      [signed(change, format)],
    ])
  const sum: Sentence[] = [
    [tone('strong', 'total')],
    [tone('strong', format(total.a))],
    [tone('strong', format(total.b))],
    [tone('strong', signed(total.difference, format))],
  ]
  const title = `From ${names.a} to ${names.b}`
  return [
    {
      kind: 'picture',
      name,
      picture: { ...waterfallPicture(comparison, 860), title },
      alternative: `${title}, cause by cause: a waterfall of the table below`,
    },
    table(
      [
        ['where the time went', 'left'],
        [names.a, 'right'],
        [names.b, 'right'],
        ['difference', 'right'],
      ],
      [...rows, sum],
    ),
    ...paceNote(comparison).map(paragraph),
  ]
}

function figureTable({ figures: rows, names }: Comparison): Block {
  return table(
    [
      ['figure', 'left'],
      [names.a, 'right'],
      [names.b, 'right'],
      ['difference', 'right'],
    ],
    rows.map((row): Sentence[] => [
      [row.label],
      [tell(row, row.a)],
      [tell(row, row.b)],
      [row.difference === null ? '–' : signed(row.difference, (value) => tell(row, value))],
    ]),
  )
}

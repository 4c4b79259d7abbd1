// The chosen connection in its three phases: the words of `explain`, the ladders, the exchanges, the idle times.
import type { Analysis, ConnectionAnalysis, ExchangeAnalysis } from '../../../captures/analysis.ts'
import { firstAndLastLadder } from '../../../captures/report/exchange-ladder.ts'
import {
  initiationLadder,
  type LadderRow,
  terminationLadder,
} from '../../../captures/report/ladder.ts'
import { ladderPicture } from '../../../captures/report/pictures/ladder.ts'
import { phaseStrip, stripsOf } from '../../../captures/report/pictures/phase-strip.ts'
import type { Sentence } from '../../../captures/report/prose.ts'
import { frameRange, join, plain, role, say } from '../../../captures/report/prose.ts'
import { amount, duration, moment, size } from '../../../captures/report/quantity.ts'
import { causeSentences } from '../../../captures/report/sentences/cause.ts'
import {
  answer,
  exchangeSentences,
  framesOf,
  isPatch,
  matter,
  methodOf,
} from '../../../captures/report/sentences/exchange.ts'
import { initiationSentences } from '../../../captures/report/sentences/initiation.ts'
import {
  idleGapSentence,
  keepAliveSentences,
} from '../../../captures/report/sentences/keep-alive.ts'
import { lossSentences } from '../../../captures/report/sentences/losses.ts'
import { optionRows } from '../../../captures/report/sentences/options.ts'
import { purposeSentence } from '../../../captures/report/sentences/purpose.ts'
import { type Topic, uncertainties } from '../../../captures/report/sentences/quality.ts'
import { terminationSentences } from '../../../captures/report/sentences/termination.ts'
import { h, setText } from '../../upload/dom.ts'
import { moveByKeys, showPicture } from '../picture-box.ts'
import { type Actions, lookedAt, type PageState } from '../state.ts'
import { alternative, type Cell, table } from '../table.ts'
import { elements, paragraph, points } from '../words.ts'

const mostGaps = 6
/** Longer arrows are no clearer. */
const widestLadder = 760
/** As in the style: windows this wide have the cards side by side, CSS pixels. */
const twoColumns = 1100

export function connectionView(
  section: HTMLElement,
  actions: Actions,
): (state: PageState, width: number) => void {
  const title = section.querySelector('h2')
  const box = h('div')
  const only = h('button', { type: 'button', onclick: () => goTo() }, 'Show this time only')
  section.querySelector('.section-head')?.append(only)
  section.append(box)
  let current: ConnectionAnalysis | null = null
  let shownWidth = 0
  let isAlone = true
  const goTo = () => {
    if (current)
      actions.go({ span: { from: current.start, to: Math.max(current.end, current.start + 2e-6) } })
  }
  return (state, width) => {
    const analysis = lookedAt(state)?.analysis
    const wanted = analysis?.connections.find(({ number }) => number === state.view.connection)
    section.hidden = wanted === undefined
    if (analysis === undefined || wanted === undefined) {
      current = null
      return
    }
    isAlone = state.captures.a === null || state.captures.b === null
    only.hidden = !isAlone
    if (wanted === current && width === shownWidth) return
    current = wanted
    shownWidth = width
    if (title) setText(title, `Connection ${wanted.number}`)
    box.replaceChildren(...content(analysis, wanted, width))
  }
}

function content(analysis: Analysis, connection: ConnectionAnalysis, width: number): HTMLElement[] {
  const doubts = (...topics: Topic[]) => uncertainties(analysis, connection.number, topics)
  const { kind } = connection.initiation
  const isOpened = kind !== 'refused' && kind !== 'unanswered'
  const isWide = innerWidth >= twoColumns && isOpened
  const [left, right] = isWide ? [(width - 14) * (5 / 12), (width - 14) * (7 / 12)] : [width, width]
  return [
    ...heading(connection),
    ...(isOpened ? [strip(connection, width)] : []),
    h(
      'div',
      { class: 'cards' },
      initiation(connection, doubts('initiation', 'times'), inCard(left)),
      ...(isOpened
        ? [
            maintenance(connection, doubts('exchanges', 'losses', 'segments'), inCard(right)),
            termination(connection, doubts('termination'), inCard(left)),
          ]
        : []),
    ),
  ]
}

/** Inside a card's padding and border. */
const inCard = (width: number) => Math.floor(width) - (innerWidth <= 520 ? 22 : 30)

function heading(connection: ConnectionAnalysis): HTMLElement[] {
  const { client, server, packets, firstPacket, lastPacket, start, end, history } = connection
  const why = purposeSentence(connection)
  return [
    paragraph(
      say`${role('client', `client ${endpoint(client)}`)} → ${role('server', `server ${endpoint(server)}`)}`,
      'ends',
    ),
    ...(why.length > 0 ? [paragraph(why)] : []),
    h(
      'p',
      { class: 'facts' },
      h('span', {}, `${amount(packets)} packets`),
      h('span', {}, ...elements(frameRange(firstPacket, lastPacket))),
      h('span', {}, `${moment(start)} s to ${moment(end)} s`),
      h('span', {}, `Wireshark: tcp.stream eq ${connection.number}`),
      ...(history === '' ? [] : [h('span', {}, `Zeek: ${history}`)]),
    ),
  ]
}

const endpoint = ({ address, port }: ConnectionAnalysis['client']) =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

function strip(connection: ConnectionAnalysis, width: number): HTMLElement {
  const box = h('div', { class: 'picture-box' })
  showPicture(box, phaseStrip(connection, width), 'strip')
  const rows = stripsOf(connection).flatMap(({ name, parts }) =>
    parts.filter(({ value }) => value > 0).map((part) => [name, part.name, part.told]),
  )
  const columns = [{ heading: 'of' }, { heading: 'what' }, { heading: 'how much', isNumber: true }]
  return h(
    'div',
    { class: 'strip' },
    box,
    alternative('As a table', () => table('What the connection consists of', columns, rows)),
  )
}

function card(name: string, facts: readonly string[], ...children: HTMLElement[]): HTMLElement {
  const told = facts.filter((fact) => fact !== '')
  return h(
    'article',
    { class: `card card-${name.toLowerCase()}`, 'aria-label': name },
    h('h3', {}, name, h('span', { class: 'soft' }, told.map((fact) => ` · ${fact}`).join(''))),
    ...children,
  )
}

function ladder(
  rows: readonly LadderRow[],
  width: number,
  title: string,
  id: string,
): HTMLElement[] {
  if (rows.length === 0) return []
  const box = h('div', { class: 'picture-box' })
  moveByKeys(box)
  showPicture(box, ladderPicture(rows, { width: Math.min(width, widestLadder), title }), id)
  return [box, alternative('As a table', () => ladderTable(rows, title))]
}

function ladderTable(rows: readonly LadderRow[], title: string): HTMLElement {
  return table(
    title,
    [
      { heading: 'frame', isNumber: true },
      { heading: 'time', isNumber: true },
      { heading: 'from' },
      { heading: 'segment' },
      { heading: 'client' },
      { heading: 'server' },
    ],
    rows.map((row): Cell[] =>
      row.kind === 'fold'
        ? ['…', '', '', row.text, '', '']
        : [
            [{ kind: 'frame', number: row.packet }],
            row.time === null ? '' : `${moment(row.time)}\u00a0s`,
            [role(row.by)],
            `${row.label} ${row.numbers}`.trim(),
            row.states?.client ?? '',
            row.states?.server ?? '',
          ],
    ),
  )
}

function initiation(
  connection: ConnectionAnalysis,
  doubts: readonly Sentence[],
  width: number,
): HTMLElement {
  const { packets, duration: seconds } = connection.initiation
  const rows = optionRows(connection)
  const columns = [
    { heading: 'announced' },
    { heading: 'client', isNumber: true },
    { heading: 'server', isNumber: true },
    { heading: 'effect' },
  ]
  return card(
    'Initiation',
    [seconds === null ? '' : duration(seconds), rangeOf(packets)],
    ...ladder(initiationLadder(connection), width, 'Initiation, segment by segment', 'initiation'),
    ...points(initiationSentences(connection)),
    ...(rows.length === 0
      ? []
      : [
          h('h4', {}, 'What both ends announced'),
          table(
            'What both ends announced',
            columns,
            rows.map(({ name, client, server, effect }) => [name, client, server, effect]),
          ),
        ]),
    ...points(doubts, 'points doubts'),
  )
}

function rangeOf(packets: readonly number[]): string {
  const [first] = packets
  const last = packets.at(-1)
  return first === undefined || last === undefined ? '' : plain(frameRange(first, last))
}

function maintenance(
  connection: ConnectionAnalysis,
  doubts: readonly Sentence[],
  width: number,
): HTMLElement {
  const { start, end, transfer, idle, exchanges, patches } = connection.maintenance
  const { payloadBytes, headerBytes } = connection
  return card(
    'Maintenance',
    [start === null || end === null ? '' : duration(end - start)],
    h(
      'p',
      { class: 'facts' },
      ...[
        `exchanges: ${amount(exchanges)}`,
        `PATCHes: ${amount(patches)}`,
        `transfer: ${duration(transfer)}`,
        `idle: ${duration(idle)}`,
        `payload of the client: ${size(payloadBytes.client)}`,
        `of the server: ${size(payloadBytes.server)}`,
        `HTTP heads in it: ${size(headerBytes.client + headerBytes.server)}`,
      ].map((fact) => h('span', {}, fact)),
    ),
    ...firstAndLast(connection, width),
    ...titled('All exchanges', exchangeTable(connection.exchanges)),
    ...titled('Keep-alive, of both kinds', points(keepAliveSentences(connection))),
    ...titled('Idle times', idleTimes(connection)),
    ...titled('Losses, order, windows', points(lossSentences(connection))),
    ...points(doubts, 'points doubts'),
  )
}

const titled = (title: string, content: readonly HTMLElement[]) =>
  content.length === 0 ? [] : [h('h4', {}, title), ...content]

/** Ladder and words of the first and the last PATCH; where there is none, of the first and last exchange. */
function firstAndLast(connection: ConnectionAnalysis, width: number): HTMLElement[] {
  const { exchanges } = connection
  const patches = exchanges.filter(isPatch)
  const [shown, name] = patches.length > 0 ? [patches, 'PATCH'] : [exchanges, 'exchange']
  const [first] = shown
  const last = shown.at(-1)
  if (first === undefined || last === undefined) return []
  const told: [ExchangeAnalysis, string][] =
    first === last
      ? [[first, `The only ${name}`]]
      : [
          [first, `The first ${name}`],
          [last, `The last ${name}`],
        ]
  return [
    ...ladder(
      firstAndLastLadder(exchanges, first, last),
      width,
      `Maintenance, first and last ${name}`,
      'maintenance',
    ),
    ...points(
      told.map(([exchange, called]) => join(exchangeSentences(exchange, called, connection))),
    ),
  ]
}

function exchangeTable(exchanges: readonly ExchangeAnalysis[]): HTMLElement[] {
  if (exchanges.length === 0) return []
  return [
    table(
      'All exchanges',
      [
        { heading: '#', isNumber: true },
        { heading: 'method' },
        { heading: 'offsets, or what' },
        { heading: 'frames', isNumber: true },
        { heading: 'request', isNumber: true },
        { heading: 'took', isNumber: true },
        { heading: 'answer' },
      ],
      exchanges.map((exchange): Cell[] => {
        const { start, end, number, requestBytes } = exchange
        return [
          String(number),
          methodOf(exchange),
          matter(exchange),
          framesOf(exchange),
          size(requestBytes),
          start === null || end === null ? '–' : duration(end - start),
          answer(exchange),
        ]
      }),
    ),
  ]
}

/** The longest, in the order of time. */
function idleTimes({ maintenance, protocol }: ConnectionAnalysis): HTMLElement[] {
  const gaps = maintenance.idleGaps
  const longest = [...gaps].sort((a, b) => b.to - b.from - (a.to - a.from)).slice(0, mostGaps)
  const rest = gaps.length - longest.length
  const sentences = longest
    .sort((a, b) => a.from - b.from)
    .map((gap) => idleGapSentence(gap, protocol))
  return points(rest > 0 ? [...sentences, say`${rest} shorter ones.`] : sentences)
}

function termination(
  connection: ConnectionAnalysis,
  doubts: readonly Sentence[],
  width: number,
): HTMLElement {
  const { kind, duration: seconds, packets } = connection.termination
  return card(
    'Termination',
    kind === 'open' ? ['not captured'] : [duration(seconds), rangeOf(packets)],
    ...ladder(
      terminationLadder(connection),
      width,
      'Termination, segment by segment',
      'termination',
    ),
    ...points([...terminationSentences(connection), ...causeSentences(connection)]),
    ...points(doubts, 'points doubts'),
  )
}

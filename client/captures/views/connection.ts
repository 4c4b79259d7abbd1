// The chosen connection in its three phases: the words of `explain`, the ladders, the exchanges, the idle times.
import type { Analysis, ConnectionAnalysis } from '../../../captures/analysis.ts'
import { initiationLadder, terminationLadder } from '../../../captures/report/ladder.ts'
import { phaseStrip, stripsOf } from '../../../captures/report/pictures/phase-strip.ts'
import type { Sentence } from '../../../captures/report/prose.ts'
import { frameRange, role, say } from '../../../captures/report/prose.ts'
import { amount, duration, moment } from '../../../captures/report/quantity.ts'
import { causeSentences } from '../../../captures/report/sentences/cause.ts'
import { initiationSentences } from '../../../captures/report/sentences/initiation.ts'
import { optionRows } from '../../../captures/report/sentences/options.ts'
import { purposeSentence } from '../../../captures/report/sentences/purpose.ts'
import { type Topic, uncertainties } from '../../../captures/report/sentences/quality.ts'
import { terminationSentences } from '../../../captures/report/sentences/termination.ts'
import { h, setText } from '../../upload/dom.ts'
import { showPicture } from '../picture-box.ts'
import { type Actions, lookedAt, type PageState } from '../state.ts'
import { alternative, table } from '../table.ts'
import { elements, paragraph, points } from '../words.ts'
import { card, ladder, rangeOf } from './card.ts'
import { maintenanceCard } from './maintenance.ts'

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
            maintenanceCard(connection, doubts('exchanges', 'losses', 'segments'), inCard(right)),
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

// One connection told in its three phases. Analysis in, lines out.
import type { Analysis, ConnectionAnalysis } from '../analysis.ts'
import { initiationLadder, terminationLadder } from './ladder.ts'
import { drawLadder } from './ladder-text.ts'
import { table } from './layout.ts'
import { maintenanceText } from './maintenance-text.ts'
import { indent, phaseTitle, points, prose, spaced } from './paragraphs.ts'
import type { Sentence } from './prose.ts'
import { frameRange, role, say, tone } from './prose.ts'
import { count, duration, moment } from './quantity.ts'
import { causeSentences } from './sentences/cause.ts'
import { initiationSentences } from './sentences/initiation.ts'
import { optionRows } from './sentences/options.ts'
import { purposeSentence } from './sentences/purpose.ts'
import { type Topic, uncertainties } from './sentences/quality.ts'
import { terminationSentences } from './sentences/termination.ts'

/** Heading, then initiation, maintenance and termination; a connection that never opened has the first only. */
export function connectionText(
  analysis: Analysis,
  connection: ConnectionAnalysis,
  width: number,
): Sentence[] {
  const { kind } = connection.initiation
  const doubts = (...topics: Topic[]) => uncertainties(analysis, connection.number, topics)
  return spaced(
    heading(connection, width),
    initiationText(connection, doubts('initiation', 'times'), width),
    ...(kind === 'refused' || kind === 'unanswered'
      ? []
      : [
          maintenanceText(connection, doubts('exchanges', 'losses', 'segments'), width),
          terminationText(connection, doubts('termination'), width),
        ]),
  )
}

function heading(connection: ConnectionAnalysis, width: number): Sentence[] {
  const { number, client, server, packets, firstPacket, lastPacket, start, end, history } =
    connection
  const why = purposeSentence(connection)
  return [
    ...prose(
      say`${tone('strong', `Connection\u00a0${number}`)} · ${role('client', `client ${endpoint(client)}`)} → ${role('server', `server ${endpoint(server)}`)}`,
      width,
    ),
    ...prose(
      say`${why.length === 0 ? why : [...why, ' ']}${count(packets, 'packet')}, ${frameRange(firstPacket, lastPacket)}, from ${moment(start)}\u00a0s to ${moment(end)}\u00a0s. In Wireshark: tcp.stream\u00a0eq\u00a0${String(number)}.${history === '' ? '' : ` Zeek's history: ${history}.`}`,
      width,
    ),
  ]
}

const endpoint = ({ address, port }: ConnectionAnalysis['client']) =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

function initiationText(
  connection: ConnectionAnalysis,
  doubts: readonly Sentence[],
  width: number,
): Sentence[] {
  const { packets, duration: seconds } = connection.initiation
  const facts: Sentence[] = [seconds === null ? [] : [duration(seconds)], packetsOf(packets)]
  return [
    phaseTitle('Initiation', facts),
    ...spaced(
      drawLadder(initiationLadder(connection), width),
      points(initiationSentences(connection), width),
      options(connection, width),
      points(doubts, width),
    ),
  ]
}

function options(connection: ConnectionAnalysis, width: number): Sentence[] {
  const rows = optionRows(connection)
  if (rows.length === 0) return []
  return table(
    [
      { heading: 'announced', align: 'left' },
      { heading: 'client', align: 'right' },
      { heading: 'server', align: 'right' },
      { heading: 'effect', align: 'left' },
    ],
    rows.map(({ name, client, server, effect }) => [[name], [client], [server], [effect]]),
    width,
    indent,
  )
}

function packetsOf(packets: readonly number[]): Sentence {
  const [first] = packets
  const last = packets.at(-1)
  return first === undefined || last === undefined ? [] : frameRange(first, last)
}

function terminationText(
  connection: ConnectionAnalysis,
  doubts: readonly Sentence[],
  width: number,
): Sentence[] {
  const { kind, duration: seconds, packets } = connection.termination
  const facts: Sentence[] =
    kind === 'open'
      ? [['not captured']]
      : [seconds > 0 ? [duration(seconds)] : [], packetsOf(packets)]
  return [
    phaseTitle('Termination', facts),
    ...spaced(
      drawLadder(terminationLadder(connection), width),
      points([...terminationSentences(connection), ...causeSentences(connection)], width),
      points(doubts, width),
    ),
  ]
}

// One connection explained as the assignment asks: initiation, maintenance, termination, question by question. Recording in, blocks out.
import type { ConnectionAnalysis, ExchangeAnalysis } from '../../analysis.ts'
import { isPatch } from '../../rules/patch.ts'
import { firstAndLastLadder } from '../exchange-ladder.ts'
import { exchangeTable } from '../exchange-table.ts'
import { initiationLadder, type LadderRow, terminationLadder } from '../ladder.ts'
import { drawLadder } from '../ladder-text.ts'
import { flightPicture } from '../pictures/flight.ts'
import { ladderPicture } from '../pictures/ladder.ts'
import { offsetsPicture } from '../pictures/offsets.ts'
import { phaseStrip, stripsOf } from '../pictures/phase-strip.ts'
import { frameRange, frames, role, type Sentence, say } from '../prose.ts'
import { amount, count, duration, moment, size } from '../quantity.ts'
import { causeSentences } from '../sentences/cause.ts'
import { exchangeSentences } from '../sentences/exchange.ts'
import { initiationSentences } from '../sentences/initiation.ts'
import { idleGapSentence, keepAliveSentences } from '../sentences/keep-alive.ts'
import { lossSentences } from '../sentences/losses.ts'
import { optionRows } from '../sentences/options.ts'
import { terminationSentences } from '../sentences/termination.ts'
import { uploadSentences } from '../sentences/upload.ts'
import { amountsSentence, workSentence } from '../sentences/work.ts'
import {
  type Block,
  folded,
  heading,
  lines,
  list,
  paragraph,
  picture,
  prose,
  table,
} from './block.ts'
import type { Recording } from './recording.ts'

const textWidth = 88

/** Of the recording's first connection that carries PATCHes. */
export function phasesOf(recording: Recording): Block[] {
  const connection = explained(recording)
  if (connection === undefined) return []
  return [
    ...setting(recording, connection),
    ...initiation(recording, connection),
    ...maintenance(recording, connection),
    ...termination(recording, connection),
  ]
}

export const explained = ({ analysis }: Recording): ConnectionAnalysis | undefined =>
  analysis.connections.find(({ maintenance: { patches } }) => patches > 0)

const question = (number: number, text: string): Block => heading(4, `${number}. ${text}`)

function setting({ name }: Recording, connection: ConnectionAnalysis): Block[] {
  const { client, server, number, packets, firstPacket, lastPacket, end, start } = connection
  return [
    heading(3, 'The connection'),
    question(1, 'Who talks to whom?'),
    paragraph(
      say`The ${role('client')} is ${client.address}, port ${String(client.port)}; the ${role('server')} is ${server.address}, port ${String(server.port)}. Connection ${String(number)}, in Wireshark tcp.stream eq ${String(number)}: ${count(packets, 'packet')}, ${frameRange(firstPacket, lastPacket)}, in ${duration(end - start)}.`,
    ),
    prose(`What its time, its packets and its bytes went to:`),
    picture(`${name}-strip`, phaseStrip(connection, 860)),
    folded('The same as a table', [
      table(
        [
          ['of its', 'left'],
          ['went to', 'left'],
          ['', 'right'],
        ],
        stripsOf(connection).flatMap(({ name: whole, parts }) =>
          parts
            .filter(({ value }) => value > 0)
            .map(({ name: part, told }): Sentence[] => [[whole], [part], [told]]),
        ),
      ),
    ]),
  ]
}

function initiation({ name }: Recording, connection: ConnectionAnalysis): Block[] {
  return [
    heading(3, 'Initiation'),
    question(
      2,
      'Which segments open the connection, and how do their numbers follow from one another?',
    ),
    ...ladder(
      `${name}-initiation`,
      `Initiation of connection ${connection.number}`,
      initiationLadder(connection),
    ),
    list(initiationSentences(connection)),
    question(3, 'What do both ends announce, and what of it comes into force?'),
    table(
      [
        ['announced in the SYN', 'left'],
        ['client', 'right'],
        ['server', 'right'],
        ['effect', 'left'],
      ],
      optionRows(connection).map(({ name: option, client, server, effect }) => [
        [option],
        [client],
        [server],
        [effect],
      ]),
    ),
  ]
}

function ladder(name: string, title: string, rows: readonly LadderRow[]): Block[] {
  if (rows.length === 0) return []
  return [
    picture(name, ladderPicture(rows, { width: 760, title })),
    folded('The same as text', [lines(drawLadder(rows, textWidth))]),
  ]
}

function maintenance(recording: Recording, connection: ConnectionAnalysis): Block[] {
  const { name, analysis, flights } = recording
  const upload = analysis.uploads.find(({ connections }) => connections.includes(connection.number))
  return [
    heading(3, 'Maintenance'),
    question(4, 'What does the connection carry?'),
    list([workSentence(connection), amountsSentence(connection)]),
    ...firstAndLast(name, connection),
    folded('All exchanges', [lines(exchangeTable(connection.exchanges, 100))]),
    question(5, 'Which bytes of the file travel in which frames?'),
    ...(upload === undefined
      ? []
      : [
          picture(`${name}-offsets`, offsetsPicture(analysis, upload, { width: 860 })),
          prose(`Each stroke is a PATCH, from the moment of its first byte to that of its last one; the diamond is the
            server's answer, at the offset that it tells. Between the last byte and the diamond lies at least one round trip.`),
          list(uploadSentences(analysis, upload)),
          picture(`${name}-flight`, flightPicture(analysis, flights, { width: 860 })),
          prose(`What the client has on its way at each moment (the line), and how much the server would take at most (dashed). The triangle is the
            initial window: all that may be sent before anything is heard of the line. From there it grows with the ACKs (slow start), and what it has
            grown to is kept from one PATCH to the next.`),
        ]),
    ...firstRequest(connection),
    question(6, 'How is the connection kept alive?'),
    prose(
      `Two things are called keep-alive, and a third looks like the second in Wireshark. They have nothing to do with one another.`,
    ),
    list(keepAliveSentences(connection)),
    ...(connection.maintenance.idleGaps.length === 0
      ? []
      : [
          paragraph(say`Longer times without a byte of payload:`),
          list(connection.maintenance.idleGaps.map((gap) => idleGapSentence(gap))),
        ]),
    question(7, 'Is anything lost, and does the receiver hold the sender back?'),
    list(lossSentences(connection)),
    question(8, 'How fast is it?'),
    paragraph(pace(connection)),
  ]
}

function firstAndLast(name: string, connection: ConnectionAnalysis): Block[] {
  const patches = connection.exchanges.filter(isPatch)
  const [first] = patches
  const last = patches.at(-1)
  if (first === undefined || last === undefined) return []
  const told: readonly (readonly [ExchangeAnalysis, string])[] =
    first === last
      ? [[first, 'The only PATCH']]
      : [
          [first, 'The first PATCH'],
          [last, 'The last PATCH'],
        ]
  return [
    ...ladder(
      `${name}-maintenance`,
      `Maintenance of connection ${connection.number}`,
      firstAndLastLadder(connection.exchanges, first, last),
    ),
    list(
      told.map(([exchange, called]) =>
        exchangeSentences(exchange, called, connection).flatMap((sentence, index) =>
          index === 0 ? sentence : [' ', ...sentence],
        ),
      ),
    ),
  ]
}

/** The question of the textbook: did the head and the file fit in one segment? */
function firstRequest({ exchanges, maintenance: { largestSegment } }: ConnectionAnalysis): Block[] {
  const first = exchanges.find(isPatch)
  if (first === undefined) return []
  const { requestPacket, lastRequestPacket, requestHeadBytes, requestBodyBytes } = first
  if (requestPacket === null || lastRequestPacket === null) return []
  const least = Math.ceil(
    (requestHeadBytes + requestBodyBytes) / Math.max(1, largestSegment.client),
  )
  return [
    paragraph(
      say`The first PATCH does not fit in one segment: ${size(requestHeadBytes)} of head and ${size(requestBodyBytes)} of the file need at least ${amount(least)} segments of ${amount(largestSegment.client)}\u00a0B, and are spread over ${frameRange(requestPacket, lastRequestPacket)}, with the ACKs that come back meanwhile among them. Its head is in ${frames([requestPacket])}, and the file begins in that same segment, right behind the head's empty line.`,
    ),
  ]
}

/** Of the file, over the time from the first SYN to the last answer. */
function pace({ exchanges, start, payloadBytes }: ConnectionAnalysis): Sentence {
  const patches = exchanges.filter(isPatch)
  const bytes = patches.reduce((sum, { requestBodyBytes }) => sum + requestBodyBytes, 0)
  const last = exchanges.at(-1)
  if (last === undefined || last.end === null || last.lastResponsePacket === null) return []
  const took = last.end - start
  return say`${size(bytes)} of the file in ${duration(took)}, from the SYN (${moment(start)}\u00a0s) to the last answer (${frames([last.lastResponsePacket])}, ${moment(last.end)}\u00a0s): ${size(bytes / took)}/s. The client's stream is ${amount(payloadBytes.client)}\u00a0B long, of which ${amount(bytes)}\u00a0B are the file.`
}

function termination({ name }: Recording, connection: ConnectionAnalysis): Block[] {
  return [
    heading(3, 'Termination'),
    question(9, 'Who closes, with which segments, and why?'),
    ...ladder(
      `${name}-termination`,
      `Termination of connection ${connection.number}`,
      terminationLadder(connection),
    ),
    list([...terminationSentences(connection), ...causeSentences(connection)]),
  ]
}

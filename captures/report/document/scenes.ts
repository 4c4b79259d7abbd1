// The other recordings, a short section each: what it shows and at which frames. Recording in, blocks out; to say more of one, a row.
import type { Analysis, ConnectionAnalysis } from '../../analysis.ts'
import { isPatch } from '../../rules/patch.ts'
import { tellingConnections } from '../alike.ts'
import { overview } from '../overview.ts'
import { timeAxis } from '../pictures/axis.ts'
import { flightPicture } from '../pictures/flight.ts'
import { ganttPicture } from '../pictures/gantt.ts'
import { offsetsPicture } from '../pictures/offsets.ts'
import { capital, frames, join, type Sentence, say, tone } from '../prose.ts'
import { duration, greatest } from '../quantity.ts'
import { causeSentences } from '../sentences/cause.ts'
import { closedBy } from '../sentences/ended.ts'
import { bringsBytes, exchangeSentences, methodOf } from '../sentences/exchange.ts'
import { initiationSentences } from '../sentences/initiation.ts'
import { idleGapSentence, keepAliveSentences } from '../sentences/keep-alive.ts'
import { lossSentences } from '../sentences/losses.ts'
import { purposeSentence } from '../sentences/purpose.ts'
import { limitsOf } from '../sentences/quality.ts'
import { terminationSentences } from '../sentences/termination.ts'
import { uploadName, uploadSentences } from '../sentences/upload.ts'
import { verdict } from '../sentences/verdict.ts'
import { type Block, folded, heading, lines, list, paragraph, picture, prose } from './block.ts'
import type { Recording, RecordingFacts } from './recording.ts'

/** One thing to look at in a recording. */
type Look = (analysis: Analysis) => Sentence[]

interface Scene {
  /** What to notice, by hand. */
  readonly words: string
  readonly looks: readonly Look[]
  /** The upload's offset over time as well. */
  readonly hasOffsets?: boolean
  /** And what is in flight. */
  readonly hasFlight?: boolean
}

/** `name` is what is told, of connections that tell it; of an empty one only the connection, where there are several. */
const ofEach =
  (
    name: string,
    tell: (connection: ConnectionAnalysis) => readonly Sentence[],
    choose = tellingConnections,
  ): Look =>
  ({ connections }) =>
    choose(connections).flatMap((connection) => {
      const told = tell(connection).filter((sentence) => sentence.length > 0)
      if (told.length === 0) return []
      const of = `connection\u00a0${connection.number}`
      const isOne = connections.length === 1
      const title =
        name === '' ? (isOne ? '' : `In ${of}.`) : isOne ? `${name}.` : `${name} of ${of}.`
      return [title === '' ? join(told) : say`${tone('strong', title)} ${join(told)}`]
    })

const openings = ofEach('Initiation', (connection) => [
  purposeSentence(connection),
  ...(connection.initiation.kind === 'handshake'
    ? [
        say`Handshake in ${frames(connection.initiation.packets)}${connection.initiation.duration === null ? '' : `, ${duration(connection.initiation.duration)}`}.`,
      ]
    : initiationSentences(connection)),
])
const isOpened = ({ initiation }: ConnectionAnalysis) =>
  initiation.kind !== 'refused' && initiation.kind !== 'unanswered'
/** In full where there is something to it; an ordinary close in one line. */
const endings = ofEach('Termination', (connection) => {
  const { kind, cause, packets } = connection.termination
  if (!isOpened(connection)) return []
  return kind === 'fin' && cause === 'client-close'
    ? [say`${capital(closedBy(connection, true))}, ${frames(packets)}.`]
    : [...terminationSentences(connection), ...causeSentences(connection)]
})
const losses = ofEach('', lossSentences, troubled)
const keepAlive = ofEach('', keepAliveSentences)

/** Those with losses or closed windows; where there is none, the first that carries an upload. */
function troubled(connections: readonly ConnectionAnalysis[]): ConnectionAnalysis[] {
  const found = connections.filter(
    ({ maintenance: { retransmissions, zeroWindows } }) => retransmissions + zeroWindows > 0,
  )
  return found.length > 0 ? found.slice(0, 4) : tellingConnections(connections).slice(0, 1)
}

/** The longest silences, in the order of time. */
const silences = ofEach('Silence', ({ maintenance: { idleGaps }, protocol }) =>
  [...idleGaps]
    .sort((a, b) => b.to - b.from - (a.to - a.from))
    .slice(0, 5)
    .sort((a, b) => a.from - b.from)
    .map((gap) => idleGapSentence(gap, protocol)),
)

/** The first PATCH after the longest time without one under way. */
const afterSilence = ofEach('After it', (connection) => {
  const idle = connection.maintenance.idleGaps.filter(({ kind }) => kind === 'http-idle')
  const longest = idle.toSorted((a, b) => b.to - b.from - (a.to - a.from))[0]
  const next = connection.exchanges.find(
    (exchange) =>
      longest !== undefined && isPatch(exchange) && (exchange.start ?? 0) >= longest.to - 1e-9,
  )
  return next === undefined ? [] : exchangeSentences(next, 'The first PATCH after it', connection)
})

const uploads: Look = (analysis) =>
  analysis.uploads
    .slice(0, 4)
    .map((upload) => say`Upload ${uploadName(upload)}: ${join(uploadSentences(analysis, upload))}`)

/** Of the requests that brought bytes and were not answered. */
const unanswered = ofEach('Cut off', (connection) =>
  connection.exchanges
    .filter((exchange) => bringsBytes(exchange) && exchange.status === null)
    .slice(0, 2)
    .flatMap((exchange) =>
      exchangeSentences(exchange, `A ${methodOf(exchange)} without an answer`, connection),
    ),
)

const scenes: Readonly<Record<string, Scene>> = {
  'connection-close': {
    words: `Twenty-one bars where the kept connection is one. Every handshake, every FIN and every slow start of it is in the comparison above.`,
    looks: [openings, endings],
  },
  'chunk-64k': { words: `Short strokes, long waits: see the comparison above.`, looks: [uploads] },
  'chunk-1m': { words: `Few waits, on one connection.`, looks: [uploads] },
  'whole-file': {
    words: `One request, one answer. HTTP persistence has nothing to do here but for the creation before it.`,
    looks: [uploads, keepAlive],
  },
  browser: {
    words: `A browser opens connections of its own accord: for the page's parts, and sometimes in advance. Look for those that carry PATCHes.`,
    looks: [openings, endings, uploads],
  },
  parallel: {
    words: `Each upload has a connection of its own and keeps it. They share the line, so each takes longer than it would alone.`,
    looks: [openings, uploads],
  },
  concatenation: {
    words: `Two partial uploads share the file, each on a connection of its own; a last request, which carries no byte, names both and
      makes one upload of them.`,
    looks: [openings, uploads],
  },
  'pause-resume-short': {
    words: `Nothing is sent to keep the connection open: both ends simply don't close it. It is used again without a handshake; only its congestion
      window has been forgotten meanwhile (slow start after idle).`,
    looks: [silences, afterSilence, keepAlive, uploads],
    hasOffsets: true,
  },
  'pause-resume-long': {
    words: `The server's patience ends before the pause does. The client finds its connection closed, opens another, asks how far the upload is
      (HEAD), and goes on from there.`,
    looks: [silences, openings, endings, uploads],
    hasOffsets: true,
  },
  'interrupt-resume': {
    words: `What the server had taken of the cut-off PATCH is kept; the second run asks for the offset and sends only the rest.`,
    looks: [unanswered, endings, uploads],
    hasOffsets: true,
  },
  'idle-timeout': {
    words: `The one who closes first is the server here, and it is the one that stays in TIME-WAIT.`,
    looks: [silences, endings],
  },
  'client-reset': {
    words: `A reset is no close: no FIN, no TIME-WAIT, and what was on its way may be lost. The upload is not: the client asks for the offset on a
      new connection.`,
    looks: [unanswered, endings, uploads],
    hasOffsets: true,
  },
  'ietf-resume': {
    words: `The IETF's draft needs no request before the bytes: the POST that brings the file is answered by an interim 104 that says where the upload
      is, and by more of them that say how far it is. So the client that was cut off knows where to ask, though it never got an answer. What goes on
      there may be PATCHes of the draft or of tus: it is the same upload.`,
    looks: [unanswered, endings, uploads],
    hasOffsets: true,
  },
  'server-killed': {
    words: `A killed process closes nothing itself: the kernel does, and answers what still comes with resets. While nobody listens, each SYN is refused.`,
    looks: [openings, unanswered, endings, uploads],
    hasOffsets: true,
  },
  'server-drained': {
    words: `The polite way to end a server: it answers the PATCH under way before its end, with the offset up to which it has kept the file, and says
      "Connection: close". Only what was still on its way has to be sent again.`,
    looks: [openings, endings, uploads],
    hasOffsets: true,
  },
  'network-cut': {
    words: `A pulled cable says nothing to either end. The client hears no ACK, sends the same segment again and again, and waits twice as long each time.`,
    looks: [silences, losses, openings, endings, uploads],
    hasOffsets: true,
  },
  'lossy-kept': {
    words: `Each loss is repaired within a round trip or two where duplicate ACKs tell of it, and after the timer where they don't.`,
    looks: [losses, silences, uploads],
    hasOffsets: true,
    hasFlight: true,
  },
  'lossy-closed': {
    words: `The same line; a lost SYN or FIN weighs more than a lost segment in the middle, since nothing behind it tells of the loss.`,
    looks: [openings, losses, uploads],
  },
  'slow-start-after-idle-on': {
    words: `Compare the first PATCH after the pause with the one before it.`,
    looks: [silences, afterSilence],
    hasFlight: true,
  },
  'slow-start-after-idle-off': {
    words: `The same pause, and no fresh start after it.`,
    looks: [silences, afterSilence],
    hasFlight: true,
  },
  'tcp-keep-alive-probes': {
    words: `These are the packets that Wireshark labels "TCP Keep-Alive". The upload would go on just as well without them.`,
    looks: [keepAlive, silences],
  },
  'zero-window': {
    words: `The probes of the client into the closed window are one byte behind, like keep-alive probes, and Wireshark may call them so. They
      are not: here there is data to send, and no room for it.`,
    looks: [keepAlive, silences, losses],
    hasOffsets: true,
    hasFlight: true,
  },
  refused: {
    words: `Initiation that does not come about: there is nothing to maintain or to end.`,
    looks: [openings],
  },
}

const unknown: Scene = { words: '', looks: [openings, silences, endings, uploads] }

export function sceneOf(recording: Recording): Block[] {
  const { name, analysis, facts, flights } = recording
  const { words, looks, hasOffsets, hasFlight } = scenes[name] ?? unknown
  const [upload] = analysis.uploads
  const looked = looks.flatMap((look) => look(analysis))
  return [
    heading(3, name),
    ...(facts === null ? [] : [paragraph(say`${facts.shows}${conditions(facts)}`)]),
    paragraph([tone('strong', 'Seen:'), ' ', ...verdict(analysis), '.']),
    ...limitsOf(analysis, name).map((limit) => paragraph(say`${limit}`)),
    ...(words === '' ? [] : [prose(words)]),
    ...ganttOf(recording),
    ...(hasOffsets === true && upload !== undefined && analysis.uploads.length === 1
      ? [picture(`${name}-offsets`, offsetsPicture(analysis, upload, { width: 860 }))]
      : []),
    ...(hasFlight === true
      ? [picture(`${name}-flight`, flightPicture(analysis, flights, { width: 860 }))]
      : []),
    ...(looked.length === 0 ? [] : [list(looked)]),
  ]
}

/** What differs from the usual line and server. */
function conditions({ link, serve }: RecordingFacts): Sentence {
  const told = [
    ...(link.rate === usual.rate && link.delay === usual.delay
      ? []
      : [`${link.delay}\u00a0ms each way, ${link.rate / 1e6}\u00a0Mbit/s`]),
    ...(serve === null || serve.length === 0 ? [] : [`the server runs with ${serve.join(' ')}`]),
  ]
  return told.length === 0 ? [] : say` Here: ${told.join('; ')}.`
}

const usual = { delay: 20, rate: 50_000_000 } as const

function ganttOf({ name, analysis }: Recording): Block[] {
  const { connections } = analysis
  const to = greatest(connections.map(({ end }) => end))
  if (connections.length === 0 || connections.length > 40 || !(to > 0)) return []
  return [
    picture(name, {
      ...ganttPicture(connections, {
        width: 860,
        axis: (width) => timeAxis({ from: 0, to }, width),
        chosen: null,
      }),
      title: `Connections of ${name} over time`,
    }),
    folded('The same as a table', [lines(overview(connections, 96))]),
  ]
}

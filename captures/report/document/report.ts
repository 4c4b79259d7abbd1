// The report on all recordings: recordings in, the files of docs/results out. The same recordings give the same files.
import { overview } from '../overview.ts'
import type { Picture } from '../pictures/picture.ts'
import { svgOf } from '../pictures/svg.ts'
import { tone } from '../prose.ts'
import { amount } from '../quantity.ts'
import { savingSentence } from '../sentences/saving.ts'
import { verdict } from '../sentences/verdict.ts'
import {
  type Block,
  folded,
  framesIn,
  heading,
  lines,
  paragraph,
  picture,
  picturesIn,
  prose,
  table,
} from './block.ts'
import {
  type CountCitation,
  countCitations,
  type FrameCitation,
  frameCitations,
} from './citations.ts'
import { comparisonsOf } from './comparisons.ts'
import { headlinePicture } from './headline.ts'
import { markdownOf } from './markdown.ts'
import { explained, phasesOf } from './phases.ts'
import { find, type Recording } from './recording.ts'
import { sceneOf } from './scenes.ts'

export interface ReportFile {
  readonly name: string
  readonly text: string
}

/** What the explanation of a recording rests on. */
export interface Explanation {
  readonly recording: string
  /** Every frame that it names. */
  readonly frames: readonly number[]
  readonly frameCitations: readonly FrameCitation[]
  readonly countCitations: readonly CountCitation[]
}

export interface Report {
  readonly files: readonly ReportFile[]
  readonly explanation: Explanation | null
}

/** The one that is explained in full, and the one beside it in the headline. */
const kept = 'keep-alive'
const closed = 'connection-close'

export function reportOf(recordings: readonly Recording[]): Report {
  const ordered = [...recordings].sort((a, b) => order(a) - order(b) || (a.name < b.name ? -1 : 1))
  const main = find(ordered, kept)
  const phases = main === undefined ? [] : phasesOf(main)
  const explanation = main === undefined ? null : explanationOf(main, phases)
  const blocks: Block[] = [
    ...opening(ordered),
    ...headline(ordered),
    ...(phases.length === 0 ? [] : [...phasesIntroduction(), ...phases, ...proof(explanation)]),
    ...comparisons(ordered),
    ...scenes(ordered.filter(({ name }) => name !== kept)),
  ]
  return {
    files: [
      { name: 'report.md', text: markdownOf(blocks) },
      ...(explanation === null
        ? []
        : [{ name: claimsFile(explanation), text: claimsOf(explanation) }]),
      ...picturesIn(blocks).map(({ name, picture: drawn }) => svgFile(name, drawn)),
    ],
    explanation,
  }
}

const order = ({ name }: Recording) => (name === kept ? 0 : name === closed ? 1 : 2)

/** A line for each mark, so that a change of the picture can be read. */
function svgFile(name: string, drawn: Picture): ReportFile {
  const text = svgOf(drawn, { id: name, outlet: 'document' })
  return { name: `${name}.svg`, text: `${text.replaceAll('><', '>\n<')}\n` }
}

function explanationOf(recording: Recording, phases: readonly Block[]): Explanation | null {
  const connection = explained(recording)
  if (connection === undefined) return null
  return {
    recording: recording.name,
    frames: framesIn(phases),
    frameCitations: frameCitations(connection),
    countCitations: countCitations(connection),
  }
}

function opening(recordings: readonly Recording[]): Block[] {
  return [
    heading(1, 'What the recordings show'),
    prose(`One file is uploaded in pieces, each a PATCH request. Does each piece pay for a TCP connection of its own, or do all of them
      travel on one that is kept alive? These pages answer from packets: how a connection begins (initiation), what is done with it and how it is kept
      (maintenance), how it ends (termination), and what it costs to do without.`),
    prose(`All of it but these sentences between the figures is made from the ${amount(recordings.length)} captures in
      [captures/recordings](../../captures/recordings) by \`npx longhaul report\`. Frame numbers are Wireshark's: open the recording there and go to the
      frame (Ctrl-G). Times are seconds since the first packet. How each figure is computed is in [analysis.md](../analysis.md), how to record and
      look for yourself in [assignment.md](../assignment.md).`),
    prose(`**Where it was recorded.** Each recording is one run of the real service and a real client, on two hosts made of network namespaces,
      10.77.0.1 and 10.77.0.2, with an Ethernet of MTU 1500 between them, segmentation offload off, and an emulated line: 20 ms each way and 50 Mbit/s unless said
      otherwise. dumpcap listened at the client's end. The files keep headers and HTTP heads, no byte of an uploaded file. One run each: counts of connections,
      handshakes and PATCHes come out the same every time; times differ from run to run, by some ten milliseconds a round trip on a busy machine.`),
  ]
}

function headline(recordings: readonly Recording[]): Block[] {
  const [a, b] = [find(recordings, kept), find(recordings, closed)]
  if (a === undefined || b === undefined) return []
  const columns = [
    ['recording', 'left'],
    ['what it shows', 'left'],
  ] as const
  return [
    heading(2, 'At a glance'),
    picture('headline', headlinePicture(a.analysis, b.analysis)),
    prose(`Above, one connection: a handshake, the creation of the upload, twenty PATCHes one after the other, and the close. Below, the same upload where each
      request has a connection of its own: a handshake before each, and a slow start in each. The dashed line is where the kept one was done. (The
      table counts the connections that carried PATCHes; the twenty-first carried the creation.)`),
    table(
      columns,
      [a, b].map(({ name, analysis }) => [[tone('strong', name)], verdict(analysis)]),
    ),
    paragraph(savingSentence(a.analysis)),
    paragraph(savingSentence(b.analysis)),
    folded(
      'The picture as a table',
      [a, b].flatMap(({ name, analysis }) => [
        paragraph([tone('strong', name)]),
        lines(overview(analysis.connections, 96)),
      ]),
    ),
  ]
}

function phasesIntroduction(): Block[] {
  return [
    heading(2, 'One connection, three phases'),
    prose(`The recording \`${kept}\`, explained as the classic assignment asks for it: upload a file, capture it, follow the TCP stream, and
      explain how the connection is initiated, maintained and terminated. Client and server are told apart by who sent the SYN.`),
  ]
}

function proof(explanation: Explanation | null): Block[] {
  if (explanation === null) return []
  const { recording, frameCitations: cited, countCitations: counted } = explanation
  return [
    heading(3, 'Every number, to be checked'),
    prose(`[${claimsFile(explanation)}](${claimsFile(explanation)}) has each of the ${amount(cited.length)} frames that are named above with what is said of
      it, as a display filter that matches this frame and no other, and ${amount(counted.length)} counts. Paste one into the filter line of Wireshark, or
      \`tshark -r captures/recordings/${recording}.pcapng -Y '…'\`. A test of ours puts all of them to tshark.`),
  ]
}

const claimsFile = ({ recording }: Explanation) => `${recording}-claims.txt`

function claimsOf({ recording, frameCitations: cited, countCitations: counted }: Explanation) {
  return [
    `# What report.md says of ${recording}.pcapng, as display filters of Wireshark.`,
    '',
    ...cited.flatMap(({ frame, claim, filter }) => [
      `# frame ${frame}: ${claim}`,
      `frame.number == ${frame} && ${filter}`,
    ]),
    '',
    ...counted.flatMap(({ count, claim, filter }) => [`# ${count} packets: ${claim}`, filter]),
    '',
  ].join('\n')
}

function comparisons(recordings: readonly Recording[]): Block[] {
  const sections = comparisonsOf(recordings)
  if (sections.length === 0) return []
  return [
    heading(2, 'What makes the difference'),
    prose(`Two recordings of the same work held against each other. Every instant of both is given to exactly one cause, so the parts add up to the whole, and
      what no rule takes stands there as unexplained. The same for any two captures: \`npx longhaul compare A B\`.`),
    ...sections,
  ]
}

function scenes(recordings: readonly Recording[]): Block[] {
  if (recordings.length === 0) return []
  return [
    heading(2, 'The recordings, one by one'),
    prose(
      `What each is there to show, and at which frames. \`npx longhaul explain captures/recordings/NAME.pcapng\` tells all of it.`,
    ),
    prose(`A bar is a TCP connection: a stem at its first SYN, dark blue while the bytes of a PATCH are sent, light blue while it waits for its answer, the answer as
      an orange edge, grey for other requests, hatched where it is open and idle, and at its end a cap in the colour of the side whose FIN came first, or a cross for a
      reset. Where the offset of an upload is drawn over time, a stroke is a PATCH (dotted on every second connection), a diamond the answered offset.`),
    ...recordings.flatMap(sceneOf),
  ]
}

// What the capture itself allows to conclude. Analysis in, marked words out.
import type { Analysis, QualityNote } from '../../analysis.ts'
import type { Sentence } from '../prose.ts'
import { say, tone } from '../prose.ts'
import { count } from '../quantity.ts'

/** The parts of the text whose conclusions a fault of the capture may touch. */
export type Topic = 'initiation' | 'exchanges' | 'losses' | 'segments' | 'termination' | 'times'

interface Fault {
  /** In the verdict. */
  readonly short: string
  /** After "uncertain because". */
  readonly because: string
  readonly topics: readonly Topic[]
}

const faults = {
  damaged: {
    short: 'the file is damaged',
    because: 'the file is damaged and could be read only up to there',
    topics: ['exchanges', 'termination'],
  },
  dropped: {
    short: 'packets dropped by the recorder',
    because:
      'the recorder dropped packets: what is missing here may have been on the wire all the same',
    topics: ['losses'],
  },
  'missing-segments': {
    short: 'segments missing',
    because:
      'segments that the other side acknowledged are not in the file, so others may be missing too',
    topics: ['exchanges', 'losses'],
  },
  'late-start': {
    short: 'the capture began late',
    because: 'the capture began when the connection was already under way',
    topics: ['exchanges'],
  },
  'missing-end': {
    short: 'the capture ended early',
    because: 'the capture ended before the connection did',
    topics: ['termination'],
  },
  'one-sided': {
    short: 'one direction only',
    because: 'the capture holds only one direction: the other side’s part is inferred',
    topics: ['initiation', 'exchanges', 'losses', 'termination', 'times'],
  },
  'truncated-heads': {
    short: 'HTTP heads cut',
    because: 'HTTP heads are cut by the snapshot length: offsets and lengths in them may be lost',
    topics: ['exchanges'],
  },
  duplicates: {
    short: 'packets recorded twice',
    because: 'packets were recorded twice, and a copy looks like a retransmission',
    topics: ['losses'],
  },
  'reordered-by-tap': {
    short: 'reordered by the recorder',
    because: 'the recorder, not the network, put packets out of order',
    topics: ['losses'],
  },
  offload: {
    short: 'segments joined by the network card',
    because: 'the network card joined or cut segments, so their number and size are not the wire’s',
    topics: ['segments'],
  },
  'no-times': {
    short: 'packets without a time',
    because: 'packets have no time of their own',
    topics: ['times'],
  },
  fragments: {
    short: 'IP fragments',
    because: 'IP fragments could not be put together',
    topics: ['exchanges', 'losses'],
  },
  clock: {
    short: 'the clock jumped',
    because: 'the recorder’s clock jumped while it recorded',
    topics: ['times'],
  },
} satisfies Record<QualityNote['kind'], Fault>

const limits = ({ quality }: Analysis) => quality.filter(({ weight }) => weight === 'limits')

/** `capture complete, no drops`, or what limits the conclusions. */
export function captureClause(analysis: Analysis): Sentence {
  const kinds = [...new Set(limits(analysis).map(({ kind }) => kind))]
  if (kinds.length > 0) {
    const what = kinds.map((kind) => shortOf(kind, analysis)).join(', ')
    return say`${tone('warning', `capture limited: ${what}`)}`
  }
  switch (analysis.file.dropped) {
    case 0:
      return say`capture complete, no drops`
    case null:
      return say`capture complete as far as the file can tell`
    default:
      return say`capture complete but for ${count(analysis.file.dropped, 'dropped packet')}`
  }
}

function shortOf(kind: QualityNote['kind'], { file }: Analysis): string {
  return kind === 'dropped' && file.dropped
    ? `${count(file.dropped, 'packet')} dropped by the recorder`
    : faults[kind].short
}

/** The paragraph on the capture: limits first, then what explains oddities. */
export function qualitySentences({ quality, file }: Analysis): Sentence[] {
  const told = [...quality]
    .sort((a, b) => Number(a.weight === 'note') - Number(b.weight === 'note'))
    .map(({ weight, text }) => say`${weight === 'limits' ? tone('warning', text) : text}`)
  if (told.length > 0) return told
  const drops =
    file.dropped === null
      ? 'whether the recorder dropped packets, the file does not say'
      : 'the recorder dropped nothing'
  return [say`Nothing is missing that the other side acknowledged; ${drops}.`]
}

/** The limits of a capture as lines of a list. */
export function limitsOf(analysis: Analysis, name: string): string[] {
  return limits(analysis).map(({ text }) => `${name}: ${text}`)
}

/** What of a topic is in doubt, as the subject of a sentence. */
const doubtful: Readonly<Record<Topic, string>> = {
  initiation: 'How it opened is',
  exchanges: 'The exchanges are',
  losses: 'Losses and order are',
  segments: 'Number and size of the segments are',
  termination: 'How it ended is',
  times: 'Times are',
}

/** `Losses are uncertain because …`: for each fault that touches one of the topics on this connection. */
export function uncertainties(
  analysis: Analysis,
  connection: number,
  wanted: readonly Topic[],
): Sentence[] {
  const kinds = limits(analysis)
    .filter(({ connections }) => connections.length === 0 || connections.includes(connection))
    .map(({ kind }) => kind)
  return [...new Set(kinds)].flatMap((kind) => {
    const { topics, because }: Fault = faults[kind]
    return wanted
      .filter((topic) => topics.includes(topic))
      .map((topic) => say`${doubtful[topic]} ${tone('warning', 'uncertain')} because ${because}.`)
  })
}

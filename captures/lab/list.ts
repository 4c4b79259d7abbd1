// The list of recordings for captures/README.md: each with what it shows and at which frames. Analyses in, Markdown out. Pure.
import type { Analysis, ConnectionAnalysis, IdleGap } from '../analysis.ts'
import { count, duration } from '../report/quantity.ts'
import { isPatch } from '../rules/patch.ts'

export interface Listed {
  readonly name: string
  readonly shows: string
  readonly analysis: Analysis
}

/** Where the list stands in the README: what is between is written by `withList`. */
export const marks = {
  begin: '<!-- the recordings: written by "longhaul record", checked by test/captures/lab -->',
  end: '<!-- end of the recordings -->',
} as const

/** The text with the list between its marks. */
export function withList(readme: string, recordings: readonly Listed[]): string {
  const begin = readme.indexOf(marks.begin)
  const end = readme.indexOf(marks.end)
  if (begin < 0 || end < begin) throw new Error('the README has lost the marks of its list')
  const before = readme.slice(0, begin + marks.begin.length)
  return `${before}\n\n${listOf(recordings)}\n${readme.slice(end)}`
}

/** More than so many of a kind are told by the first ones. */
const most = 3
/** Shorter ones are on every line (s). */
const shortestGap = 0.5

export function listOf(recordings: readonly Listed[]): string {
  return recordings
    .map(({ name, shows, analysis }) => {
      const { packets, duration: long } = analysis.file
      const size = `${count(packets, 'packet')} in ${duration(long)}.`
      const lines = placesIn(analysis).map((place) => `- ${place}`)
      return [
        `### [${name}](recordings/${name}.pcapng)`,
        '',
        `${shows} ${size}`,
        '',
        ...lines,
        '',
      ].join('\n')
    })
    .join('\n')
}

/** Where to look, in the order of a connection's life. */
function placesIn({ connections, uploads }: Analysis): string[] {
  return [
    ...initiations(connections),
    ...patches(connections),
    ...firstOf(connections.flatMap(silences), 'silences'),
    ...resumptions(connections, uploads),
    ...terminations(connections),
  ]
}

function initiations(connections: readonly ConnectionAnalysis[]): string[] {
  return firstOf(
    connections.map(({ number, initiation: { kind, packets } }) => {
      const what = kind === 'refused' ? 'refused' : kind
      return `Connection ${number}, initiation: ${what}, ${frames(packets)}`
    }),
    'connections begin',
  )
}

function patches(connections: readonly ConnectionAnalysis[]): string[] {
  const carried = connections.flatMap(({ number, exchanges }) => {
    const all = exchanges.filter(isPatch)
    const first = all[0]
    const last = all.at(-1)
    if (first === undefined || last === undefined) return []
    const to = last.lastResponsePacket ?? last.responsePacket ?? last.lastRequestPacket
    const range = `frames ${first.requestPacket ?? '?'}–${to ?? '?'}`
    return [`Connection ${number}: ${count(all.length, 'PATCH', 'PATCHes')}, ${range}`]
  })
  return firstOf(carried, 'connections carry PATCHes')
}

const gapWords: Readonly<Record<IdleGap['kind'], string>> = {
  'http-idle': 'nothing to send, the connection is kept',
  server: 'the server is waited for',
  'zero-window': 'the receive window is closed',
  retransmission: 'what was lost is sent again after a time-out',
  'sender-paused': 'the sender pauses in a request',
}

function silences({ number, maintenance }: ConnectionAnalysis): string[] {
  const told = maintenance.idleGaps
    .filter(({ from, to }) => to - from >= shortestGap)
    .map(({ kind, from, to, fromPacket, toPacket, probes }) => {
      const probed = probes === 0 ? '' : `, ${count(probes, 'TCP keep-alive probe')} in it`
      const until = toPacket === null ? 'the end' : `frame ${toPacket}`
      return `Connection ${number}: ${duration(to - from)} of silence (${gapWords[kind]}${probed}), frame ${fromPacket} to ${until}`
    })
  const { retransmissions, zeroWindowProbes, dsacks } = maintenance
  return [
    ...told,
    ...(retransmissions === 0
      ? []
      : [
          `Connection ${number}: ${count(retransmissions, 'retransmission')}${dsacks === 0 ? '' : `, ${count(dsacks, 'of them needless', 'of them needless')}`}`,
        ]),
    ...(zeroWindowProbes === 0
      ? []
      : [`Connection ${number}: ${count(zeroWindowProbes, 'zero-window probe')}`]),
  ]
}

function resumptions(
  connections: readonly ConnectionAnalysis[],
  uploads: Analysis['uploads'],
): string[] {
  if (uploads.every(({ resumptions }) => resumptions === 0)) return []
  return connections.flatMap(({ number, exchanges }) =>
    exchanges
      .filter(({ upload }) => upload?.action === 'offset')
      .map(
        ({ method, requestPacket, responsePacket, upload }) =>
          `Connection ${number}: ${method} asks how far the upload is, frames ${requestPacket ?? '?'} and ${responsePacket ?? '?'} (Upload-Offset ${upload?.answeredOffset ?? 'unknown'})`,
      ),
  )
}

function terminations(connections: readonly ConnectionAnalysis[]): string[] {
  const ended = connections.filter(({ initiation }) => initiation.kind !== 'refused')
  return firstOf(
    ended.map(({ number, termination: { kind, by, packets } }) => {
      const what = kind === 'fin' ? 'FIN' : kind === 'reset' ? 'RST' : kind
      const whose = by === null ? '' : ` of the ${by} first`
      return `Connection ${number}, termination: ${what}${whose}, ${frames(packets)}`
    }),
    'connections end',
  )
}

function firstOf(lines: readonly string[], what: string): string[] {
  if (lines.length <= most + 1) return [...lines]
  return [...lines.slice(0, most), `… and ${lines.length - most} more ${what}`]
}

function frames(packets: readonly number[]): string {
  const first = packets[0]
  const last = packets.at(-1)
  if (first === undefined || last === undefined) return 'no frame'
  if (first === last) return `frame ${first}`
  return last - first === packets.length - 1
    ? `frames ${first}–${last}`
    : `frames ${packets.join(', ')}`
}

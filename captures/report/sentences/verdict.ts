// The first line: what the capture shows, in four clauses. Analysis in, marked words out.
import type { Analysis, ConnectionAnalysis } from '../../analysis.ts'
import { isHalfOpen } from '../../rules/half-open.ts'
import type { Sentence } from '../prose.ts'
import { join, say } from '../prose.ts'
import { amount, count, countOrNo, duration, median } from '../quantity.ts'
import { closedBy } from './ended.ts'
import { creationBytes } from './exchange.ts'
import { captureClause } from './quality.ts'

/** `20 PATCHes on 1 connection · 1 handshake (40.4 ms) · closed by the server after 6.0 s idle · capture complete, no drops` */
export function verdict(analysis: Analysis): Sentence {
  return join(
    [...workClauses(analysis), captureClause(analysis)].filter((clause) => clause.length > 0),
    '\u00a0· ',
  )
}

function workClauses(analysis: Analysis): Sentence[] {
  const carriers = carriersOf(analysis)
  if (carriers.length > 0) {
    return [patchesOn(carriers), handshakes(carriers), endings(carriers)]
  }
  if (analysis.connections.every(isNeverOpen)) return [contents(analysis)]
  return [contents(analysis), handshakes(analysis.connections), endings(analysis.connections)]
}

/** The connections that carried bytes of uploads: by PATCHes, or with a creation. */
export function carriersOf(analysis: Analysis): ConnectionAnalysis[] {
  return analysis.connections.filter((connection) => carriages(connection) > 0)
}

/** Requests that brought bytes of uploads. */
export const carriages = (connection: ConnectionAnalysis): number =>
  connection.maintenance.patches + creationsOn(connection)

const creationsOn = ({ exchanges }: ConnectionAnalysis): number =>
  exchanges.reduce((sum, exchange) => sum + (creationBytes(exchange) > 0 ? 1 : 0), 0)

function patchesOn(carriers: readonly ConnectionAnalysis[]): Sentence {
  const patches = carriers.reduce((sum, { maintenance }) => sum + maintenance.patches, 0)
  const creations = carriers.reduce((sum, connection) => sum + creationsOn(connection), 0)
  const what = [
    ...(creations > 0 ? [count(creations, 'creation with content', 'creations with content')] : []),
    ...(patches > 0 || creations === 0 ? [count(patches, 'PATCH', 'PATCHes')] : []),
  ]
  return say`${what.join(' and ')} on ${count(carriers.length, 'connection')}`
}

/** What there is when nothing was uploaded by PATCH. */
function contents({ connections, uploads, file }: Analysis): Sentence {
  const on = `on ${count(connections.length, 'connection')}`
  if (connections.length === 0) {
    return file.packets === 0
      ? say`no packet in this capture`
      : say`no TCP connection in ${count(file.packets, 'packet')}`
  }
  const requests = connections.reduce((sum, { exchanges }) => sum + exchanges.length, 0)
  if (uploads.length > 0) {
    return say`${count(uploads.length, 'upload')} without a PATCH, ${count(requests, 'request')} ${on}`
  }
  if (requests > 0) return say`no upload: ${count(requests, 'HTTP request')} ${on}`
  if (connections.every(isNeverOpen)) return attempts(connections)
  const tls = connections.filter(({ protocol }) => protocol === 'tls').length
  const h2 = connections.filter(({ protocol }) => protocol === 'h2').length
  const found = [
    ...(tls > 0 ? [`TLS on ${amount(tls)}`] : []),
    ...(h2 > 0 ? [`HTTP/2 on ${amount(h2)}`] : []),
  ]
  return say`${count(connections.length, 'connection')} without readable HTTP/1.1${found.length > 0 ? `: ${found.join(', ')}` : ''}`
}

function attempts(connections: readonly ConnectionAnalysis[]): Sentence {
  const refused = connections.filter(({ initiation }) => initiation.kind === 'refused').length
  const unanswered = connections.length - refused
  const how =
    refused === 0
      ? 'no answer'
      : unanswered === 0
        ? 'refused'
        : `${amount(refused)} refused, ${amount(unanswered)} without an answer`
  return say`no connection came about: ${count(connections.length, 'attempt')}, ${how}`
}

const isNeverOpen = ({ initiation }: ConnectionAnalysis) =>
  initiation.kind === 'refused' || initiation.kind === 'unanswered'

const notMade: readonly (readonly [string, (connection: ConnectionAnalysis) => boolean])[] = [
  ['half-open', isHalfOpen],
  ['refused', ({ initiation }) => initiation.kind === 'refused'],
  ['unanswered', ({ initiation }) => initiation.kind === 'unanswered'],
  ['not captured', ({ initiation }) => initiation.kind === 'unseen'],
]

/** `1 handshake (40.4 ms)`, `40 handshakes (40.2 ms each, 1.6 s together)`, `1 refused`. */
function handshakes(connections: readonly ConnectionAnalysis[]): Sentence {
  if (connections.length === 0) return []
  const made = connections.filter((one) => isOpened(one.initiation.kind) && !isHalfOpen(one))
  const seconds = made.flatMap(({ initiation }) => initiation.duration ?? [])
  const others = notMade.flatMap(([word, is]) => {
    const number = connections.filter(is).length
    return number > 0 ? [`${amount(number)} ${word}`] : []
  })
  if (made.length === 0 && connections.length === 1) {
    return say`${others.map((text) => text.replace(/^1 /, 'handshake ')).join('')}`
  }
  return say`${[`${countOrNo(made.length, 'handshake')}${took(seconds)}`, ...others].join(', ')}`
}

const isOpened = (kind: ConnectionAnalysis['initiation']['kind']) =>
  kind === 'handshake' || kind === 'simultaneous'

function took(seconds: readonly number[]): string {
  const [only] = seconds
  if (only === undefined) return ''
  if (seconds.length === 1) return ` (${duration(only)})`
  const sum = seconds.reduce((total, one) => total + one, 0)
  return ` (${duration(median(seconds))} each, ${duration(sum)} together)`
}

/** How they ended, the most frequent way first. */
function endings(connections: readonly ConnectionAnalysis[]): Sentence {
  const groups = new Map<string, { readonly clause: Sentence; number: number }>()
  const open = connections.filter((connection) => !isNeverOpen(connection))
  for (const connection of open) {
    const key = [
      connection.termination.kind,
      connection.termination.by,
      connection.termination.cause,
    ].join()
    const group = groups.get(key)
    if (group) group.number += 1
    else groups.set(key, { clause: closedBy(connection, open.length === 1), number: 1 })
  }
  const sorted = [...groups.values()].sort((a, b) => b.number - a.number)
  if (sorted.length === 1 && open.length > 1) return say`each ${sorted[0]?.clause ?? []}`
  return join(
    sorted.map(({ clause, number }) => (open.length === 1 ? clause : say`${number} ${clause}`)),
    ', ',
  )
}

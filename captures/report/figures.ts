// The figures that two captures are held against each other with. Work in, numbers out; to add one, add a row.
import type { PerRole } from '../analysis.ts'
import { roundTripOf } from './budget/round-trip.ts'
import type { Work } from './budget/work.ts'
import type { FigureRow, FigureUnit } from './comparison.ts'
import { median } from './quantity.ts'

interface Figure {
  readonly label: string
  readonly unit: FigureUnit
  readonly of: (work: Work) => number | null
}

const both = ({ client, server }: PerRole<number>) => client + server
const sum = ({ connections }: Work, of: (connection: Work['connections'][number]) => number) =>
  connections.reduce((total, connection) => total + of(connection), 0)
const patchesOf = ({ exchanges }: Work) =>
  exchanges.filter(({ exchange }) => exchange.upload?.action === 'append')
const carriers = ({ connections }: Work) =>
  connections.filter(({ maintenance }) => maintenance.patches > 0).length
const opened = ({ connections }: Work) =>
  connections.filter(
    ({ initiation }) => initiation.kind === 'handshake' || initiation.kind === 'simultaneous',
  ).length

/** All of the connections that took part in the upload; others in the capture don't count. */
export const figures = {
  connections: {
    label: 'connections of the upload',
    unit: 'count',
    of: (work) => work.connections.length,
  },
  handshakes: { label: 'handshakes', unit: 'count', of: opened },
  patches: { label: 'PATCHes', unit: 'count', of: (work) => work.patches },
  patchesPerConnection: {
    label: 'PATCHes per connection',
    unit: 'count',
    of: (work) => (carriers(work) === 0 ? null : work.patches / carriers(work)),
  },
  chunk: {
    label: 'median PATCH, size',
    unit: 'bytes',
    of: (work) => medianOf(patchesOf(work).map(({ exchange }) => exchange.requestBodyBytes)),
  },
  patchTime: {
    label: 'median PATCH, time',
    unit: 'seconds',
    of: (work) => medianOf(patchesOf(work).map(({ start, end }) => end - start)),
  },
  packets: { label: 'packets', unit: 'count', of: (work) => sum(work, ({ packets }) => packets) },
  wireBytes: {
    label: 'bytes on the wire',
    unit: 'bytes',
    of: (work) => sum(work, ({ wireBytes }) => both(wireBytes)),
  },
  payload: {
    label: 'payload',
    unit: 'bytes',
    of: (work) => sum(work, ({ payloadBytes }) => both(payloadBytes)),
  },
  heads: {
    label: 'of it HTTP heads',
    unit: 'bytes',
    of: (work) => sum(work, ({ headerBytes }) => both(headerBytes)),
  },
  fileBytes: { label: 'of it the file', unit: 'bytes', of: (work) => work.bytes },
  retransmissions: {
    label: 'retransmissions',
    unit: 'count',
    of: (work) => sum(work, ({ maintenance }) => maintenance.retransmissions),
  },
  rtt: { label: 'round trip', unit: 'seconds', of: roundTrip },
  idle: {
    label: 'idle on open connections',
    unit: 'seconds',
    of: (work) => sum(work, ({ maintenance }) => maintenance.idle),
  },
  total: {
    label: 'time, first SYN to last answer',
    unit: 'seconds',
    of: ({ from, to }) => to - from,
  },
  throughput: {
    label: 'file bytes in that time',
    unit: 'bytes per second',
    of: ({ from, to, bytes }) => (to > from ? bytes / (to - from) : null),
  },
} satisfies Record<string, Figure>

/** Median over the upload's connections, seconds. */
export function roundTrip({ connections }: Work): number | null {
  return medianOf(
    connections
      .flatMap((connection) => roundTripOf(connection)?.nanoseconds ?? [])
      .map((ns) => ns / 1e9),
  )
}

const medianOf = (values: readonly number[]) => (values.length === 0 ? null : median(values))

export function figureRows(a: Work | null, b: Work | null): FigureRow[] {
  return Object.entries(figures).map(([name, { label, unit, of }]) => {
    const [one, other] = [a === null ? null : of(a), b === null ? null : of(b)]
    return {
      name,
      label,
      unit,
      a: one,
      b: other,
      difference: one === null || other === null ? null : other - one,
    }
  })
}

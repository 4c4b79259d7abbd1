// P1: one bar for each TCP connection on a common axis, its PATCHes inside, its ending as a cap. Connections in, picture out.
import type { ConnectionAnalysis } from '../../analysis.ts'
import { ending } from '../overview.ts'
import { plain } from '../prose.ts'
import { count, duration } from '../quantity.ts'
import { type Axis, axisMarks } from './axis.ts'
import { bodyMarks, partMarks } from './bar.ts'
import {
  fitted,
  link,
  type Mark,
  type Picture,
  rect,
  text,
  toConnection,
  widthOf,
} from './picture.ts'

export interface GanttOptions {
  readonly width: number
  readonly axis: (width: number) => Axis
  /** The connection that is looked at. */
  readonly chosen: number | null
  /** Of all rows; by default as many fit. */
  readonly rowHeight?: number
  /** The longest connection number that shall have room, so that two pictures have bars of one width. */
  readonly highest?: number
}

export interface GanttShape {
  readonly rowHeight: number
  readonly left: number
  readonly right: number
  /** Between them: as wide as the axis. */
  readonly bar: number
}

const axisHeight = 22
const wide = 640

/** Rows that leave room for words, or thin ones where there are many: a picture to be taken in at a glance. */
export function rowHeightOf(rows: number): number {
  return rows <= 40 ? 28 : Math.max(3, Math.min(14, Math.floor(600 / rows)))
}

/** `highest` is the longest connection number. */
export function ganttShape(
  rows: number,
  highest: number,
  width: number,
  rowHeight = rowHeightOf(rows),
): GanttShape {
  const isWordy = rowHeight >= 14
  const left = !isWordy
    ? 8
    : widthOf(String(highest)) + widthOf(':65535', true) + (width < wide ? 22 : 34)
  const right = isWordy && width >= wide ? 178 : 14
  return { rowHeight, left, right, bar: Math.max(40, width - left - right) }
}

export function ganttPicture(
  connections: readonly ConnectionAnalysis[],
  { width, axis: makeAxis, chosen, rowHeight, highest }: GanttOptions,
): Picture {
  const shape = ganttShape(
    connections.length,
    highest ?? connections.at(-1)?.number ?? 0,
    width,
    rowHeight,
  )
  const bottom = connections.length * shape.rowHeight
  const axis = makeAxis(shape.bar)
  return {
    title: 'Connections over time',
    description: described(connections),
    width,
    height: bottom + axisHeight,
    marks: [
      ...axisMarks(axis, shape.left, 0, bottom),
      ...ganttRows(connections, shape, axis, width, chosen),
    ],
  }
}

/** The rows alone, the first at the top: a canvas draws those in sight. */
export function ganttRows(
  connections: readonly ConnectionAnalysis[],
  shape: GanttShape,
  axis: Axis,
  width: number,
  chosen: number | null,
): Mark[] {
  return connections.flatMap((connection, index) => {
    const top = index * shape.rowHeight
    const place = { left: shape.left, top, height: shape.rowHeight }
    const row = link(titleOf(connection), toConnection(connection.number), [
      connection.number === chosen
        ? rect([0, top, width, shape.rowHeight], 'chosen')
        : rect([0, top, width, shape.rowHeight], 'track', 'none'),
      ...(shape.rowHeight >= 14 ? words(connection, shape, top) : []),
      ...bodyMarks(connection, axis, place),
    ])
    return [row, ...partMarks(connection, axis, place)]
  })
}

function words(connection: ConnectionAnalysis, shape: GanttShape, top: number): Mark[] {
  const { number, client, maintenance, exchanges } = connection
  const base = top + shape.rowHeight / 2 + 4
  const isSmall = shape.rowHeight < 24
  const from = shape.left + shape.bar + 12
  const work =
    maintenance.patches > 0
      ? count(maintenance.patches, 'PATCH', 'PATCHes')
      : exchanges.length > 0
        ? count(exchanges.length, 'request')
        : 'no request'
  const told = `${work} · ${plain(ending(connection))}`
  const name = String(number)
  return [
    text(6, base, name, 'text', { isSmall, isStrong: true }),
    text(shape.left - 8, base, `:${client.port}`, 'soft', { isSmall: true, anchor: 'end' }),
    ...(shape.right > 100
      ? [text(from, base, fitted(told, shape.right - 14, true), 'soft', { isSmall: true })]
      : []),
  ]
}

export function titleOf(connection: ConnectionAnalysis): string {
  const { number, client, server, start, end, maintenance, exchanges } = connection
  return [
    `Connection ${number}, port ${client.port} to ${server.port}`,
    maintenance.patches > 0
      ? count(maintenance.patches, 'PATCH', 'PATCHes')
      : count(exchanges.length, 'request'),
    `${duration(end - start)} long`,
    `ended: ${plain(ending(connection))}`,
  ]
    .join(', ')
    .replaceAll('\u00a0', ' ')
}

function described(connections: readonly ConnectionAnalysis[]): string {
  const patches = connections.reduce((sum, { maintenance }) => sum + maintenance.patches, 0)
  const carriers = connections.filter(({ maintenance }) => maintenance.patches > 0).length
  return `${count(connections.length, 'TCP connection')}, ${count(patches, 'PATCH', 'PATCHes')} on ${carriers} of them: a bar for each connection, blocks for its requests, a cap for its ending.`.replaceAll(
    '\u00a0',
    ' ',
  )
}

// Pictures are pure: the same analysis gives the same marks, whatever hostile names it holds and however many connections.
import { expect, test } from 'vitest'
import type { Analysis } from '../../../captures/analysis.ts'
import { compare } from '../../../captures/report/compare.ts'
import { firstAndLastLadder } from '../../../captures/report/exchange-ladder.ts'
import { initiationLadder, terminationLadder } from '../../../captures/report/ladder.ts'
import { patchAxis, timeAxis } from '../../../captures/report/pictures/axis.ts'
import { ganttPicture } from '../../../captures/report/pictures/gantt.ts'
import { ladderPicture } from '../../../captures/report/pictures/ladder.ts'
import { offsetsPicture } from '../../../captures/report/pictures/offsets.ts'
import { phaseStrip, stripsOf } from '../../../captures/report/pictures/phase-strip.ts'
import type { Mark, Picture } from '../../../captures/report/pictures/picture.ts'
import { colours, svgOf } from '../../../captures/report/pictures/svg.ts'
import { stepsOf, waterfallPicture } from '../../../captures/report/pictures/waterfall.ts'
import {
  aConnection,
  anAnalysis,
  anExchange,
  anUpload,
  anUploadPart,
  aTermination,
} from '../report/build-analysis.ts'
import { simulateUpload } from '../report/simulate-upload.ts'

const plan = {
  patches: 20,
  chunk: 1_048_576,
  rtt: 0.04,
  firstSend: 0.2,
  send: 0.085,
  serverTime: 0.001,
  idle: 6,
}
const kept = simulateUpload({ ...plan, perConnection: 20 })
const closed = simulateUpload({ ...plan, perConnection: 1 })

const gantt = ({ connections }: Analysis, width = 1000) =>
  ganttPicture(connections, {
    width,
    chosen: null,
    axis: (bar) => timeAxis({ from: 0, to: connections.at(-1)?.end ?? 1 }, bar),
  })

const document = (picture: Picture) => svgOf(picture, { id: 'p', outlet: 'document' })

const everyMark = (marks: readonly Mark[]): Mark[] =>
  marks.flatMap((mark) => (mark.kind === 'group' ? [mark, ...everyMark(mark.marks)] : [mark]))

const targets = (picture: Picture, kind: 'frame' | 'connection') =>
  everyMark(picture.marks).flatMap((mark) =>
    mark.kind === 'group' && mark.target?.kind === kind ? [mark.target.number] : [],
  )

test('one bar holds twenty PATCHes, or each has a bar of its own; every mark leads somewhere', () => {
  const one = gantt(kept)
  expect(targets(one, 'connection')).toEqual([0])
  // Handshake, twenty PATCHes, an idle time, a FIN.
  expect(targets(one, 'frame')).toHaveLength(1 + 20 + 1 + 1)
  const many = gantt(closed)
  expect(targets(many, 'connection')).toEqual(Array.from({ length: 20 }, (_, n) => n))
  expect(targets(many, 'frame')).toHaveLength(3 * 20)
})

test('what is narrower than can be seen is drawn as one, and nothing leaves the picture', () => {
  const crowded = simulateUpload({ ...plan, patches: 4000, perConnection: 4000 })
  const picture = gantt(crowded, 800)
  expect(everyMark(picture.marks).length).toBeLessThan(2500)
  for (const mark of everyMark(picture.marks)) {
    if (mark.kind !== 'rect') continue
    expect(mark.x).toBeGreaterThanOrEqual(-2)
    expect(mark.x + mark.width).toBeLessThanOrEqual(picture.width + 2)
    expect(mark.width).toBeGreaterThan(0)
  }
})

test('a thousand connections stay a picture of limited height a row', () => {
  const many = simulateUpload({ ...plan, patches: 1000, chunk: 1024, perConnection: 1 })
  const picture = gantt(many)
  expect(picture.height).toBe(3 * 1000 + 22)
  expect(targets(picture, 'connection')).toHaveLength(1000)
})

test.each([
  ['reset', /reset by the client/],
  ['open', /still open/],
  ['half-closed', /FIN of the client/],
  ['fin', /FIN of the client/],
] as const)('an ending of kind %s has a cap of its own', (kind, title) => {
  const connection = aConnection({ termination: aTermination({ kind, by: 'client' }) })
  expect(document(gantt(anAnalysis({ connections: [connection] })))).toMatch(title)
})

test('the ladder has an arrow for each segment, with its numbers and states', () => {
  const [connection] = kept.connections
  if (connection === undefined) throw new Error('no connection')
  const rows = [...initiationLadder(connection), ...terminationLadder(connection)]
  for (const width of [300, 700]) {
    const picture = ladderPicture(rows, { width, title: 'Both ends' })
    expect(targets(picture, 'frame')).toEqual(
      rows.flatMap((row) => (row.kind === 'segment' ? [row.packet] : [])),
    )
    const svg = document(picture)
    for (const word of ['SYN', 'FIN, ACK', 'ESTABLISHED', 'TIME-WAIT', 'LAST-ACK'])
      expect(svg).toContain(word)
  }
  const { exchanges } = connection
  const [first, last] = [exchanges[0], exchanges.at(-1)]
  if (first === undefined || last === undefined) throw new Error('no exchange')
  const folded = ladderPicture(firstAndLastLadder(exchanges, first, last), {
    width: 700,
    title: 'PATCHes',
  })
  expect(document(folded)).toMatch(/18.more.PATCHes/)
})

test('the strips of a connection account for all of its packets and bytes', () => {
  const [connection] = kept.connections
  if (connection === undefined) throw new Error('no connection')
  const sum = (name: string) =>
    stripsOf(connection)
      .find((strip) => strip.name === name)
      ?.parts.reduce((total, { value }) => total + value, 0)
  expect(sum('packets')).toBe(connection.packets)
  expect(sum('bytes')).toBe(connection.wireBytes.client + connection.wireBytes.server)
  expect(targets(phaseStrip(connection, 900), 'frame')).toContain(1)
})

test('the waterfall goes from the one total to the other without a break', () => {
  const comparison = compare(kept, closed, { a: 'kept.pcap', b: 'closed.pcap' })
  const steps = stepsOf(comparison)
  expect(steps.length).toBeGreaterThan(3)
  for (const [index, step] of steps.slice(1, -1).entries()) expect(step.from).toBe(steps[index]?.to)
  expect(steps.at(-2)?.to).toBe(steps.at(-1)?.to)
  expect(document(waterfallPicture(comparison, 900))).toContain('handshakes')
  const refused = compare(kept, anAnalysis(), { a: 'a', b: 'b' })
  expect(stepsOf(refused)).toEqual([])
})

test('PATCH by PATCH each has the same width, on one connection or on many', () => {
  const places = [kept, closed].map(({ connections }) => {
    const axis = patchAxis(connections, 400, 20)
    return connections
      .flatMap(({ exchanges }) => exchanges)
      .map(({ start, end }) => [axis.at(start ?? 0), axis.at(end ?? 0)].map(Math.round))
  })
  expect(places[0]).toEqual(places[1])
  expect(places[0]?.[3]).toEqual([60, 80])
})

test('times are told in steps that read round, from the unit that they need', () => {
  const labels = (from: number, to: number) =>
    timeAxis({ from, to }, 500).ticks.map(({ label }) => label)
  expect(labels(0, 12)).toEqual(['0', '2', '4', '6', '8', '10', '12'].map((n) => `${n}\u00a0s`))
  expect(labels(1, 1.0004)).toContain('1000100\u00a0µs')
  expect(labels(0, 0.04)).toContain('10\u00a0ms')
})

test('offsets: each stroke until it was acknowledged, and every offset that the server told', () => {
  const told = [0.02, 0.03].map((time, n) => ({ packet: 5 + n, time, offset: 100_000 * (n + 1) }))
  const exchange = anExchange({
    method: 'POST',
    upload: anUploadPart({ action: 'creation', protocol: 'ietf', progress: told }),
  })
  const analysis = anAnalysis({ connections: [aConnection({ exchanges: [exchange] })] })
  const { marks } = offsetsPicture(analysis, anUpload({}), { width: 600 })
  const [stroke] = marks.filter((mark) => mark.kind === 'group')
  expect(stroke?.title).toBe('POST from 0 to 1048576 on connection 0')
  const kinds = stroke?.marks.map((mark) => `${mark.kind} ${'tone' in mark ? mark.tone : ''}`)
  expect(kinds).toEqual(['line client', 'line server', 'path server', 'path server', 'path server'])
  const [sent, waiting] = stroke?.marks.filter((mark) => mark.kind === 'line') ?? []
  expect([waiting?.x1, waiting?.y1, waiting?.y2]).toEqual([sent?.x2, sent?.y2, sent?.y2])
  expect(waiting?.x2).toBeGreaterThan(sent?.x2 ?? 0)
})

test('names that a capture brings along stay text', () => {
  const hostile = '</text><script>alert(1)</script>"\u0000\ud800'
  const analysis = anAnalysis({ connections: kept.connections })
  const picture = offsetsPicture(analysis, anUpload({ filename: hostile, url: '/files/3f2a9c' }), {
    width: 600,
  })
  const svg = document(picture)
  expect(svg).not.toContain('<script')
  expect(svg).not.toContain('\u0000')
  expect(svg.isWellFormed()).toBe(true)
  expect(svg).toContain('&lt;script&gt;')
})

test('words and lines can be told from their ground in light and dark', () => {
  for (const column of [0, 1] as const) {
    const ground = luminance(colours.page[column])
    const contrast = (tone: keyof typeof colours) => {
      const own = luminance(colours[tone][column])
      return (Math.max(own, ground) + 0.05) / (Math.min(own, ground) + 0.05)
    }
    // WCAG 2.2: 4.5 for text, 3 for what a picture needs.
    for (const tone of ['text', 'soft', 'client', 'server', 'warning', 'damage'] as const)
      expect(contrast(tone), tone).toBeGreaterThan(4.4)
    expect(contrast('other')).toBeGreaterThan(3)
  }
})

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

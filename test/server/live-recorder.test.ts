// A capture while it grows: what is kept of each packet, what the analysis says at any moment, and how it stays within its bound.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createAnalyser } from '../../captures/analyse.ts'
import type { Analysis } from '../../captures/analysis.ts'
import { trimmed } from '../../captures/lab/trimmed.ts'
import { createRecorder, type Recorder } from '../../server/live/recorder.ts'
import { connectionsOf } from '../../server/live/view.ts'
import { packetsOf, writeCapture } from '../captures/helpers/capture-writer.ts'
import { converse } from '../captures/helpers/conversation.ts'

const MiB = 2 ** 20
const recording = (name: string) => readFileSync(`captures/recordings/${name}.pcapng`)

function analyse(...pieces: readonly Uint8Array[]): Analysis {
  const analyser = createAnalyser()
  for (const piece of pieces) analyser.push(piece)
  return analyser.end()
}

function recorded(capture: Uint8Array, limit: number, pieceBytes = 1000): Recorder {
  const recorder = createRecorder({ limit })
  for (let at = 0; at < capture.length; at += pieceBytes)
    recorder.push(capture.subarray(at, at + pieceBytes))
  return recorder
}

const saved = (recorder: Recorder): Analysis => analyse(...(recorder.save() ?? []))

/** What a story is about, whatever packets between its landmarks are missing. */
const storyOf = ({ connections }: Analysis) =>
  connections.map(({ client, initiation, maintenance, termination, exchanges }) => ({
    port: client.port,
    opened: initiation.kind,
    patches: maintenance.patches,
    statuses: exchanges.map(({ method, status }) => [method, status]),
    ended: [termination.kind, termination.by],
  }))

const answer = 'HTTP/1.1 204 No Content\r\nTus-Resumable: 1.0.0\r\n\r\n'
const secret = 'bytes of a file '

/** Some PATCHes of which the bodies say what no head says. */
const talk = [4000, 100, 20_000].flatMap((length, n) => [
  {
    isClient: true,
    bytes: Buffer.from(
      `PATCH /files/a HTTP/1.1\r\nHost: a\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: ${n}\r\nContent-Length: ${length}\r\n\r\n${secret.repeat(length / 16 + 1).slice(0, length)}`,
    ),
  },
  { isClient: false, bytes: Buffer.from(answer) },
])

test('heads are kept, file bytes are not: what is saved reads as the trimmed capture does', () => {
  const capture = writeCapture(packetsOf(converse(talk)))
  expect(Buffer.from(capture).includes(secret)).toBe(true)
  const pieces = recorded(capture, 64 * MiB).save() ?? []
  expect(Buffer.concat(pieces).includes(secret)).toBe(false)
  expect(Buffer.concat(pieces).includes('PATCH /files/a')).toBe(true)
  const { connections, uploads } = analyse(...pieces)
  const other = analyse(trimmed(capture))
  expect({ connections, uploads }).toEqual({
    connections: other.connections,
    uploads: other.uploads,
  })
  expect(connections[0]?.maintenance.patches).toBe(3)
})

test('at any moment the analysis is that of the packets that would be saved', () => {
  const capture = recording('keep-alive')
  const recorder = createRecorder({ limit: 64 * MiB })
  expect(recorder.describe()).toBeNull()
  expect(recorder.save()).toBeNull()
  for (let at = 0; at < capture.length; at += 50_000) {
    recorder.push(capture.subarray(at, at + 50_000))
    const story = recorder.describe()
    if (story === null) throw new Error('no packet yet')
    expect(storyOf(saved(recorder))).toEqual(storyOf(story.analysis))
    expect(saved(recorder).file.packets).toBe(story.packets)
  }
  expect(storyOf(saved(recorder))).toEqual(storyOf(analyse(capture)))
})

test('a head that comes in pieces is kept whole', () => {
  const asked = [
    { isClient: true, bytes: Buffer.from(`GET /${'x'.repeat(4000)} HTTP/1.1\r\nHost: a\r\n\r\n`) },
    { isClient: false, bytes: Buffer.from('HTTP/1.1 204 No Content\r\n\r\n') },
  ]
  const capture = writeCapture(packetsOf(converse(asked)))
  const [connection] = saved(recorded(capture, 64 * MiB)).connections
  expect(connection?.exchanges[0]?.target).toHaveLength(4001)
  expect(connection?.exchanges[0]?.isHeadCut).toBe(false)
})

test('beyond its bound it keeps handshakes, heads and ends, and says what it left out', () => {
  const capture = recording('chunk-64k')
  const whole = storyOf(analyse(capture))
  const recorder = recorded(capture, 320 * 1024)
  const story = recorder.describe()
  if (story === null) throw new Error('no packet')
  expect(story.leftOut.thinned).toBeGreaterThan(100)
  expect(story.leftOut.forgotten).toBe(0)
  expect(story.bytes).toBeLessThanOrEqual(320 * 1024)
  expect(story.packets + story.leftOut.thinned).toBe(recorder.seen)
  expect(storyOf(story.analysis)).toEqual(whole)
  expect(storyOf(saved(recorder))).toEqual(whole)
})

test('what is longer still is forgotten, the oldest first, and what comes then is told as ever', () => {
  const capture = recording('connection-close')
  const whole = analyse(capture)
  const recorder = recorded(capture, 96 * 1024)
  const story = recorder.describe()
  if (story === null) throw new Error('no packet')
  expect(story.leftOut.forgotten).toBeGreaterThan(0)
  expect(story.bytes).toBeLessThanOrEqual(96 * 1024)
  expect(story.generation).toBeGreaterThan(1)
  const last = storyOf(whole).slice(-5)
  expect(storyOf(story.analysis).slice(-5)).toEqual(last)
  expect(storyOf(saved(recorder)).slice(-5)).toEqual(last)
  // Moments stay what they were, though time 0 is another.
  const end = (start: number, { connections }: Analysis) =>
    start + (connections.at(-1)?.end ?? 0) * 1000
  expect(end(story.start, story.analysis)).toBeCloseTo(
    end(Date.parse(whole.file.start ?? ''), whole),
    -1,
  )
})

test('a PATCH under way is told with the bytes that came of it, and its end is open', () => {
  const capture = recording('keep-alive')
  const recorder = createRecorder({ limit: 64 * MiB })
  const carrying = () => {
    const story = recorder.describe()
    return story === null ? null : connectionsOf(story).find(({ patches }) => patches > 3)
  }
  let at = 0
  for (; !((carrying()?.traffic?.current ?? 0) > 0) && at < capture.length; at += 500)
    recorder.push(capture.subarray(at, at + 500))
  const before = carrying()?.bars.slice(0, -1) ?? []
  expect(
    before.every(({ end, status, bytes }) => end !== null && status === 204 && bytes > 0),
  ).toBe(true)
  expect(carrying()?.bars.at(-1)?.end).toBeNull()
  expect(carrying()?.traffic?.current).toBeGreaterThan(0)
  expect(carrying()?.traffic?.current).toBeLessThan(MiB)
  expect(carrying()?.ending).toMatchObject({ kind: 'open', short: '', at: null, arrows: [] })
})

test('losses and resets are told in the words of the report', () => {
  const carrying = (name: string) => {
    const story = recorded(recording(name), 64 * MiB).describe()
    return story === null ? undefined : connectionsOf(story).find(({ patches }) => patches > 0)
  }
  const lossy = carrying('lossy-kept')
  expect(lossy?.traffic?.retransmissions).toBeGreaterThan(0)
  expect(lossy?.traffic?.words[0]).toMatch(/^Losses: \d+\sretransmissions? \(/)
  const reset = carrying('client-reset')
  expect(reset?.ending).toMatchObject({ kind: 'reset', by: 'client' })
  expect(reset?.ending.short).toMatch(/^reset by the client in the middle of an exchange/)
  expect(reset?.ending.arrows.some(({ label }) => label.startsWith('RST'))).toBe(true)
  expect(reset?.bars.at(-1)).toMatchObject({ status: null, end: expect.any(Number) })
})

test('of thousands of connections so much is told as an event stream takes at once', () => {
  const story = recorded(recording('connection-close'), 64 * MiB).describe()
  if (story === null) throw new Error('no packet')
  const { connections } = story.analysis
  const many = Array.from({ length: 3000 }, (_, n) => {
    const one = connections[n % connections.length]
    if (one === undefined) throw new Error('no connection')
    return { ...one, number: n }
  })
  const told = connectionsOf({ ...story, analysis: { ...story.analysis, connections: many } })
  expect(JSON.stringify(told).length).toBeLessThan(MiB / 2)
  expect(told.filter(({ patches }) => patches > 0)).toHaveLength(200)
  expect(told.at(-1)?.handshake.words.length).toBeGreaterThan(2)
  const oldest = told.find(({ patches }) => patches > 0)
  expect(oldest?.handshake.words).toEqual([])
  expect(oldest?.traffic?.bytes.client).toBeGreaterThan(0)
})

test('news are what changed; how many packets there are is none by itself', async () => {
  const { createUpdates } = await import('../../server/live/updates.ts')
  const capture = recording('keep-alive')
  const recorder = recorded(capture, 64 * MiB)
  const updates = createUpdates()
  const story = recorder.describe()
  if (story === null) throw new Error('no packet')
  expect(updates.all(story).connections.length).toBeGreaterThan(0)
  expect(updates.next(story)).toBeNull()
  expect(updates.next({ ...story, packets: story.packets + 2 })).toBeNull()
  expect(updates.next({ ...story, generation: 1 })?.isAll).toBe(true)
})

// The report in docs/results is the one that these recordings give, and what it says of frames holds in tshark.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { readRecordings } from '../../../captures/command/report.ts'
import { type Report, reportOf } from '../../../captures/report/document/report.ts'
import { tsharkIsMissing } from '../oracle/tshark.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const recordings = path.join(root, 'captures/recordings')
const results = path.join(root, 'docs/results')

let report: Report
beforeAll(async () => {
  report = reportOf(await readRecordings(recordings))
})

test('docs/results is what `longhaul report` writes from these recordings', () => {
  const present = readdirSync(results).sort()
  expect(present, 'run `npx longhaul report`, and remove what it names').toEqual(
    report.files.map(({ name }) => name).sort(),
  )
  for (const { name, text } of report.files) {
    const written = readFileSync(path.join(results, name), 'utf8')
    expect(written === text, `${name} is another: run \`npx longhaul report\``).toBe(true)
  }
})

test('the report names no path, no date and no machine', () => {
  for (const { name, text } of report.files) {
    expect(text.match(/\/(work|home|root|tmp)\/|20\d\d-\d\d-\d\d/)?.[0], name).toBeUndefined()
  }
})

test('every picture has a title, a description, and colours for light and dark', () => {
  const pictures = report.files.filter(({ name }) => name.endsWith('.svg'))
  expect(pictures.length).toBeGreaterThan(5)
  for (const { name, text } of pictures) {
    expect(text, name).toMatch(/<title [^>]*>[^<]+<\/title>\n<desc [^>]*>[^<]+<\/desc>/)
    expect(text, name).toContain('prefers-color-scheme:dark')
    expect(text, name).not.toContain('NaN')
  }
})

test('each link of the report leads to a file that is there', () => {
  const text = report.files.find(({ name }) => name === 'report.md')?.text ?? ''
  const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target ?? '')
  expect(links.length).toBeGreaterThan(10)
  const written = new Set(report.files.map(({ name }) => name))
  const there = (link: string) =>
    written.has(link) ||
    readdirSync(path.dirname(path.join(results, link))).includes(path.basename(link))
  expect(links.filter((link) => !there(link))).toEqual([])
})

describe('the explanation of the kept connection', () => {
  test('says of every frame that it names something that can be checked', () => {
    const { frames, frameCitations } = explanationOf(report)
    expect(frames.length).toBeGreaterThan(20)
    const cited = new Set(frameCitations.map(({ frame }) => frame))
    expect(frames.filter((frame) => !cited.has(frame))).toEqual([])
  })

  const missing = tsharkIsMissing()
  test.skipIf(missing !== null)(`holds in tshark, frame by frame${skipped(missing)}`, () => {
    const { recording, frameCitations } = explanationOf(report)
    const filters = frameCitations.map(
      ({ frame, filter }) => `(frame.number == ${frame} && ${filter})`,
    )
    const found = new Set<number>()
    // Not all in one: a filter may be only so long.
    for (let from = 0; from < filters.length; from += 40) {
      for (const frame of matching(recording, filters.slice(from, from + 40).join(' || ')))
        found.add(frame)
    }
    expect(frameCitations.filter(({ frame }) => !found.has(frame))).toEqual([])
  })

  test.skipIf(missing !== null)(`counts as tshark does${skipped(missing)}`, () => {
    const { recording, countCitations } = explanationOf(report)
    const counts = numbersOf(
      recording,
      countCitations.map(({ filter }) => filter),
    )
    const counted = countCitations.map((citation, index) => ({ ...citation, count: counts[index] }))
    expect(counted).toEqual(countCitations)
  })

  test.skipIf(missing !== null)(`a wrong claim is seen${skipped(missing)}`, () => {
    const { recording, frameCitations } = explanationOf(report)
    const [syn] = frameCitations
    expect(matching(recording, `frame.number == 1 && ${syn?.filter}`)).toEqual([1])
    expect(matching(recording, `frame.number == 2 && ${syn?.filter}`)).toEqual([])
  })
})

const skipped = (missing: string | null) => (missing === null ? '' : ` (skipped: ${missing})`)

function explanationOf({ explanation }: Report) {
  if (explanation === null) throw new Error('nothing is explained: keep-alive.pcapng is missing')
  return explanation
}

/** Frame numbers for which a display filter holds. */
function matching(recording: string, filter: string): number[] {
  return tshark(recording, ['-Y', filter, '-T', 'fields', '-e', 'frame.number'])
    .split('\n')
    .filter(Boolean)
    .map(Number)
}

/** How many frames match each of the filters. */
function numbersOf(recording: string, filters: readonly string[]): number[] {
  const table = tshark(recording, ['-q', '-z', `io,stat,0,${filters.join(',')}`])
  const row = table.split('\n').find((line) => line.includes('<>') && /\d/.test(line)) ?? ''
  // Frames and bytes of each filter, after the interval.
  const cells = row.split('|').slice(2, -1).map(Number)
  return cells.filter((_, index) => index % 2 === 0)
}

function tshark(recording: string, options: readonly string[]): string {
  const file = path.join(recordings, `${recording}.pcapng`)
  const { stdout, stderr, status } = spawnSync(
    'tshark',
    ['-2', '-n', ...preferences, '-r', file, ...options],
    { encoding: 'utf8', maxBuffer: 2 ** 26 },
  )
  if (status !== 0) throw new Error(`tshark ended with ${status}: ${stderr}`)
  return stdout
}

// Bodies left where they are: they would move requests to their last packet.
const preferences = ['http.desegment_body:FALSE', 'tcp.relative_sequence_numbers:TRUE'].flatMap(
  (preference) => ['-o', preference],
)

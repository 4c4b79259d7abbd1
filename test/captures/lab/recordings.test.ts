// The recordings that are committed: each shows what its scenario says, is small, holds no byte of a file, and tshark agrees.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createCaptureReader } from '../../../captures/format/capture-file.ts'
import { complaintsAbout, countOf } from '../../../captures/lab/check.ts'
import { madeUpBytes } from '../../../captures/lab/made-up.ts'
import { analyseFile } from '../../../captures/lab/recorder.ts'
import { readmeOf } from '../../../captures/lab/recordings.ts'
import { scenarios } from '../../../captures/lab/scenarios.ts'
import { askTshark, tsharkIsMissing } from '../oracle/tshark.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const folder = path.join(root, 'captures/recordings')
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.pcapng'))
  .map((name) => path.basename(name, '.pcapng'))
const fileOf = (name: string) => path.join(folder, `${name}.pcapng`)
const kiB = 1024

test('every scenario has its recording, and every recording its scenario', () => {
  expect([...names].sort()).toEqual(Object.keys(scenarios).sort())
  expect(readdirSync(folder)).toHaveLength(2 * names.length)
})

test('all together they take no more than 4 MiB compressed', () => {
  const sizes = names.map((name) => gzipSync(readFileSync(fileOf(name))).length)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(4096 * kiB)
})

describe.each(names)('%s', (name) => {
  test('shows what it should, and its facts are those of the file', async () => {
    const scenario = scenarios[name]
    if (scenario === undefined) throw new Error('no such scenario')
    const analysis = await analyseFile(fileOf(name))
    expect(complaintsAbout(analysis, scenario.expected)).toEqual([])
    const text = readFileSync(path.join(folder, `${name}.json`), 'utf8')
    const facts = JSON.parse(text)
    expect(facts).toMatchObject({
      scenario: name,
      shows: scenario.shows,
      link: scenario.link,
      serve: scenario.serve,
      command: `longhaul record ${name}`,
      recorded: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    })
    expect(facts.expected).toEqual(JSON.parse(JSON.stringify(scenario.expected)))
    expect(facts.counted).toEqual(countOf(analysis))
    // No path of the machine on which it was made.
    expect(text).not.toMatch(/"\/|\/(tmp|home|root|usr|work)\//)
  })

  test('is small, and holds no byte of a file', () => {
    const bytes = readFileSync(fileOf(name))
    expect(gzipSync(bytes, { level: 9 }).length).toBeLessThanOrEqual(300 * kiB)
    const content = madeUpBytes(64)
    expect(bytes.includes(content.subarray(0, 16))).toBe(false)
    let longest = 0
    const reader = createCaptureReader(({ capturedLength }) => {
      longest = Math.max(longest, capturedLength)
    })
    reader.push(bytes)
    reader.end()
    expect(longest).toBeLessThanOrEqual(1514)
  })

  test('is read by tshark without complaint, and as we read it', async (context) => {
    const missing = tsharkIsMissing()
    if (missing !== null) context.skip(missing)
    const { status, stderr } = spawnSync('tshark', ['-n', '-r', fileOf(name)], {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    expect(stderr.split('\n').filter((line) => !/^(Running as user .*)?$/.test(line))).toEqual([])
    expect(status).toBe(0)
    const packets = askTshark(fileOf(name), [
      'frame.number',
      'tcp.stream',
      'http.request.method',
      '_ws.malformed',
      'frame.comment',
    ])
    const { connections, file } = await analyseFile(fileOf(name))
    expect(packets).toHaveLength(file.packets)
    expect(packets.filter((packet) => packet['_ws.malformed'] !== '')).toEqual([])
    expect(packets.some((packet) => packet['frame.comment'] !== '')).toBe(true)
    const patchesBy = new Map<number, number>()
    for (const packet of packets) {
      const stream = Number(packet['tcp.stream'])
      const patches = packet['http.request.method'].split('|').filter((one) => one === 'PATCH')
      patchesBy.set(stream, (patchesBy.get(stream) ?? 0) + patches.length)
    }
    expect([...patchesBy].sort(([a], [b]) => a - b)).toEqual(
      connections.map(({ number, maintenance }) => [number, maintenance.patches]),
    )
  })
})

test('the list in captures/README.md is up to date (longhaul record NAME writes it)', async () => {
  const { is, due } = await readmeOf(root)
  expect(is).toBe(due)
})

// tshark has the last word: over every capture committed here, and over traces drawn by lot, all figures are equal, but for
// the differences listed in oracle/differences.ts and oracle/messages.ts. `TRACES=2000` draws more, `FIRST_TRACE=40` others.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { packetsOf, writeCapture } from './helpers/capture-writer.ts'
import { linkLayers } from './helpers/frames.ts'
import { joinedTraces } from './helpers/trace/trace.ts'
import { tellScores } from './oracle/agreement.ts'
import {
  breachesOf,
  type CaptureAgreement,
  compareBytes,
  compareCapture,
  tellMessages,
} from './oracle/capture.ts'
import { tsharkIsMissing } from './oracle/tshark.ts'

const missing = tsharkIsMissing()
const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-oracle-'))
const recordings = fileURLToPath(new URL('../../captures/recordings', import.meta.url))
const traces = Number(process.env.TRACES ?? 40)
const firstTrace = Number(process.env.FIRST_TRACE ?? 0)
const tracesInFile = 10
const httpPorts = [8080]
const agreements: CaptureAgreement[] = []

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
  if (agreements.length > 0) {
    const segments = agreements.map((agreement) => agreement.segments)
    console.log(`Agreement with tshark:\n${tellScores(segments)}\n${tellMessages(agreements)}`)
  }
})

const committed = existsSync(recordings)
  ? readdirSync(recordings).filter((name) => /\.pcap(ng)?$/.test(name))
  : []

test.for(committed)('the recording %s', (name, context) => {
  if (missing !== null) context.skip(missing)
  const file = path.join(recordings, name)
  const agreement = compareCapture(name, file, readFileSync(file), httpPorts)
  agreements.push(agreement)
  expect(breachesOf(agreement)).toEqual([])
})

const starts = Array.from(
  { length: Math.ceil(traces / tracesInFile) },
  (_, n) => firstTrace + n * tracesInFile,
)

test.for(starts)('traces drawn by lot, from number %i', (start, context) => {
  if (missing !== null) context.skip(missing)
  // Each file in another link layer.
  const layers = linkLayers.filter(({ onlyVersion }) => onlyVersion !== 6)
  const layer = layers[(start / tracesInFile) % layers.length]
  const segments = joinedTraces(start, tracesInFile)
  const bytes = writeCapture(packetsOf(segments, layer), layer?.linkType)
  const agreement = compareBytes(path.join(folder, `${start}.pcap`), bytes, httpPorts)
  agreements.push(agreement)
  expect(breachesOf(agreement)).toEqual([])
})

// The worker of the captures page gives what Node gives, for whole, compressed and damaged files; what is no capture is told in a sentence.
import { constants, gunzipSync, gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Analysis } from '../../captures/analysis.ts'
import { randomTrace } from '../captures/helpers/trace/trace.ts'
import { cleanUp } from '../helpers/server.ts'
import { chromiumPath, launchBrowser } from './browser.ts'
import {
  analysed,
  asPcap,
  asPcapng,
  drop,
  exported,
  openCaptures,
  uploadSegments,
} from './captures-scene.ts'

let browser: Browser

beforeAll(async () => {
  if (chromiumPath) browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await cleanUp()
})

const upload = uploadSegments({ patches: 12, chunk: 40_000, keeps: true, lost: 0.01 })
const whole = asPcap(upload)
const zipped = new Uint8Array(gzipSync(whole))
const damagedZip = zipped.slice()
damagedZip.fill(0xff, Math.floor(zipped.length * 0.6), Math.floor(zipped.length * 0.6) + 40)

const cutZip = zipped.subarray(0, 150_000)
const leftOfCut = gunzipSync(cutZip, { finishFlush: constants.Z_SYNC_FLUSH })

const drawnByLot = [11, 12, 13].flatMap((seed) => randomTrace(seed).segments)

/** A file, and the bytes that the analysis gets to see of it; `null`: as many as could be saved. */
const files: readonly (readonly [name: string, file: Uint8Array, bytes: Uint8Array | null])[] = [
  ['upload.pcap', whole, whole],
  ['upload.pcapng', asPcapng(upload), asPcapng(upload)],
  ['several.pcap', asPcap(drawnByLot), asPcap(drawnByLot)],
  ['compressed.pcap.gz', zipped, whole],
  ['cut.pcap', whole.subarray(0, 200_001), whole.subarray(0, 200_001)],
  ['cut-in-gzip.pcap.gz', cutZip, leftOfCut],
  ['damaged.pcap.gz', damagedZip, null],
]

test('a dropped capture is analysed as Node does it, and nothing is uploaded', {
  timeout: 60_000,
}, async (context) => {
  if (!chromiumPath) return context.skip('Chromium is not installed')
  const { page, complaints, write } = await openCaptures(context, browser)
  const sent: string[] = []
  page.on('request', (request) => {
    if (request.method() !== 'GET') sent.push(`${request.method()} ${request.url()}`)
  })
  for (const [name, file, bytes] of files) {
    const place = await write(name, file)
    await page.reload()
    await page.setInputFiles('#opening .drop input[type=file]', place)
    await page.locator('.capture-name', { hasText: name }).waitFor()
    const all: Analysis = JSON.parse((await exported(page, 'Analysis (JSON)')).toString())
    const isDamagedZip = all.warnings[0]?.text === 'the gzip data are damaged or cut'
    expect(isDamagedZip, name).toBe(name.includes('.gz') && bytes !== whole)
    const analysis = { ...all, warnings: all.warnings.slice(isDamagedZip ? 1 : 0) }
    if (bytes === null) expect(analysis.file.bytes).toBeGreaterThan(damagedZip.length * 0.55)
    // Up to the damage, to the byte: what was read is what Node makes of as many bytes.
    const same = analysed(bytes ?? whole.subarray(0, analysis.file.bytes))
    expect(analysis, name).toEqual(JSON.parse(JSON.stringify(same)))
  }
  expect(sent).toEqual([])
  expect(complaints).toEqual({ errors: [], foreign: [] })
})

test('what is no capture is told in a sentence, and the next file is read', async (context) => {
  if (!chromiumPath) return context.skip('Chromium is not installed')
  const { page, complaints, write } = await openCaptures(context, browser)
  const alert = page.getByRole('alert')
  await drop(page, ['notes.txt', Buffer.from('these are my notes, no packets')])
  await alert.filter({ hasText: /^notes\.txt: This is no capture.*Save the packets as/ }).waitFor()
  await drop(page, ['empty.pcap', new Uint8Array(0)])
  await alert.filter({ hasText: 'empty.pcap: The file is empty' }).waitFor()
  const small = asPcap(uploadSegments({ patches: 2, chunk: 5000, keeps: true }))
  await drop(page, ['small.pcap', small])
  await page.locator('#summary .verdict', { hasText: '2 PATCHes on 1 connection' }).waitFor()
  expect(await alert.isVisible()).toBe(false)
  await write('unused', new Uint8Array(0))
  expect(complaints).toEqual({ errors: [], foreign: [] })
})

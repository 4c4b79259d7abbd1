// What the tests of the captures page need: captures of simulated uploads, and the page with one of them open.
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import type { TestContext } from 'vitest'
import { createAnalyser } from '../../captures/analyse.ts'
import type { Analysis } from '../../captures/analysis.ts'
import { pcapng } from '../captures/format/build.ts'
import { describeFile, packetsOf, writeCapture } from '../captures/helpers/capture-writer.ts'
import { type Chance, chanceOf } from '../captures/helpers/chance.ts'
import type { TestSegment } from '../captures/helpers/segment.ts'
import { createClock, milliseconds } from '../captures/helpers/trace/clock.ts'
import { play } from '../captures/helpers/trace/connection.ts'
import { creation, patch, type TestExchange } from '../captures/helpers/trace/messages.ts'
import type { Leg } from '../captures/helpers/trace/path.ts'
import type { ConnectionPlan } from '../captures/helpers/trace/plan.ts'
import { randomOf } from '../captures/random.ts'
import { type RunningServer, startServer, temporaryFolder } from '../helpers/server.ts'
import { type Complaints, openPage } from './browser.ts'

export interface UploadPlan {
  readonly patches: number
  /** Bytes of each. */
  readonly chunk: number
  /** One connection for all of them, or one for each. */
  readonly keeps: boolean
  /** Share of the segments. */
  readonly lost?: number
}

const target = '/files/3f2a9c'
const client = { address: '10.77.0.1', port: 40_000 }
const service = { address: '10.77.0.2', port: 8080 }

/** The packets of an upload over a line with a round trip of 40 ms, as taken at the client. */
export function uploadSegments({ patches, chunk, keeps, lost = 0 }: UploadPlan): TestSegment[] {
  const chance = chanceOf(randomOf(7))
  const chunks = Array.from({ length: patches }, (_, n) => patch(chance, target, n * chunk, chunk))
  const all = [creation(target, patches * chunk), ...chunks]
  const groups = keeps ? [all] : all.map((exchange) => [exchange])
  const segments: TestSegment[] = []
  groups.forEach((exchanges, n) => {
    const clock = createClock()
    const before = segments.at(-1)?.time ?? -milliseconds(1)
    const plan = planOf(exchanges, client.port + n, lost, keeps)
    play(clock, chance, { ...plan, start: before + milliseconds(1) }, (one) => segments.push(one))
    clock.run(milliseconds(600_000))
  })
  return segments
}

function planOf(
  exchanges: readonly TestExchange[],
  port: number,
  lost: number,
  keeps: boolean,
): ConnectionPlan {
  const end = (own: typeof client, peer: typeof client, isn: number, peerIsn: number) => ({
    ...{ own, peer, isn, peerIsn, mss: 1460, windowScale: 7, sack: true, timestamps: true },
    ...{ buffer: 262_144, joined: 1, ackEvery: 2, probeBytes: 0 as const, keepAlive: null },
    finWithData: false,
  })
  const leg = (delay: number, share: number): Leg => ({ delay, lost: share, late: 0, doubled: 0 })
  const [near, far] = [leg(milliseconds(0.05), 0), leg(milliseconds(19.95), lost)]
  return {
    start: 0,
    opening: 'handshake',
    client: end({ ...client, port }, service, 1000 + port, 5_000_000),
    server: end(service, { ...client, port }, 5_000_000, 1000 + port),
    toServer: { before: near, behind: far },
    toClient: { before: far, behind: near },
    exchanges: exchanges.map((exchange) => ({
      ...exchange,
      ...{ idleBefore: 100_000, pauseInBody: 0, serverTime: milliseconds(1), isPipelined: false },
    })),
    serverPause: null,
    ending: keeps ? 'server-close' : 'client-close',
  }
}

export const asPcap = (segments: readonly TestSegment[]): Uint8Array =>
  writeCapture(packetsOf(segments))

export const asPcapng = (segments: readonly TestSegment[]): Uint8Array =>
  pcapng(describeFile(packetsOf(segments)))

/** Of what may be chance for a test that needs any. */
export const anyChance = (seed: number): Chance => chanceOf(randomOf(seed))

/** What Node's analyser says of these bytes. */
export function analysed(file: Uint8Array): Analysis {
  const analyser = createAnalyser()
  analyser.push(file)
  return analyser.end()
}

export interface CapturesScene {
  readonly page: Page
  readonly complaints: Complaints
  /** Writes a file to choose. */
  write(name: string, bytes: Uint8Array): Promise<string>
}

let server: Promise<RunningServer> | null = null

export async function openCaptures(
  context: TestContext,
  browser: Browser,
  hash = '',
): Promise<CapturesScene> {
  const folder = await temporaryFolder('longhaul-captures')
  // The page asks nothing of it but its own files: one serves all tests.
  server ??= startServer()
  const { url } = await server
  const profile = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  context.onTestFinished(async () => {
    await profile.close()
  })
  const { page, complaints } = await openPage(profile, `${url}/captures${hash}`)
  return {
    page,
    complaints,
    async write(name, bytes) {
      const file = path.join(folder, name)
      await writeFile(file, bytes)
      return file
    },
  }
}

/** Through the file chooser, and waits until the page has read them. */
export async function choose(page: Page, ...files: readonly string[]): Promise<void> {
  await page.setInputFiles('#opening .drop input[type=file]', [...files])
  const last = files.length > 1 ? '#comparison .verdict' : '#summary .verdict'
  await page.locator(last).waitFor()
}

/** Drops files anywhere on the page; doesn't wait for them. */
export async function drop(
  page: Page,
  ...files: readonly (readonly [name: string, bytes: Uint8Array])[]
): Promise<void> {
  await page.evaluate(
    (all) => {
      const transfer = new DataTransfer()
      for (const [called, base64] of all) {
        const content = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
        transfer.items.add(new File([content], called))
      }
      const init = { dataTransfer: transfer, bubbles: true, cancelable: true }
      document.body.dispatchEvent(new DragEvent('dragover', init))
      document.body.dispatchEvent(new DragEvent('drop', init))
    },
    files.map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')] as const),
  )
}

/** What the captures that are open are called, once they are these. */
export async function opened(page: Page, ...names: readonly string[]): Promise<void> {
  await page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll('.capture-name')].map((one) => one.textContent).join('\n') ===
        wanted.join('\n') && document.querySelector('.reading')?.closest('[hidden]') !== null,
    [...names],
  )
}

/** A part of the address after `#`. */
export const placeOf = (page: Page, name: string): Promise<string | null> =>
  page.evaluate((key) => new URLSearchParams(location.hash.slice(1)).get(key), name)

/** The text of what the page offers under this name. */
export async function exported(page: Page, label: string): Promise<Buffer> {
  await page.locator('.menu > summary').click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: label, exact: true }).click(),
  ])
  const { readFile } = await import('node:fs/promises')
  return readFile(await download.path())
}

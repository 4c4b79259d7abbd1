// The packets of an upload on the page while it goes: handshake, growing PATCHes, FIN; what is saved; and every word against the ledger's.
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest'
import type { Analysis } from '../../captures/analysis.ts'
import type { ConnectionView } from '../../server/connections.ts'
import { until } from '../helpers/process.ts'
import {
  cleanUp,
  cliPath,
  type RunningServer,
  startServer,
  temporaryFolder,
} from '../helpers/server.ts'
import { upload } from '../helpers/tus.ts'
import { chooseFiles, chromiumPath, launchBrowser, makeFile, openPage } from './browser.ts'
import { MiB, waitForFinished } from './scene.ts'

const axeSource = await readFile(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
)

let browser: Browser

beforeAll(async () => {
  if (chromiumPath) browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await cleanUp()
})

const pageTest = (name: string, run: (context: TestContext) => Promise<void>) =>
  test.concurrent(name, { timeout: 80_000 }, async (context) => {
    if (!chromiumPath) return context.skip('Chromium is not installed')
    if (process.getuid?.() !== 0) return context.skip('only root may capture without leave')
    await run(context)
  })

interface Scene {
  readonly server: RunningServer
  readonly page: Page
  readonly complaints: { readonly errors: string[]; readonly foreign: string[] }
}

/** The browser speaks to the service itself: the packets are its own. */
async function start(
  context: TestContext,
  flags: readonly string[],
  prepare: (page: Page) => Promise<unknown> = async () => {},
): Promise<Scene> {
  const server = await startServer({ flags })
  const profile = await browser.newContext()
  context.onTestFinished(async () => {
    await profile.close()
    await server.kill()
  })
  const { page, complaints } = await openPage(profile, 'about:blank')
  await prepare(page)
  await page.goto(server.url)
  await page.locator('#link[data-link=up]').waitFor()
  return { server, page, complaints }
}

/** The browser sends no faster than so many bytes a second. */
async function slowDown(page: Page, rate: number): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: rate,
  })
}

async function sendFile(page: Page, size: number): Promise<void> {
  const file = await makeFile(await temporaryFolder('longhaul-page'), 'holiday.mp4', size)
  await page.locator('#chunk-size').selectOption('1048576')
  await chooseFiles(page, [file])
}

const row = (page: Page) => page.locator('.packets-row').first()
const facts = async (page: Page) => (await row(page).locator('.facts').textContent()) ?? ''
const withFacts = (page: Page, like: RegExp) =>
  page.locator('.packets-row .facts', { hasText: like }).first().waitFor({ timeout: 20_000 })
async function verdict(page: Page, like: RegExp): Promise<void> {
  const verdicts = page.locator('.packets-row .verdict')
  try {
    await verdicts.filter({ hasText: like }).first().waitFor({ timeout: 20_000 })
  } catch (cause) {
    throw new Error(`no ${like}, but: ${(await verdicts.allTextContents()).join(' | ')}`, { cause })
  }
}

async function ledgerOf(server: RunningServer): Promise<ConnectionView[]> {
  const { open, closed } = await (await fetch(`${server.url}/api/connections`)).json()
  return [...open, ...closed]
}

/** What `longhaul explain` says of a file. */
async function explain(file: string): Promise<Analysis> {
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, [cliPath, 'explain', '--json', file], {
    maxBuffer: 64 * MiB,
  })
  return JSON.parse(stdout)
}

pageTest(
  'an upload on the wire: its handshake, PATCHes that grow, the FIN; saved, it tells the same',
  async (context) => {
    const { server, page, complaints } = await start(context, [
      ...['--capture', '--keep-alive-timeout', '3s'],
    ])
    await page.getByText('No upload passed yet.').waitFor()
    const seen = await watchFacts(page)
    // Slow enough for a busy machine to draw each PATCH more than once.
    await slowDown(page, 0.7 * MiB)
    await sendFile(page, 5 * MiB)
    await withFacts(page, /PATCH ×[1-4].* of a PATCH so far/)
    const rungs = row(page).locator('.phase').first().locator('.rung')
    expect(await rungs.count()).toBe(3)
    expect(await rungs.first().textContent()).toMatch(/frame \d+, .*client to server: SYN/)
    expect(await page.locator('.phase', { hasText: 'Termination' }).first().textContent()).toMatch(
      /Open: no FIN and no RST so far/,
    )
    await waitForFinished(page)
    await verdict(page, /^Ledger and packets agree: 5 PATCHes, 5,2\d\d,\d\d\d bytes of the client/)
    expectGrowth(await seen())
    // Chromium leaves its own side open until it needs the socket again.
    await withFacts(page, /closed by the server|only the server closed/)
    await verdict(page, /^Ledger and packets agree: 5 PATCHes, .*, ended by the server\.$/)
    const end = row(page).locator('.phase').last().locator('.rung')
    expect(await end.first().textContent()).toMatch(/server to client: FIN/)
    expect(await page.locator('.packet-growing').first().getAttribute('d')).toBe('')
    await expectSaved(server, page)
    await expectExplained(page)
    expect(complaints.errors).toEqual([])
    // The page began as about:blank, to which everything is foreign.
    expect(complaints.foreign.filter((url) => !url.startsWith(server.url))).toEqual([])
  },
)

/** Notes what is said of the first connection, and how far its open PATCH is drawn, each time that it changes. */
async function watchFacts(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const said: string[] = []
    Object.assign(globalThis, { said })
    const look = () => {
      const spans = document.querySelectorAll('.packets-row:first-child .facts > *')
      const facts = [...spans].map(({ textContent }) => textContent).join(' · ')
      const growing = document.querySelector('.packet-growing')?.getAttribute('d') ?? ''
      const bars = document.querySelector('.packet-bars')?.getAttribute('d') ?? ''
      said.push(`${facts} | ${growing} | ${bars}`)
    }
    const wanted = { subtree: true, childList: true, characterData: true, attributes: true }
    new MutationObserver(look).observe(document.querySelector('#packets') ?? document, wanted)
  })
  return () => page.evaluate(() => (globalThis as unknown as { said: string[] }).said)
}

/** PATCHes only become more, one after the other has its bar, and the open one was drawn while it grew. */
function expectGrowth(said: readonly string[]): void {
  const counts = said.flatMap((text) => /PATCH ×(\d+) ·/.exec(text)?.[1] ?? []).map(Number)
  expect(counts).toEqual([...counts].sort((a, b) => a - b))
  expect(new Set(counts).size).toBeGreaterThanOrEqual(3)
  const open = said.filter((text) => / of a PATCH so far \| M/.test(text))
  expect(new Set(open).size).toBeGreaterThanOrEqual(3)
  const last = said.at(-1)?.split(' | ') ?? []
  expect(last[1]).toBe('')
  expect(last[2]?.match(/M/g)).toHaveLength(5)
}

async function expectSaved(server: RunningServer, page: Page): Promise<void> {
  const shown = await row(page).locator('.phase').first().locator('.rung-frame').allTextContents()
  // What carried PATCHes is long over; any other connection may be new, and not recorded yet.
  const before = (await ledgerOf(server)).filter(({ patches }) => patches > 0)
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Save this capture' }).click(),
  ])
  expect(download.suggestedFilename()).toMatch(/^longhaul-\d+-\d{8}-\d{6}\.pcapng$/)
  const { connections } = await explain(await download.path())
  const entries = await ledgerOf(server)
  const counts = (port: number) => entries.find(({ client }) => client.port === port)?.patches
  expect(connections.map(({ maintenance }) => maintenance.patches)).toEqual(
    connections.map(({ client }) => counts(client.port)),
  )
  expect(before).toHaveLength(1)
  expect(connections.map(({ client }) => client.port)).toContain(before[0]?.client.port)
  const carrying = connections.find(({ maintenance }) => maintenance.patches > 0)
  expect(carrying?.initiation.packets.map((packet) => `frame ${packet}, `)).toEqual(shown)
}

/** A frame of the ladder leads to itself on the captures page, in a tab of its own. */
async function expectExplained(page: Page): Promise<void> {
  const link = row(page).locator('.rung .to-capture').first()
  const frame = /frame (\d+)/.exec((await link.textContent()) ?? '')?.[1]
  const [captures] = await Promise.all([page.context().waitForEvent('page'), link.click()])
  await captures.locator('.capture-name', { hasText: 'live.pcapng' }).waitFor()
  const detail = captures.locator('.frame-detail')
  await detail.locator('strong', { hasText: `Frame ${frame}` }).waitFor()
  expect(await detail.textContent()).toMatch(/initiation: SYN, the client asks/)
  expect(await captures.locator('#summary').textContent()).toMatch(/5\sPATCHes on 1\sconnection/)
  await captures.close()
}

pageTest('a ledger that counts one PATCH more is contradicted, in words', async (context) => {
  const { page } = await start(context, ['--capture'], (fresh) =>
    fresh.addInitScript(() => {
      const listen = EventSource.prototype.addEventListener as (
        name: string,
        take: (event: MessageEvent<string>) => void,
      ) => void
      EventSource.prototype.addEventListener = function (
        this: EventSource,
        name: string,
        take: (event: MessageEvent<string>) => void,
      ) {
        listen.call(this, name, (event) => {
          const data = JSON.parse(event.data)
          if (name === 'connection' && data.patches > 0) data.patches += 1
          take(new MessageEvent(name, { data: JSON.stringify(data) }))
        })
      } as typeof EventSource.prototype.addEventListener
    }),
  )
  await sendFile(page, 3 * MiB)
  await waitForFinished(page)
  await verdict(page, /The ledger counted 4 PATCHes, the packets show 3\./)
  // Any news of the connection makes it count anew for a moment.
  await context.expect
    .poll(() => row(page).locator('.verdict').getAttribute('data-verdict'), { timeout: 10_000 })
    .toBe('differ')
  await context.expect
    .poll(() => page.locator('#announcer').textContent(), { timeout: 10_000 })
    .toMatch(/Ledger and packets differ\. The ledger counted 4 PATCHes/)
})

async function dumpcapOf(port: number): Promise<number> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const args = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (args.startsWith('dumpcap\0') && args.includes(`tcp port ${port}\0`)) return Number(pid)
  }
  throw new Error(`no dumpcap for port ${port}`)
}

pageTest(
  'what the recorder does not see is missed, and found again; that it has ended is told',
  async (context) => {
    const { server, page } = await start(context, ['--capture'])
    const dumpcap = await dumpcapOf(server.port)
    process.kill(dumpcap, 'SIGSTOP')
    await upload(server, 'unseen')
    const alone = page.locator('.packets-alone')
    await alone
      .getByText(/TCP :\d+ → :\d+: The ledger has this connection, the packets do not\./)
      .waitFor()
    process.kill(dumpcap, 'SIGCONT')
    await verdict(page, /^Ledger and packets agree: 1 PATCH,/)
    expect(await alone.locator('li').count()).toBe(0)
    process.kill(dumpcap, 'SIGKILL')
    await page.locator('.packets-trouble', { hasText: /The capture has ended: dumpcap/ }).waitFor()
    await upload(server, 'after the end')
    await until('the second one in the ledger', async () => (await ledgerOf(server)).length > 3)
    expect(await facts(page)).toMatch(/PATCH ×1/)
  },
)

async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  return page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: typeof import('axe-core') }).axe
    const { violations } = await axe.run('#packets')
    return violations
      .filter((finding) => finding.impact === 'serious' || finding.impact === 'critical')
      .map((finding) => `${finding.id}: ${finding.nodes.map((node) => node.html).join(' ')}`)
  })
}

pageTest(
  'axe finds nothing serious, light and dark, narrow and wide; every fold opens by keyboard',
  async (context) => {
    const { server, page } = await start(context, ['--capture'])
    await upload(server, 'one')
    await upload(server, 'two')
    await verdict(page, /^Ledger and packets agree/)
    const second = page.locator('.packets-row').nth(1)
    expect(await second.locator('.phase').first().isVisible()).toBe(false)
    await second.locator('summary').first().focus()
    await page.keyboard.press('Enter')
    await second.locator('.rung', { hasText: 'FIN' }).first().waitFor()
    await second.locator('.words-box summary').first().focus()
    await page.keyboard.press('Enter')
    await second.getByText(/^The handshake took one round trip/).waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const width of [360, 1280, 2560]) {
        await page.setViewportSize({ width, height: 900 })
        await page.waitForTimeout(150)
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
        if (width < 2000) expect(await seriousFindings(page)).toEqual([])
      }
    }
  },
)

pageTest('without --capture there is a quiet line that tells how, and no more', async (context) => {
  const { page } = await start(context, [])
  await page.getByText('start the service with longhaul serve --capture').waitFor()
  expect(await page.locator('#packets').isVisible()).toBe(false)
})

// What is exported is what is shown: after another capture of the same name, another upload, another part of the time.
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { analysed, asPcap, drop, exported, opened, uploadSegments } from './captures-scene.ts'
import { capturesTests } from './captures-test.ts'

const pageTest = capturesTests()

const kept = asPcap(uploadSegments({ patches: 6, chunk: 20_000, keeps: true }))
const closed = asPcap(uploadSegments({ patches: 6, chunk: 20_000, keeps: false }))

const verdict = (page: Page, words: string) =>
  page.locator('#summary .verdict', { hasText: words }).waitFor()

const connectionsIn = async (page: Page): Promise<number> =>
  JSON.parse((await exported(page, 'Analysis (JSON)')).toString()).connections.length

pageTest('a capture is told from another one of the same name', async ({ page }) => {
  await drop(page, ['cap.pcap', kept])
  await verdict(page, 'on 1 connection')
  expect(await connectionsIn(page)).toBe(1)
  await drop(page, ['cap.pcap', closed])
  await verdict(page, 'on 6 connections')
  expect(await connectionsIn(page)).toBe(analysed(closed).connections.length)
  const trimmed = analysed(await exported(page, 'Trimmed capture (pcapng)'))
  expect(trimmed.connections).toHaveLength(analysed(closed).connections.length)
})

pageTest('so it is while two are compared', async ({ page }) => {
  await drop(page, ['cap.pcap', kept], ['other.pcap', kept])
  await opened(page, 'cap.pcap', 'other.pcap')
  await page.locator('.bar-of-captures input[type=file]').setInputFiles({
    name: 'cap.pcap',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from(closed),
  })
  await verdict(page, 'on 6 connections')
  expect(await connectionsIn(page)).toBe(analysed(closed).connections.length)
})

const titleOf = (svg: Buffer) => /<title[^>]*>([^<]*)/.exec(svg.toString())?.[1]
/** What stands along the axes of a picture. */
const labelsOf = (svg: Buffer) =>
  [...svg.toString().matchAll(/class="soft"[^>]*>([^<]*)<\/text>/g)].map(([, label]) => label)
/** How far to the left and right its strokes and blocks reach. */
const reachOf = (svg: Buffer) =>
  [...svg.toString().matchAll(/ x[12]?="(-?[\d.]+)"/g)].map(([, x]) => Number(x))

pageTest(
  'pictures are saved of the chosen upload, and of the time that is shown',
  async ({ page }) => {
    await page.locator('#offsets .u-over').first().waitFor()
    const urls = await page.getByLabel('Which upload').locator('option').allTextContents()
    const before = await exported(page, 'Upload offset (SVG)')
    const whole = await exported(page, 'Connections (SVG)')
    await page.getByLabel('Which upload').selectOption({ index: 1 })
    await page.waitForFunction(() => location.hash.includes('upload='))
    const after = await exported(page, 'Upload offset (SVG)')
    expect(urls.length).toBeGreaterThan(1)
    expect(after.equals(before)).toBe(false)
    expect(titleOf(after)).toMatch(/^Upload offset over time, /)
    for (const _ of [1, 2]) await page.getByRole('button', { name: 'Zoom in' }).click()
    await page.locator('.span-words', { hasText: ' to ' }).waitFor()
    const drawn = await page.locator('#connections svg > text.soft').allTextContents()
    const zoomed = await exported(page, 'Connections (SVG)')
    expect(zoomed.equals(whole)).toBe(false)
    for (const label of drawn) expect(labelsOf(zoomed)).toContain(label)
    const part = await exported(page, 'Upload offset (SVG)')
    for (const label of drawn) expect(labelsOf(part)).toContain(label)
    // What lies before and after isn't drawn over the words at the sides.
    expect(Math.min(...reachOf(part))).toBeGreaterThanOrEqual(0)
    expect(Math.max(...reachOf(part))).toBeLessThanOrEqual(1000)
  },
  '#file=parallel.pcapng',
)

pageTest(
  'of two captures PATCH by PATCH the bars are saved so',
  async ({ page }) => {
    await opened(page, 'keep-alive.pcapng', 'connection-close.pcapng')
    const svg = await exported(page, 'Connections (SVG)')
    expect(labelsOf(svg)).toContain('20')
    expect(labelsOf(svg).some((label) => /\d\ss$/.test(label ?? ''))).toBe(false)
  },
  '#file=keep-alive.pcapng&with=connection-close.pcapng&axis=patch',
)

pageTest('the menu closes when one looks elsewhere', async ({ page }) => {
  await drop(page, ['cap.pcap', kept])
  await opened(page, 'cap.pcap')
  const menu = page.locator('details.menu')
  const open = () => menu.evaluate((one: HTMLDetailsElement) => one.open)
  await menu.locator('summary').click()
  expect(await open()).toBe(true)
  await page.locator('#summary .verdict').click()
  expect(await open()).toBe(false)
  await menu.locator('summary').click()
  await page.locator('#connection-title').evaluate((title) => title.focus())
  expect(await open()).toBe(false)
  await menu.locator('summary').click()
  await page.evaluate(
    () => document.activeElement instanceof HTMLElement && document.activeElement.blur(),
  )
  await page.keyboard.press('Escape')
  expect(await open()).toBe(false)
})

pageTest('an export that fails is told', async ({ page }) => {
  await drop(page, ['cap.pcap', kept])
  await opened(page, 'cap.pcap')
  await page.evaluate(() => {
    URL.createObjectURL = () => {
      throw new Error('There is no room left.')
    }
  })
  await page.locator('.menu > summary').click()
  await page.getByRole('button', { name: 'Trimmed capture (pcapng)' }).click()
  await page
    .getByRole('alert')
    .filter({ hasText: 'Trimmed capture (pcapng): There is no room left.' })
    .waitFor()
})

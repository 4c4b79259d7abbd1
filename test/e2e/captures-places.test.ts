// The captures that are open are those that the address names: Back and Forward, links, files that can't be read, one closed while another is read.
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { asPcap, choose, drop, opened, placeOf, uploadSegments } from './captures-scene.ts'
import { capturesTests } from './captures-test.ts'

const pageTest = capturesTests()

const kept = asPcap(uploadSegments({ patches: 6, chunk: 20_000, keeps: true }))
const closed = asPcap(uploadSegments({ patches: 6, chunk: 20_000, keeps: false }))
const notes = Buffer.from('these are my notes, no packets')

const record = (page: Page, name: string) =>
  page.locator('.recordings button', { hasText: new RegExp(`^${name}$`) }).click()

const hint = (page: Page, words: string) => page.locator('.hint', { hasText: words }).waitFor()

pageTest('Back and Forward lead from one recording to the other', async ({ page }) => {
  await record(page, 'keep-alive')
  await opened(page, 'keep-alive.pcapng')
  await page.getByRole('button', { name: 'Close keep-alive.pcapng' }).click()
  await opened(page)
  await record(page, 'refused')
  await opened(page, 'refused.pcapng')
  await page.goBack()
  await opened(page, 'keep-alive.pcapng')
  await page.locator('#connection h2', { hasText: 'Connection 0' }).waitFor()
  await page.goForward()
  await opened(page, 'refused.pcapng')
  await page.evaluate(() => {
    location.hash = '#file=parallel.pcapng'
  })
  await opened(page, 'parallel.pcapng')
  await page.locator('#connection').waitFor()
  // A mark's own address leads into what is open.
  await page.evaluate(() => {
    location.hash = '#connection=1'
  })
  await page.locator('#connection h2', { hasText: 'Connection 1' }).waitFor()
  expect(await placeOf(page, 'file')).toBe('parallel.pcapng')
})

pageTest(
  'Back leads to a comparison of which one was closed',
  async ({ page }) => {
    await opened(page, 'keep-alive.pcapng', 'connection-close.pcapng')
    for (const name of ['connection-close.pcapng', 'keep-alive.pcapng']) {
      await page.getByRole('button', { name: `Close ${name}` }).click()
      await page.locator('#comparison').waitFor({ state: 'hidden' })
      await page.goBack()
      await opened(page, 'keep-alive.pcapng', 'connection-close.pcapng')
      await page.locator('#comparison .verdict').waitFor()
    }
  },
  '#file=keep-alive.pcapng&with=connection-close.pcapng',
)

pageTest('a file that is no longer open is asked for', async ({ page, write }) => {
  await choose(page, await write('kept.pcap', kept), await write('closed.pcap', closed))
  await page.getByRole('button', { name: 'Close closed.pcap' }).click()
  await opened(page, 'kept.pcap')
  await page.goBack()
  await hint(page, 'This link leads into kept.pcap and closed.pcap, connection 0. Open closed.pcap')
  await opened(page, 'kept.pcap')
  await drop(page, ['closed.pcap', closed])
  await opened(page, 'kept.pcap', 'closed.pcap')
  // The second one waits for the first, and is the second again.
  await page.getByRole('button', { name: 'Close kept.pcap' }).click()
  await opened(page, 'closed.pcap')
  await page.goBack()
  await hint(page, 'Open kept.pcap here')
  await opened(page, 'closed.pcap')
  await drop(page, ['kept.pcap', kept])
  await opened(page, 'kept.pcap', 'closed.pcap')
  expect(await page.locator('.hint').isVisible()).toBe(false)
  await page.evaluate(() => {
    location.hash = '#file=mine.pcap&frame=9'
  })
  await hint(page, 'This link leads into mine.pcap, frame 9. Open it here')
  await opened(page)
  expect(await page.getByRole('button', { name: 'Choose a capture' }).isVisible()).toBe(true)
})

pageTest(
  'what a link holds against a file is opened beside it',
  async ({ page, write }) => {
    await hint(page, 'This link leads into kept.pcap and keep-alive.pcapng')
    await page.setInputFiles('#opening .drop input[type=file]', await write('kept.pcap', kept))
    await opened(page, 'kept.pcap', 'keep-alive.pcapng')
    expect(await placeOf(page, 'side')).toBe('b')
  },
  '#file=kept.pcap&with=keep-alive.pcapng&side=b&connection=0',
)

pageTest('of a bad file and a good one the good one is looked at', async ({ page }) => {
  for (const files of [
    [['notes.txt', notes] as const, ['kept.pcap', kept] as const],
    [['kept.pcap', kept] as const, ['notes.txt', notes] as const],
  ]) {
    await page.goto('about:blank')
    await page.goBack()
    await drop(page, ...files)
    await opened(page, 'kept.pcap')
    await page.getByRole('alert').filter({ hasText: 'notes.txt: This is no capture' }).waitFor()
    expect(await placeOf(page, 'file')).toBe('kept.pcap')
    expect(await placeOf(page, 'with')).toBe(null)
    for (const part of ['#connections', '#connection', '#offsets', '#frames'])
      await page.locator(part).waitFor()
  }
})

pageTest('a capture closed while another is read beside it leaves it alone', async ({ page }) => {
  await record(page, 'keep-alive')
  await opened(page, 'keep-alive.pcapng')
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route('**/connection-close*', async (route) => {
    await held
    await route.continue()
  })
  await page.getByLabel('Compare with a recording').selectOption('connection-close.pcapng')
  await page.locator('.reading', { hasText: 'connection-close' }).waitFor()
  await page.getByRole('button', { name: 'Close keep-alive.pcapng' }).click()
  await page.locator('.drop').waitFor()
  release()
  await opened(page, 'connection-close.pcapng')
  expect(await placeOf(page, 'file')).toBe('connection-close.pcapng')
  expect(await placeOf(page, 'with')).toBe(null)
})

pageTest('a third file is said to be left out', async ({ page }) => {
  await drop(page, ['kept.pcap', kept], ['closed.pcap', closed], ['third.pcap', kept])
  await opened(page, 'kept.pcap', 'closed.pcap')
  await page
    .getByRole('alert')
    .filter({ hasText: 'Two captures can be open at once: third.pcap was left out.' })
    .waitFor()
})

pageTest('a recording that can’t be fetched can be asked for again', async ({ page }) => {
  await record(page, 'keep-alive')
  await opened(page, 'keep-alive.pcapng')
  await page.evaluate(() => {
    const { fetch } = window
    window.fetch = () => {
      window.fetch = fetch
      return Promise.reject(new TypeError('Failed to fetch'))
    }
  })
  const choice = page.getByLabel('Compare with a recording')
  await choice.selectOption('refused.pcapng')
  await page
    .getByRole('alert')
    .filter({
      hasText: /^refused\.pcapng: It can’t be fetched from the server just now\. Try again\.$/,
    })
    .waitFor()
  expect(await choice.inputValue()).toBe('')
  await choice.selectOption('refused.pcapng')
  await opened(page, 'keep-alive.pcapng', 'refused.pcapng')
  expect(await page.getByRole('alert').isVisible()).toBe(false)
})

pageTest('whichever of two is looked at, a connection of it is shown', async ({ page, write }) => {
  await choose(page, await write('kept.pcap', kept), await write('closed.pcap', closed))
  const title = page.locator('#connection h2')
  await title.filter({ hasText: 'Connection 0' }).waitFor()
  await page.getByTitle('Show the details of closed.pcap').click()
  // The first connection brought no PATCH.
  await title.filter({ hasText: 'Connection 1' }).waitFor()
  await page
    .locator('.column[data-side=b] svg a[data-connection="3"]')
    .click({ position: { x: 4, y: 4 } })
  await title.filter({ hasText: 'Connection 3' }).waitFor()
  await page.getByTitle('Show the details of kept.pcap').click()
  await title.filter({ hasText: 'Connection 0' }).waitFor()
  await page.getByTitle('Show the details of closed.pcap').click()
  await title.filter({ hasText: 'Connection 3' }).waitFor()
  await page.getByRole('button', { name: 'Close closed.pcap' }).click()
  await title.filter({ hasText: 'Connection 0' }).waitFor()
  expect(await placeOf(page, 'connection')).toBe('0')
})

// The captures page by hand and eye: choosing connections and frames, filters, comparison, exports, links, keyboard, screen reader.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { compare } from '../../captures/report/compare.ts'
import { explainText } from '../../captures/report/explain-text.ts'
import { duration } from '../../captures/report/quantity.ts'
import { analysed, asPcap, choose, exported, uploadSegments } from './captures-scene.ts'
import { capturesTests } from './captures-test.ts'

const axeSource = await readFile(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
)

const pageTest = capturesTests()

const kept = asPcap(uploadSegments({ patches: 20, chunk: 30_000, keeps: true, lost: 0.01 }))
const closed = asPcap(uploadSegments({ patches: 20, chunk: 30_000, keeps: false }))

const textOf = async (page: Page, selector: string) =>
  ((await page.locator(selector).first().textContent()) ?? '').replaceAll('\u00a0', ' ')

const rows = (page: Page) => page.locator('#frames .list-rows .list-row')

pageTest('the page says what the command says, and shows each phase', async ({ page, write }) => {
  await choose(page, await write('kept.pcap', kept))
  const told = explainText(analysed(kept), { width: 100_000, colour: false }).replaceAll(
    '\u00a0',
    ' ',
  )
  expect(told).toContain(await textOf(page, '#summary .verdict'))
  expect(await textOf(page, '#connection h2')).toBe('Connection 0')
  // The terminal breaks its lines: what is compared is the words.
  const words = told.replace(/\s+/g, ' ')
  for (const phase of ['initiation', 'maintenance', 'termination']) {
    const sentences = await page.locator(`.card-${phase} .points > li`).allTextContents()
    expect(sentences.length, phase).toBeGreaterThan(2)
    for (const one of sentences)
      expect(words).toContain(one.replaceAll('\u00a0', ' ').replace(/\s+/g, ' '))
  }
  expect(await page.locator('.card-maintenance tbody tr').count()).toBe(21)
  expect(await page.locator('.card-initiation svg a[data-frame]').count()).toBe(3)
})

pageTest('any mark leads to its frame, any filter to fewer', async ({ page, write }) => {
  await choose(page, await write('kept.pcap', kept))
  const { file } = analysed(kept)
  const total = page.locator('#frames [role=status]')
  await total
    .filter({ hasText: `${file.packets.toLocaleString('en').replace(',', '\u00a0')}\u00a0frames.` })
    .waitFor()
  await page.locator('.card-termination svg a[data-frame]').first().click()
  const fin = analysed(kept).connections[0]?.termination.packets[0] ?? 0
  await page.locator('.frame-detail strong', { hasText: `Frame ${fin}` }).waitFor()
  const chosen = page.locator('#frames .list-row[aria-selected=true]')
  expect(await chosen.textContent()).toMatch(/FIN, ACK.*termination: FIN, ACK of the server/)
  await page.getByLabel('Which frames').selectOption('ends')
  await total.filter({ hasText: /^\d of / }).waitFor()
  const flags = await rows(page).locator(':nth-child(5)').allTextContents()
  expect(flags.every((text) => /SYN|FIN/.test(text))).toBe(true)
  await page.getByLabel('Which frames').selectOption('losses')
  await page.getByLabel('Text in the frames').fill('retransmission')
  await rows(page).filter({ hasText: 'retransmission' }).first().waitFor()
  await page.getByLabel('Which frames').selectOption('all')
  await page.getByLabel('Text in the frames').fill('204 answered')
  await total.filter({ hasText: /^20 of / }).waitFor()
  expect(await rows(page).first().textContent()).toContain('answered: 204, Upload-Offset 30000')
})

pageTest(
  'two captures: the verdict first, one axis, the account of the difference',
  async ({ page, write }) => {
    await choose(page, await write('kept.pcap', kept), await write('closed.pcap', closed))
    const expected = compare(analysed(kept), analysed(closed), { a: 'kept.pcap', b: 'closed.pcap' })
    expect(await textOf(page, '#comparison .verdict')).toBe(expected.verdict)
    expect(JSON.parse((await exported(page, 'Comparison (JSON)')).toString())).toEqual(
      JSON.parse(JSON.stringify(expected)),
    )
    const ticks = (side: string) =>
      page.locator(`.column[data-side=${side}] svg > text.soft`).allTextContents()
    expect((await ticks('a')).length).toBeGreaterThan(2)
    expect(await ticks('a')).toEqual(await ticks('b'))
    // The shorter one is said to take the time that it took, and the plots lie side by side.
    const one = analysed(kept).connections[0]
    const plotted = (side: string) => page.locator(`#offsets .column[data-side=${side}]`)
    await plotted('a')
      .getByText(` in ${duration((one?.end ?? 0) - (one?.start ?? 0))}, `)
      .waitFor()
    const topOf = (side: string) =>
      plotted(side)
        .locator('.u-over')
        .first()
        .evaluate((over) => over.getBoundingClientRect().top)
    await plotted('b').locator('.u-over').first().waitFor()
    expect(await topOf('a')).toBe(await topOf('b'))
    await page.getByLabel('Axis of both captures').selectOption('patch')
    await page.waitForFunction(() => location.hash.includes('axis=patch'))
    expect(await ticks('a')).toContain('20')
    // A bar of B shows that connection of B.
    await page.locator('.column[data-side=b] svg a[data-connection="3"]').click()
    await page.locator('#connection h2', { hasText: 'Connection 3' }).waitFor()
    expect(await page.locator('.chip[data-current] .capture-name').textContent()).toBe(
      'closed.pcap',
    )
    // A block of it leads to its frame, and to the connection that it is on.
    await page
      .locator('.column[data-side=b] svg g[data-frame]', { hasText: 'PATCH 270000' })
      .click()
    await page.locator('#connection h2', { hasText: 'Connection 10' }).waitFor()
    await page.locator('.frame-detail strong', { hasText: /^Frame \d+$/ }).waitFor()
    await page.getByRole('button', { name: 'Close kept.pcap' }).click()
    await page.locator('#comparison').waitFor({ state: 'hidden' })
    expect(await page.locator('.capture-name').allTextContents()).toEqual(['closed.pcap'])
  },
)

pageTest('a capture that another is held against can still be asked', async ({ page, write }) => {
  await choose(page, await write('kept.pcap', kept))
  await page
    .locator('input[aria-label="Compare with…"]')
    .setInputFiles(await write('closed.pcap', closed))
  await page.locator('#comparison .verdict').waitFor()
  expect(await page.locator('.chip[data-current] .capture-name').textContent()).toBe('kept.pcap')
  await page.getByLabel('Which frames').selectOption('ends')
  await page
    .locator('#frames [role=status]')
    .filter({ hasText: /^\d of / })
    .waitFor()
  const trimmed = analysed(await exported(page, 'Trimmed capture (pcapng)'))
  expect(trimmed.connections).toHaveLength(1)
})

pageTest(
  'two captures: offsets and bytes in flight on one axis, which is zoomed and read for both at once',
  async ({ page, write }) => {
    await choose(page, await write('kept.pcap', kept), await write('closed.pcap', closed))
    const plots = (side: string) => page.locator(`#offsets .column[data-side=${side}] .plot`)
    const reading = async (side: string) =>
      ((await page.locator(`.column[data-side=${side}] .plot-reading`).textContent()) ?? '').split(
        ' · ',
      )
    for (const side of ['a', 'b']) expect(await plots(side).locator('.u-over').count()).toBe(2)
    const ticks = (side: string) =>
      page.locator(`#connections .column[data-side=${side}] svg > text.soft`).allTextContents()
    const spans = () =>
      page.evaluate(() => new URLSearchParams(location.hash.slice(1)).get('time')?.split('-') ?? [])
    /** Where the pointer is, in the time of both. */
    const readAt = async (share: number) => {
      const box = await plots('b').first().locator('.u-over').boundingBox()
      if (box === null) throw new Error('no plot')
      await page.mouse.move(box.x + box.width * share, box.y + box.height / 2)
      return box
    }
    await plots('b').first().scrollIntoViewIfNeeded()
    await readAt(0.2)
    const [a, b] = [await reading('a'), await reading('b')]
    expect(a[0]).toMatch(/^\d+\.\d+ s$/)
    // The nearest segment of each: not more than a round trip apart.
    expect(Math.abs(Number.parseFloat(a[0] ?? '') - Number.parseFloat(b[0] ?? ''))).toBeLessThan(
      0.05,
    )
    expect(a[1]).not.toBe(b[1])
    // A stretch of B's time is shown of both.
    const box = await readAt(0.1)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.3, box.y + 20, { steps: 4 })
    await page.mouse.up()
    await page.waitForFunction(() => location.hash.includes('time='))
    const [from = 0, to = 0] = (await spans()).map(Number)
    const whole = Math.max(
      ...[kept, closed].map((file) =>
        Math.max(...analysed(file).connections.map(({ end }) => end)),
      ),
    )
    expect(from).toBeCloseTo(0.1 * whole, 1)
    expect(to).toBeCloseTo(0.3 * whole, 1)
    await page.waitForFunction(
      (text) => document.querySelector('.span-words')?.textContent?.startsWith(text),
      from.toFixed(6).slice(0, 4),
    )
    expect(await ticks('a')).toEqual(await ticks('b'))
    for (const share of [0.02, 0.98]) {
      await readAt(share)
      for (const side of ['a', 'b']) {
        const seconds = Number.parseFloat((await reading(side))[0] ?? '')
        expect(seconds).toBeGreaterThanOrEqual(from)
        expect(seconds).toBeLessThanOrEqual(to)
      }
    }
    // One step in the history, and a step back from it.
    await page.goBack()
    await page.waitForFunction(() => !location.hash.includes('time='))
    await page.getByRole('button', { name: 'Zoom in' }).click()
    await page.waitForFunction(() => location.hash.includes('time='))
    const [start = 0, end = 0] = (await spans()).map(Number)
    expect(end - start).toBeCloseTo(whole / 2, 1)
    await page.getByRole('button', { name: 'Show the whole time' }).click()
    await page.waitForFunction(() => !location.hash.includes('time='))
    // Who has the link arrives at the same part of the time.
    await page.getByLabel('Axis of both captures').selectOption('clock')
    await page.getByRole('button', { name: 'Zoom in' }).click()
    await page.waitForFunction(() => location.hash.includes('time='))
  },
)

pageTest(
  'a link into a part of the time of two recordings leads there',
  async ({ page }) => {
    await page.locator('#comparison .verdict').waitFor()
    await page.locator('#offsets .column[data-side=b] .u-over').first().waitFor()
    expect(await textOf(page, '.span-words')).toBe('0.500000 to 1.000000 s')
    expect(await page.evaluate(() => location.hash)).toContain('time=0.5-1')
    expect(await textOf(page, '#offsets .column[data-side=a] p')).toContain('in 500 ms')
  },
  '#file=keep-alive.pcapng&with=connection-close.pcapng&time=0.5-1',
)

pageTest(
  'a link to two recordings of the page opens them, compared',
  async ({ page }) => {
    const [a, b] = await Promise.all(
      ['keep-alive.pcapng', 'connection-close.pcapng'].map((name) =>
        readFile(new URL(`../../captures/recordings/${name}`, import.meta.url)),
      ),
    )
    if (a === undefined || b === undefined) throw new Error('no recordings')
    const names = { a: 'keep-alive.pcapng', b: 'connection-close.pcapng' }
    const { verdict } = compare(analysed(a), analysed(b), names)
    await page.locator('#comparison .verdict').waitFor()
    expect(await textOf(page, '#comparison .verdict')).toBe(verdict)
    await page.getByLabel('Open a recording').selectOption('connection-close.pcapng')
    await page.locator('.chip').first().locator('text=connection-close.pcapng').waitFor()
    expect(await page.evaluate(() => location.hash)).toContain('file=connection-close.pcapng')
  },
  '#file=keep-alive.pcapng&with=connection-close.pcapng',
)

pageTest('what is exported can be used elsewhere', async ({ page, write }) => {
  await choose(page, await write('kept.pcap', kept))
  const trimmed = analysed(await exported(page, 'Trimmed capture (pcapng)'))
  expect(trimmed.file.bytes).toBeLessThan(kept.length / 2)
  expect(trimmed.connections).toEqual(analysed(kept).connections)
  for (const label of [
    'Connections (SVG)',
    'Upload offset (SVG)',
    'Termination of connection 0 (SVG)',
  ]) {
    const svg = (await exported(page, label)).toString()
    // Elsewhere no policy of this page holds.
    const elsewhere = await page.context().newPage()
    const fault = await elsewhere.evaluate((text) => {
      const parsed = new DOMParser().parseFromString(text, 'image/svg+xml')
      return parsed.querySelector('parsererror')?.textContent ?? null
    }, svg)
    expect(fault, label).toBeNull()
    expect(svg).toContain('<style>')
    expect(svg).not.toContain('<a ')
  }
})

pageTest(
  'a link holds the place; whoever has the file arrives there, and Back goes back',
  async ({ page, write }) => {
    await page.locator('.hint', { hasText: 'This link leads into closed.pcap, frame 90' }).waitFor()
    await choose(page, await write('closed.pcap', closed))
    await page.locator('#connection h2', { hasText: 'Connection 4' }).waitFor()
    await page.locator('.frame-detail strong', { hasText: 'Frame 90' }).waitFor()
    expect(await page.getByLabel('Which frames').inputValue()).toBe('data')
    expect(await textOf(page, '.span-words')).toBe('0.100000 to 0.900000 s')
    await page.locator('#connections svg a[data-connection="5"]').click()
    await page.locator('#connection h2', { hasText: 'Connection 5' }).waitFor()
    expect(await page.evaluate(() => location.hash)).toContain('connection=5')
    await page.goBack()
    await page.locator('#connection h2', { hasText: 'Connection 4' }).waitFor()
  },
  '#file=closed.pcap&connection=4&frame=90&show=data&time=0.1-0.9',
)

pageTest('everything is reached and done by keyboard', async ({ page, write }) => {
  await choose(page, await write('closed.pcap', closed))
  const focused = () =>
    page.evaluate(() => {
      const { activeElement } = document
      const named = activeElement?.querySelector('[role=img]') ?? activeElement
      return named?.getAttribute('aria-label') ?? named?.textContent ?? ''
    })
  const tabTo = async (like: RegExp) => {
    for (let press = 0; press < 60 && !like.test(await focused()); press++)
      await page.keyboard.press('Tab')
    expect(await focused()).toMatch(like)
  }
  await page.locator('body').press('Tab')
  await tabTo(/^Export/)
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await tabTo(/^Zoom in/)
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => location.hash.includes('time='))
  await tabTo(/^Connection 0,/)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  expect(await focused()).toMatch(/^Connection 2, port/)
  await page.keyboard.press('Enter')
  await page.locator('#connection h2', { hasText: 'Connection 2' }).waitFor()
  expect(await focused()).toMatch(/^Connection 2, port/)
  await page.getByText('Connection 2 is shown.').waitFor({ state: 'attached' })
  await page.locator('.list-scroller').focus()
  await page.keyboard.press('End')
  const last = analysed(closed).file.packets
  await page.locator('.frame-detail strong', { hasText: `Frame ${last}` }).waitFor()
  const active = await page.locator('.list-scroller').getAttribute('aria-activedescendant')
  expect(await page.locator(`[id="${active}"]`).getAttribute('aria-selected')).toBe('true')
})

/** Serious and critical findings of axe. */
async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  return page.evaluate(async () => {
    const axe: {
      run: () => Promise<{
        violations: { id: string; impact: string; nodes: { html: string }[] }[]
      }>
    } = Reflect.get(window, 'axe')
    const { violations } = await axe.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
  })
}

pageTest(
  'no width makes it scroll sideways, no reader is left out, light or dark',
  async ({ page, write }) => {
    expect(await seriousFindings(page)).toEqual([])
    await choose(page, await write('kept.pcap', kept), await write('closed.pcap', closed))
    await rows(page).first().waitFor()
    for (const details of await page.locator('details.alternative > summary').all())
      await details.click()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const width of [360, 1280, 2560]) {
        await page.setViewportSize({ width, height: 900 })
        await page.waitForTimeout(150)
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
        if (width === 360) expect(await seriousFindings(page)).toEqual([])
      }
    }
  },
)

// The page from an empty folder to a download: what it shows while a file goes, its lists, keyboard, screen reader, every width.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { expect, type TestContext } from 'vitest'
import { chooseFiles, makeFile, openPage } from './browser.ts'
import { pageTests } from './page-test.ts'
import { bringTo, MiB, openScene, phase, waitForFinished } from './scene.ts'

const axeSource = await readFile(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
)

const { browser, pageTest } = pageTests()

async function start(context: TestContext, options: Parameters<typeof openScene>[0] = {}) {
  const scene = await openScene(options)
  const profile = await browser().newContext()
  context.onTestFinished(async () => {
    await profile.close()
    await scene.close()
  })
  const { page, complaints } = await openPage(profile, scene.link.url)
  return { scene, profile, page, complaints }
}

pageTest(
  'a dropped file arrives whole over one connection, without a complaint or a request elsewhere',
  async (context) => {
    const { scene, page, complaints } = await start(context, { rate: 10 * MiB })
    await page.locator('#chunk-size').selectOption('1048576')
    await chooseFiles(page, [scene.file])
    await bringTo(scene, page, 5)
    const facts = await page.locator('.transfer .facts').textContent()
    expect(facts).toMatch(/of 20\.0 MiB safe.* MiB sent/)
    const lane = page.locator('.lane-row[data-own]', { hasText: 'holiday.mp4' })
    expect(await lane.textContent()).toMatch(/TCP :\d+ → :\d+.*PATCH ×\d+.*holiday\.mp4/)
    scene.link.allow(Number.POSITIVE_INFINITY)
    await waitForFinished(page)
    await page.getByText('20 chunks went over one connection: 19 handshakes saved.').waitFor()
    await scene.expectWhole()
    expect(await lane.count()).toBe(1)
    expect(complaints).toEqual({ errors: [], foreign: [] })
  },
)

pageTest(
  'files and folders dropped anywhere on the page go one after the other',
  async (context) => {
    const { scene, page } = await start(context, { size: 3 * MiB })
    const names = ['a.txt', 'b.txt', 'a.txt']
    // A drop as the browser makes it: the folder is given as a list of files, here two of the same name.
    await page.evaluate((list) => {
      const transfer = new DataTransfer()
      for (const [index, name] of list.entries()) {
        transfer.items.add(new File([`text ${index}`], name, { lastModified: 1000 + index }))
      }
      const init = { dataTransfer: transfer, bubbles: true, cancelable: true }
      document.querySelector('#finished')?.dispatchEvent(new DragEvent('dragover', init))
      document.querySelector('#finished')?.dispatchEvent(new DragEvent('drop', init))
    }, names)
    await page.locator('.finished').nth(2).waitFor()
    expect((await page.locator('.finished .name').allTextContents()).sort()).toEqual(
      [...names].sort(),
    )
    const all = await scene.uploads()
    expect(all.map((upload) => upload.offset)).toEqual([6, 6, 6])
  },
)

pageTest('an empty file and names in any script are files like others', async (context) => {
  const { scene, page } = await start(context)
  const empty = await makeFile(scene.folder, 'leer.txt', 0)
  const polyglot = await makeFile(scene.folder, 'Zażółć 三月 “x”.bin', 5000)
  await chooseFiles(page, [empty, polyglot])
  await waitForFinished(page, 'leer.txt')
  await waitForFinished(page, polyglot.name)
})

pageTest('a name that would turn the writing around is shown as what it is', async (context) => {
  const { scene, page } = await start(context)
  const posing = await makeFile(scene.folder, 'report\u202egpj.exe', 5000)
  await chooseFiles(page, [posing])
  await waitForFinished(page, 'report\ufffdgpj.exe')
  const sentence = page.locator('#report', { hasText: 'report\ufffdgpj.exe is finished' })
  await sentence.waitFor()
  await page.getByRole('button', { name: 'Delete report\ufffdgpj.exe' }).click()
  expect(await page.locator('dialog h2').textContent()).toBe('Delete report\ufffdgpj.exe?')
  await page.getByRole('button', { name: 'Keep it' }).click()
  // On a phone as well nothing of a long name is cut.
  await page.setViewportSize({ width: 320, height: 700 })
  const long = await makeFile(scene.folder, `${'a long name '.repeat(9)}2026.xlsx`, 1000)
  await chooseFiles(page, [long])
  await waitForFinished(page, '2026.xlsx')
  const name = page.locator('.finished .name', { hasText: '2026.xlsx' })
  expect(await name.evaluate((one) => one.scrollHeight - one.clientHeight)).toBe(0)
  expect(await name.evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0)
})

pageTest('a file that is chosen twice is told, and goes once', async (context) => {
  const { scene, page } = await start(context)
  await chooseFiles(page, [scene.file])
  await bringTo(scene, page, 3)
  await chooseFiles(page, [scene.file])
  await page.locator('#report', { hasText: 'holiday.mp4 is already in the list.' }).waitFor()
  expect(await page.locator('.transfer').count()).toBe(1)
  scene.link.allow(Number.POSITIVE_INFINITY)
  await waitForFinished(page)
  await scene.expectWhole()
})

pageTest(
  'a finished file is downloaded under its name, and deleted only after a yes',
  async (context) => {
    const { scene, page } = await start(context, { size: 2 * MiB })
    await chooseFiles(page, [scene.file])
    await waitForFinished(page)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download holiday.mp4' }).click(),
    ])
    expect(download.suggestedFilename()).toBe('holiday.mp4')
    const bytes = await readFile(await download.path())
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(scene.file.sha256)
    const remove = page.getByRole('button', { name: 'Delete holiday.mp4' })
    await remove.click()
    const dialog = page.getByRole('dialog', { name: 'Delete holiday.mp4?' })
    await dialog.waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(await scene.uploads()).toHaveLength(1)
    await remove.click()
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await page.locator('.finished').waitFor({ state: 'detached' })
    expect(await scene.uploads()).toEqual([])
  },
)

pageTest('cancel asks: what is safe may stay for later, or be deleted', async (context) => {
  const { scene, page } = await start(context)
  await chooseFiles(page, [scene.file])
  await bringTo(scene, page, 3)
  await page.getByRole('button', { name: 'Cancel holiday.mp4' }).click()
  await page.getByRole('button', { name: 'Stop, keep what is safe' }).click()
  await page.locator('.unfinished').waitFor()
  scene.link.allow(Number.POSITIVE_INFINITY)
  // What had left the browser arrives, and then the end of that connection.
  const states = async () => (await scene.uploads()).map(({ active, state }) => ({ active, state }))
  await context.expect
    .poll(states, { timeout: 20_000 })
    .toEqual([{ active: false, state: 'unfinished' }])
  scene.link.allow(MiB)
  await page.locator('.unfinished input').setInputFiles(scene.file.path)
  await phase(page, 'sending').waitFor()
  await page.getByRole('button', { name: 'Cancel holiday.mp4' }).click()
  await page.getByRole('button', { name: 'Delete from the server' }).click()
  await page.locator('.transfer').waitFor({ state: 'detached' })
  await context.expect.poll(() => scene.uploads(), { timeout: 10_000 }).toEqual([])
})

pageTest('what ends while a question about it stands is told as it is', async (context) => {
  const { scene, page } = await start(context)
  await chooseFiles(page, [scene.file])
  await bringTo(scene, page, 3)
  await page.getByRole('button', { name: 'Cancel holiday.mp4' }).click()
  scene.link.allow(Number.POSITIVE_INFINITY)
  await waitForFinished(page)
  await page.getByRole('button', { name: 'Delete from the server' }).click()
  await page.locator('#report', { hasText: /holiday\.mp4 was finished meanwhile/ }).waitFor()
  await scene.expectWhole()
  // The button that asked is gone with its row: the keyboard goes on from a heading.
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H2')
})

pageTest('who is in the last row of a list when it goes is led on', async (context) => {
  const { scene, page } = await start(context)
  await chooseFiles(page, [scene.file])
  await bringTo(scene, page, 3)
  await page.getByRole('button', { name: 'Pause holiday.mp4' }).focus()
  scene.link.allow(Number.POSITIVE_INFINITY)
  await waitForFinished(page)
  await page.locator('.transfer').waitFor({ state: 'detached' })
  const focused = await page.evaluate(() => {
    const { activeElement } = document
    return [activeElement?.tagName, activeElement?.closest('section')?.hidden]
  })
  expect(focused).toEqual(['H2', false])
})

pageTest('closing the page in the middle warns once, with what is true', async (context) => {
  const { scene, page } = await start(context)
  await chooseFiles(page, [scene.file])
  await bringTo(scene, page, 3)
  const asked = new Promise<string>((resolve) => {
    page.once('dialog', (dialog) => {
      resolve(dialog.type())
      void dialog.dismiss()
    })
  })
  await page.close({ runBeforeUnload: true })
  expect(await asked).toBe('beforeunload')
  expect(await page.locator('#leaving').textContent()).toMatch(
    /1 upload under way\. .* MiB are safe and stay safe if you leave\. The server keeps it for 7 days/,
  )
  scene.link.allow(Number.POSITIVE_INFINITY)
  await waitForFinished(page)
  await scene.expectWhole()
})

async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  return page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: typeof import('axe-core') }).axe
    const { violations } = await axe.run()
    return violations
      .filter((finding) => finding.impact === 'serious' || finding.impact === 'critical')
      .map((finding) => `${finding.id}: ${finding.nodes.map((node) => node.html).join(' ')}`)
  })
}

pageTest(
  'axe finds nothing serious, light and dark, narrow and wide, in the middle of it all',
  async (context) => {
    const { scene, page } = await start(context, { size: 40 * MiB })
    const small = await makeFile(scene.folder, 'scan.iso', MiB)
    const stopped = await makeFile(scene.folder, 'thesis.tar', 8 * MiB)
    await page.locator('#chunk-size').selectOption('1048576')
    await chooseFiles(page, [small])
    await waitForFinished(page, 'scan.iso')
    await chooseFiles(page, [stopped])
    await bringTo(scene, page, 1)
    await page.getByRole('button', { name: 'Cancel thesis.tar' }).click()
    await page.getByRole('button', { name: 'Stop, keep what is safe' }).click()
    await page.locator('.unfinished').waitFor()
    await chooseFiles(page, [scene.file])
    await bringTo(scene, page, 2)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const width of [360, 768, 1280, 2560]) {
        await page.setViewportSize({ width, height: 900 })
        // Uppy measures itself a moment after a resize.
        await page.waitForTimeout(150)
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
        if (width === 360 || width === 1280) expect(await seriousFindings(page)).toEqual([])
      }
    }
    await page.getByRole('button', { name: 'Cancel holiday.mp4' }).click()
    expect(await seriousFindings(page)).toEqual([])
  },
)

pageTest('everything is reached and done by keyboard', async (context) => {
  const { scene, page } = await start(context)
  await chooseFiles(page, [scene.file])
  await bringTo(scene, page, 2)
  const focused = () =>
    page.evaluate(() => {
      const { activeElement } = document
      return activeElement?.getAttribute('aria-label') ?? activeElement?.textContent ?? ''
    })
  const hasRing = () =>
    page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(
        document.activeElement ?? document.body,
      )
      return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2
    })
  const stops: string[] = []
  const ringless: string[] = []
  await page.locator('body').press('Tab')
  for (let press = 0; press < 14; press++) {
    stops.push(await focused())
    if (!(await hasRing())) ringless.push(await focused())
    if (stops.at(-1)?.startsWith('Cancel')) break
    await page.keyboard.press('Tab')
  }
  expect(stops).toEqual(
    expect.arrayContaining([
      'choose files',
      'choose a folder',
      'Pause holiday.mp4',
      'Cancel holiday.mp4',
    ]),
  )
  expect(ringless).toEqual([])
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  await phase(page, 'paused').waitFor()
  expect(await focused()).toBe('Resume holiday.mp4')
  scene.link.allow(Number.POSITIVE_INFINITY)
  await page.keyboard.press('Enter')
  await waitForFinished(page)
  await context.expect
    .poll(() => page.locator('#announcer').textContent(), { timeout: 10_000 })
    .toMatch(/holiday\.mp4 is finished/)
})

// One file over several connections: parts that the server joins, and that go on after a pause, a reload, a killed server.
import { readdir } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, type TestContext } from 'vitest'
import { chooseFiles, openPage, ownErrors } from './browser.ts'
import { pageTests } from './page-test.ts'
import { MiB, openScene, phase, type Scene, sentenceOf, sleep, waitForFinished } from './scene.ts'

const { browser, pageTest } = pageTests()

async function start(context: TestContext) {
  const scene = await openScene({ rate: Number.POSITIVE_INFINITY })
  const profile = await browser().newContext()
  context.onTestFinished(async () => {
    await profile.close()
    await scene.close()
  })
  const opened = await openPage(profile, scene.link.url)
  // Nothing of a file passes before the test says how much.
  scene.link.allow(0)
  await opened.page.locator('#chunk-size').selectOption('1048576')
  await opened.page.locator('#connections').selectOption('3')
  return { scene, profile, ...opened }
}

const safeOf = async (page: Page, row: string) =>
  Number.parseFloat((await page.locator(`${row} .facts`).textContent()) ?? '0')

/** Lets bytes through until the page says that so many MiB are safe in all parts together, then none. */
async function bringTo({ link }: Scene, page: Page, mib: number): Promise<void> {
  link.allow(0)
  let before = -1
  for (;;) {
    const safe = await safeOf(page, '.transfer').catch(() => 0)
    if (safe >= mib) return
    if (link.allowed() <= 0 && safe === before) link.allow(1.5 * MiB)
    before = safe
    await sleep(200)
  }
}

pageTest(
  'over three connections, paused, reloaded and taken up again, it is one whole file',
  async (context) => {
    const { scene, page, complaints } = await start(context)
    await page.getByText('up to 3 parts at once, each over a TCP connection of its own').waitFor()
    await chooseFiles(page, [scene.file])
    await bringTo(scene, page, 4)
    // Parts are nobody's uploads.
    expect(await scene.uploads()).toEqual([])
    await page.getByText(/chunks went over 3 connections/).waitFor()
    const lanes = page.locator('.lane-row[data-own]', { hasText: 'holiday.mp4' })
    expect(await lanes.count()).toBe(3)

    await page.getByRole('button', { name: 'Pause holiday.mp4' }).click()
    await phase(page, 'paused').waitFor()
    const held = await safeOf(page, '.transfer')
    await page.getByRole('button', { name: 'Resume holiday.mp4' }).click()
    await phase(page, 'sending').waitFor()
    await bringTo(scene, page, held + 4)
    page.once('dialog', (dialog) => void dialog.accept())
    await page.reload()
    const received = scene.link.received()
    scene.link.allow(Number.POSITIVE_INFINITY)
    const row = page.locator('.unfinished')
    await row.getByText('in 3 parts, which only this browser knows').waitFor()
    const safe = await safeOf(page, '.unfinished')
    expect(safe).toBeGreaterThanOrEqual(8)
    // Chosen anew, whatever is set by now, it goes on in the parts it has.
    await page.locator('#connections').selectOption('1')
    await row.locator('input[type=file]').setInputFiles(scene.file.path)
    await waitForFinished(page)
    await scene.expectWhole()
    // What was safe isn't sent again; of each part a chunk was on its way at the reload.
    expect(scene.link.received() - received).toBeLessThan(scene.file.size - (safe - 4) * MiB)
    const finished = page.locator('.finished')
    await finished.locator('.digest-word', { hasText: 'equal' }).waitFor()
    expect(await finished.textContent()).toMatch(/put together from 3 parts/)
    expect(await finished.locator('.digest-whole').textContent()).toBe(
      `${scene.file.sha256.slice(0, 32)} ${scene.file.sha256.slice(32)}`,
    )
    expect(ownErrors(complaints)).toEqual([])
  },
)

pageTest('a killed server and damaged chunks cost the parts nothing', async (context) => {
  const { scene, page } = await start(context)
  await chooseFiles(page, [scene.file])
  await bringTo(scene, page, 3)
  const restarted = scene.killAndRestart(1500)
  await phase(page, 'waiting').waitFor()
  await restarted
  scene.link.damage(2)
  scene.link.allow(Number.POSITIVE_INFINITY)
  await waitForFinished(page)
  await scene.expectWhole()
  await page.locator('.finished .digest-word', { hasText: 'equal' }).waitFor()
  expect(await page.locator('.finished .sentence').textContent()).toMatch(
    /^(A chunk arrived damaged and was|2 chunks arrived damaged and were) sent again\.$/,
  )
})

pageTest('what stays damaged stops all parts, and Retry goes on with each', async (context) => {
  const { scene, page } = await start(context)
  await chooseFiles(page, [scene.file])
  await bringTo(scene, page, 3)
  // A pause first: tus-js-client alone would say nothing of an error after it.
  await page.getByRole('button', { name: 'Pause holiday.mp4' }).click()
  await phase(page, 'paused').waitFor()
  await page.getByRole('button', { name: 'Resume holiday.mp4' }).click()
  scene.link.damage(Number.POSITIVE_INFINITY)
  scene.link.allow(Number.POSITIVE_INFINITY)
  await phase(page, 'failed').waitFor({ timeout: 20_000 })
  expect(await sentenceOf(page)).toMatch(/arrived damaged 5 times/)
  scene.link.damage(0)
  await page.getByRole('button', { name: 'Retry holiday.mp4' }).click()
  await waitForFinished(page)
  await scene.expectWhole()
})

pageTest('cancelled and deleted, the parts are gone from the disk', async (context) => {
  const { scene, page } = await start(context)
  await chooseFiles(page, [scene.file])
  await bringTo(scene, page, 3)
  await page.getByRole('button', { name: 'Cancel holiday.mp4' }).click()
  await page.getByRole('button', { name: 'Stop, keep what is safe' }).click()
  scene.link.allow(Number.POSITIVE_INFINITY)
  await page.locator('.unfinished').getByText('in 3 parts').waitFor()
  await page.getByRole('button', { name: 'Forget holiday.mp4' }).click()
  await page.getByRole('button', { name: 'Delete from the server' }).click()
  await page.locator('.unfinished').waitFor({ state: 'detached' })
  const left = async () =>
    (await readdir(scene.server().dir)).filter((name) => name.endsWith('.json'))
  await context.expect.poll(left, { timeout: 10_000 }).toEqual([])
})

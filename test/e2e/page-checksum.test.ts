// What arrives is what was read: bytes damaged on their way, files changed under the page, the digest of the whole, the switch.
import { open, utimes } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, type TestContext } from 'vitest'
import { chooseFiles, openPage, ownErrors } from './browser.ts'
import { pageTests } from './page-test.ts'
import { bringTo, MiB, openScene, phase, waitForFinished, waitForSentence } from './scene.ts'

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
  return { scene, profile, ...opened }
}

/** What the only finished row says of its digest. */
const digestOf = async (page: Page) => {
  const row = page.locator('.finished')
  await row.locator('.digest-word[data-kind=equal], .digest-word[data-kind=different]').waitFor()
  const whole = (await row.locator('.digest-whole').textContent()) ?? ''
  return {
    sha256: whole.replace(' ', ''),
    word: await row.locator('.digest-word').textContent(),
    sentence: await row.locator('.sentence').textContent(),
  }
}

const refusals = (log: string) => log.match(/"method":"PATCH".*"status":460/g)?.length ?? 0

/** Changes one byte and puts the file's date back, as no browser notices. */
async function changeByte(file: string, at: number): Promise<void> {
  const handle = await open(file, 'r+')
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at)
  await handle.write(Buffer.from([buffer.readUInt8(0) ^ 1]), 0, 1, at)
  await handle.close()
  const date = new Date('2026-01-02T03:04:05Z')
  await utimes(file, date, date)
}

pageTest('a chunk damaged on its way is found, and goes again by itself', async (context) => {
  const { scene, page, complaints } = await start(context)
  await chooseFiles(page, [scene.file])
  await bringTo(scene, page, 3)
  const { offset } = (await scene.uploads())[0] ?? { offset: 0 }
  scene.link.damage(1)
  const received = scene.link.received()
  scene.link.allow(Number.POSITIVE_INFINITY)
  await waitForFinished(page)
  await context.expect.poll(() => refusals(scene.server().log())).toBe(1)
  await scene.expectWhole()
  expect(await digestOf(page)).toEqual({
    sha256: scene.file.sha256,
    word: 'equal',
    sentence: 'A chunk arrived damaged and was sent again.',
  })
  // The rest of the file, the one chunk, heads and events.
  expect(scene.link.received() - received).toBeLessThan(scene.file.size - offset + 1.5 * MiB)
  // Hashing has a thread of its own.
  expect(page.workers().map((worker) => worker.url())).toEqual([
    expect.stringMatching(/\/assets\/worker-[\w-]+\.js$/),
  ])
  // The browser's note of the 460 is its own.
  expect(ownErrors(complaints)).toEqual([])
})

pageTest('what arrives damaged every time stops, and says what to do', async (context) => {
  const { scene, page } = await start(context)
  await chooseFiles(page, [scene.file])
  await bringTo(scene, page, 3)
  scene.link.damage(Number.POSITIVE_INFINITY)
  scene.link.allow(Number.POSITIVE_INFINITY)
  await phase(page, 'failed').waitFor()
  await waitForSentence(page, /arrived damaged 5 times: .* What is safe stays safe\. Try another/)
  const [stopped] = await scene.uploads()
  expect(stopped?.offset ?? 0).toBeGreaterThanOrEqual(3 * MiB)
  expect((stopped?.offset ?? 1) % MiB).toBe(0)
  scene.link.damage(0)
  await page.getByRole('button', { name: 'Retry holiday.mp4' }).click()
  await waitForFinished(page)
  await scene.expectWhole()
  expect((await digestOf(page)).word).toBe('equal')
})

pageTest(
  'a part sent earlier from another content is found in the end, and told in words',
  async (context) => {
    const { scene, page } = await start(context)
    await chooseFiles(page, [scene.file])
    await bringTo(scene, page, 8)
    page.once('dialog', (dialog) => void dialog.accept())
    await page.reload()
    // Neither the beginning, nor the middle, nor the end, by which a file is known again.
    await changeByte(scene.file.path, 3 * MiB)
    scene.link.allow(Number.POSITIVE_INFINITY)
    await page.locator('.unfinished').getByText('choose the file to continue').waitFor()
    await chooseFiles(page, [scene.file])
    await waitForFinished(page)
    const found = await digestOf(page)
    expect(found.word).toBe('not equal')
    expect(found.sentence).toMatch(
      /not this file: the part that was sent before .* another version .* Delete it there and upload the file again\. SHA-256 here [0-9a-f]{8}, on the server [0-9a-f]{8}\./,
    )
    expect(await page.locator('.finished').getAttribute('data-tone')).toBe('damage')
    await page.getByText('holiday.mp4 is not the same on the server').first().waitFor()
  },
)

pageTest('switched off, and remembered so, no checksum is on the wire', async (context) => {
  const { scene, page } = await start(context)
  await page.getByLabel('Verify').uncheck()
  await page.reload()
  await page.getByText('Not verified').waitFor()
  const headers: (string | undefined)[] = []
  page.on('request', (request) => {
    if (request.method() === 'PATCH') headers.push(request.headers()['upload-checksum'])
  })
  scene.link.allow(Number.POSITIVE_INFINITY)
  await chooseFiles(page, [scene.file])
  await waitForFinished(page)
  expect(headers).toEqual(new Array(20).fill(undefined))
  await scene.expectWhole()
  expect(await page.locator('.finished .digest-word').isVisible()).toBe(false)

  await page.getByLabel('Verify').check()
  await page.getByRole('button', { name: 'Delete holiday.mp4' }).click()
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await page.locator('.finished').waitFor({ state: 'detached' })
  await chooseFiles(page, [scene.file])
  expect(await digestOf(page)).toMatchObject({ sha256: scene.file.sha256, word: 'equal' })
  expect(headers.slice(20)).toEqual(new Array(20).fill(expect.stringMatching(/^sha256 \S{44}$/)))
  // A reload forgets neither the digest nor that it was equal.
  await page.reload()
  expect(await digestOf(page)).toMatchObject({ sha256: scene.file.sha256, word: 'equal' })
})

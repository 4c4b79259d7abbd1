// The page loses nothing: real Chromium, real files, a killed server, a lost network, reloads, closed browsers, wrong files.
import { spawn } from 'node:child_process'
import { copyFile, mkdir, open, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, type TestContext } from 'vitest'
import { cliPath } from '../helpers/server.ts'
import { chooseFiles, openPage, ownErrors } from './browser.ts'
import { pageTests } from './page-test.ts'
import {
  bringTo,
  MiB,
  openScene,
  phase,
  sentenceOf,
  sleep,
  waitForFinished,
  waitForSentence,
} from './scene.ts'

const { browser, pageTest } = pageTests()

async function start(context: TestContext) {
  const scene = await openScene()
  const profile = await browser().newContext()
  context.onTestFinished(async () => {
    await profile.close()
    await scene.close()
  })
  const { page, complaints } = await openPage(profile, scene.link.url)
  return { scene, profile, page, complaints }
}

// Heads, the page itself and its events stay below 1 MiB; a chunk has 8 MiB.
const oneChunkMore = 9 * MiB

pageTest('a killed server, back after four seconds, costs at most one chunk', async (context) => {
  const { scene, page, complaints } = await start(context)
  await chooseFiles(page, [scene.file])
  await bringTo(scene, page, 9)
  const before = await scene.uploads()
  const restarted = scene.killAndRestart(4000)
  await phase(page, 'waiting').waitFor()
  await waitForSentence(page, /Trying again/)
  await restarted
  scene.link.allow(Number.POSITIVE_INFINITY)
  await waitForFinished(page)
  await scene.expectWhole()
  expect((await scene.uploads())[0]?.id).toBe(before[0]?.id)
  expect(scene.link.received()).toBeLessThan(scene.file.size + oneChunkMore)
  expect(ownErrors(complaints)).toEqual([])
})

pageTest('without a network it waits, says so, and goes on by itself', async (context) => {
  const { scene, profile, page, complaints } = await start(context)
  await chooseFiles(page, [scene.file])
  await bringTo(scene, page, 5)
  await profile.setOffline(true)
  await phase(page, 'waiting').waitFor()
  expect(await sentenceOf(page)).toMatch(/Waiting for the network/)
  expect(await page.locator('.transfer').textContent()).not.toMatch(/fail/i)
  await sleep(5000)
  expect(await phase(page, 'waiting').count()).toBe(1)
  await profile.setOffline(false)
  // At once, not after the pause between attempts that has grown meanwhile.
  await phase(page, 'sending').waitFor({ timeout: 3000 })
  await waitForSentence(page, /(network went away|connection lost), .*to send again/i)
  scene.link.allow(Number.POSITIVE_INFINITY)
  await waitForFinished(page)
  await scene.expectWhole()
  expect(ownErrors(complaints)).toEqual([])
})

pageTest('a connection reset again and again ends in the same bytes', async (context) => {
  const { scene, page } = await start(context)
  await chooseFiles(page, [scene.file])
  for (const mib of [3, 8, 12, 16]) {
    await bringTo(scene, page, mib)
    scene.link.cut()
  }
  scene.link.allow(Number.POSITIVE_INFINITY)
  await waitForFinished(page)
  await scene.expectWhole()
  expect(scene.link.received()).toBeLessThan(scene.file.size + 4 * oneChunkMore)
})

pageTest('a paused upload holds still and goes on where it was', async (context) => {
  const { scene, page } = await start(context)
  await chooseFiles(page, [scene.file])
  await bringTo(scene, page, 4)
  await page.getByRole('button', { name: 'Pause holiday.mp4' }).click()
  await phase(page, 'paused').waitFor()
  scene.link.allow(Number.POSITIVE_INFINITY)
  expect(await sentenceOf(page)).toMatch(/The server keeps the .* MiB that are safe until /)
  const offset = async () => (await scene.uploads())[0]?.offset ?? 0
  // What had left the browser before the pause may still arrive, and of a chunk nothing counts before all of it has.
  let before = -1
  while (before !== scene.link.received()) {
    before = scene.link.received()
    await sleep(1500)
  }
  const held = await offset()
  expect(held).toBeLessThan(scene.file.size)
  await sleep(1500)
  expect(await offset()).toBe(held)
  await page.getByRole('button', { name: 'Resume holiday.mp4' }).click()
  await waitForFinished(page)
  await scene.expectWhole()
})

pageTest('after a reload only the same file continues the upload', async (context) => {
  const { scene, page } = await start(context)
  const { file } = scene
  // Of a larger chunk all that is left of the file may be on its way at the reload.
  await page.locator('#chunk-size').selectOption('1048576')
  await chooseFiles(page, [file])
  await bringTo(scene, page, 9)
  page.once('dialog', (dialog) => void dialog.accept())
  await page.reload()
  scene.link.allow(Number.POSITIVE_INFINITY)
  const row = page.locator('.unfinished')
  await row.getByText('choose the file to continue').waitFor()
  expect(await row.textContent()).toMatch(/holiday\.mp4.* of 20\.0 MiB safe/)
  const choose = (chosen: string) => row.locator('input[type=file]').setInputFiles(chosen)
  const other = path.join(scene.folder, 'other')
  await mkdir(other)
  const twin = path.join(other, 'holiday.mp4')
  const date = new Date('2026-01-02T03:04:05Z')

  await writeFile(twin, 'not the same at all')
  await choose(twin)
  await row.getByText(/This is a different file: it has 19 B .*, not 20\.0 MiB/).waitFor()

  // Same name, size and date; three bytes in the middle differ.
  await copyFile(file.path, twin)
  const handle = await open(twin, 'r+')
  await handle.write(Buffer.from([1, 2, 3]), 0, 3, file.size / 2)
  await handle.close()
  await utimes(twin, date, date)
  await choose(twin)
  await row.getByText('This is a different file: its content is different.').waitFor()

  // The same bytes under another name.
  const renamed = path.join(other, 'trip.mp4')
  await copyFile(file.path, renamed)
  await utimes(renamed, date, date)
  await choose(renamed)
  await row.getByText('it is called “trip.mp4”, not “holiday.mp4”').waitFor()

  const before = await scene.uploads()
  const received = scene.link.received()
  await choose(file.path)
  await waitForFinished(page)
  await scene.expectWhole()
  expect((await scene.uploads())[0]?.id).toBe(before[0]?.id)
  expect(scene.link.received() - received).toBeLessThan(file.size - 9 * MiB + MiB)
})

pageTest(
  'a closed browser goes on in another profile when the file is dropped again',
  async (context) => {
    const { scene, page, profile } = await start(context)
    await chooseFiles(page, [scene.file])
    await bringTo(scene, page, 9)
    await profile.close()
    scene.link.allow(Number.POSITIVE_INFINITY)
    const before = (await scene.uploads())[0]
    expect(before?.metadata).toMatchObject({
      filename: 'holiday.mp4',
      filetype: 'video/mp4',
      lastModified: String(Date.parse('2026-01-02T03:04:05Z')),
      fingerprint: expect.stringMatching(/^s1:[0-9a-f]{64}$/),
    })
    await scene.killAndRestart(0)
    const second = await browser().newContext()
    context.onTestFinished(() => second.close())
    const opened = await openPage(second, scene.link.url)
    await opened.page.locator('.unfinished').waitFor()
    await chooseFiles(opened.page, [scene.file])
    await waitForSentence(opened.page, /Going on where it was: .* MiB were safe already/)
    await waitForFinished(opened.page)
    await scene.expectWhole()
    expect((await scene.uploads())[0]?.id).toBe(before?.id)
    expect(scene.link.received()).toBeLessThan(scene.file.size + oneChunkMore)
  },
)

pageTest('a connection that stands still is replaced', async (context) => {
  const { scene, page } = await start(context)
  await chooseFiles(page, [scene.file])
  await bringTo(scene, page, 5)
  scene.link.freeze()
  scene.link.allow(Number.POSITIVE_INFINITY)
  await waitForSentence(page, /stood still for 15 s/, 22_000)
  await waitForFinished(page)
  await scene.expectWhole()
})

pageTest(
  'of two tabs with the same file one sends, the other waits and takes over',
  async (context) => {
    const { scene, profile, page } = await start(context)
    const second = (await openPage(profile, scene.link.url)).page
    await chooseFiles(page, [scene.file])
    await bringTo(scene, page, 3)
    await chooseFiles(second, [scene.file])
    await phase(second, 'elsewhere').waitFor()
    expect(await sentenceOf(second)).toMatch(/Another tab/)
    await bringTo(scene, page, 9)
    await page.close()
    scene.link.allow(Number.POSITIVE_INFINITY)
    await waitForFinished(second)
    await scene.expectWhole()
    expect(scene.link.received()).toBeLessThan(scene.file.size + oneChunkMore)
  },
)

pageTest('an upload that the terminal began is continued by the page', async (context) => {
  const { scene, page } = await start(context)
  scene.link.allow(9.5 * MiB)
  const terminal = spawn(
    process.execPath,
    [cliPath, 'upload', scene.file.path, '--to', scene.link.url],
    {
      stdio: 'ignore',
      env: { ...process.env, HOME: scene.folder, XDG_STATE_HOME: scene.folder },
    },
  )
  context.onTestFinished(() => void terminal.kill('SIGKILL'))
  const row = page.locator('.unfinished', { hasText: 'being sent now' })
  await row.waitFor()
  await page.waitForFunction(() => {
    const text = document.querySelector('.unfinished .facts')?.textContent ?? ''
    // Of the second chunk nothing counts before its last byte.
    return Number.parseFloat(text) >= 8
  })
  terminal.kill('SIGKILL')
  scene.link.allow(Number.POSITIVE_INFINITY)
  await chooseFiles(page, [scene.file])
  await waitForFinished(page)
  await scene.expectWhole()
  expect(scene.link.received()).toBeLessThan(scene.file.size + oneChunkMore)
})

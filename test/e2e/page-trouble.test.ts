// Trouble and what the page makes of it: answers that pass, answers that don't, a sign-in that ran out, a file that changed.
import { createHash } from 'node:crypto'
import { appendFile, readFile, stat } from 'node:fs/promises'
import { request } from 'node:http'
import { expect, type TestContext } from 'vitest'
import { fingerprintInput, formatFingerprint, sampleRanges } from '../../client/fingerprint.ts'
import { chooseFiles, openPage, ownErrors } from './browser.ts'
import { pageTests } from './page-test.ts'
import { bringTo, MiB, openScene, phase, sleep, waitForFinished, waitForSentence } from './scene.ts'

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
  'D03: eight passing answers to HEAD cost no byte and make no second upload',
  async (context) => {
    const { scene, page, complaints } = await start(context)
    const codes = [401, 403, 408, 409, 429, 500, 502, 503]
    const creations: string[] = []
    page.on('request', (request) => {
      if (request.method() === 'POST') creations.push(request.url())
    })
    await page.route('**/files/*', async (route) => {
      const isHead = route.request().method() === 'HEAD'
      const status = isHead ? codes.shift() : undefined
      if (status === undefined) return route.continue()
      // Long enough to be drawn, short enough not to add up to half a minute.
      await route.fulfill({ status, headers: { 'Retry-After': '1' } })
    })
    await chooseFiles(page, [scene.file])
    await bringTo(scene, page, 9)
    // The browser repeats a PATCH whose kept connection broke by itself; one on a new connection it leaves to the page.
    while (!(await phase(page, 'waiting').isVisible())) {
      scene.link.cut()
      await sleep(300)
    }
    scene.link.allow(Number.POSITIVE_INFINITY)
    await waitForFinished(page)
    expect(codes).toEqual([])
    expect(creations).toHaveLength(1)
    await scene.expectWhole()
    expect(scene.link.received()).toBeLessThan(scene.file.size + 9 * MiB)
    expect(ownErrors(complaints)).toEqual([])
  },
)

pageTest(
  'an upload deleted on the server is said to be gone before a new one begins',
  async (context) => {
    const { scene, page } = await start(context)
    await chooseFiles(page, [scene.file])
    await bringTo(scene, page, 9)
    await page.getByRole('button', { name: 'Pause holiday.mp4' }).click()
    await phase(page, 'paused').waitFor()
    scene.link.allow(Number.POSITIVE_INFINITY)
    const gone = (await scene.uploads())[0]?.id
    await fetch(`${scene.server().url}/files/${gone}`, {
      method: 'DELETE',
      headers: { 'Tus-Resumable': '1.0.0' },
    })
    await page.getByRole('button', { name: 'Resume holiday.mp4' }).click()
    await waitForSentence(page, /no longer has this upload.*Starting again from the beginning/)
    await waitForFinished(page)
    await scene.expectWhole()
    expect((await scene.uploads())[0]?.id).not.toBe(gone)
  },
)

pageTest('a full disk ends with a sentence; Retry goes on where it was', async (context) => {
  const { scene, page } = await start(context)
  let isFull = true
  await page.route('**/files/*', async (route) => {
    const request = route.request()
    const isLate = Number(request.headers()['upload-offset'] ?? 0) >= 8 * MiB
    if (!isFull || request.method() !== 'PATCH' || !isLate) return route.continue()
    await route.fulfill({ status: 507, body: 'There is no space left on the disk.\n' })
  })
  await chooseFiles(page, [scene.file])
  await phase(page, 'failed').waitFor({ timeout: 20_000 })
  await waitForSentence(
    page,
    /no space left on the disk\. What is safe stays safe: free some space/,
  )
  isFull = false
  await page.getByRole('button', { name: 'Retry holiday.mp4' }).click()
  await waitForFinished(page)
  await scene.expectWhole()
  expect(scene.link.received()).toBeLessThan(scene.file.size + 9 * MiB)
})

pageTest('a file above the limit is refused before a byte is sent', async (context) => {
  const { scene, page } = await start(context, { size: 2 * MiB, flags: ['--max-size', '1MiB'] })
  await page.getByText('Up to 1.0 MiB each').waitFor()
  await chooseFiles(page, [scene.file])
  await waitForSentence(page, /It has 2\.0 MiB; this server takes files up to 1\.0 MiB/)
  expect(await scene.uploads()).toEqual([])
})

pageTest('a file that changes under way is found out, not mixed', async (context) => {
  const { scene, page } = await start(context)
  await chooseFiles(page, [scene.file])
  await bringTo(scene, page, 5)
  await appendFile(scene.file.path, 'one more line')
  scene.link.allow(Number.POSITIVE_INFINITY)
  await phase(page, 'failed').waitFor({ timeout: 20_000 })
  await waitForSentence(page, /changed, moved or deleted on this computer/)
  expect((await scene.uploads()).map((upload) => upload.state)).toEqual(['unfinished'])
})

pageTest(
  'with a token: sign in, upload; a cookie that is gone asks to sign in again and loses nothing',
  async (context) => {
    const token = 'a-token-of-some-length'
    const { scene, profile, page } = await start(context, { flags: ['--token', token] })
    const signIn = async (at: typeof page) => {
      await at.locator('input[name=token]').fill(token)
      await at.locator('button').first().click()
      await at.locator('#dashboard button').first().waitFor()
    }
    // A link into a capture leads there, and not to where the sign-in would.
    const linked = await profile.newPage()
    await linked.goto(`${scene.link.url}/captures#file=refused.pcapng`)
    await linked.locator('input[name=token]').fill(token)
    await linked.locator('button').first().click()
    await linked.locator('.capture-name', { hasText: 'refused.pcapng' }).waitFor()
    await linked.close()
    await profile.clearCookies()
    await page.reload()
    await signIn(page)
    await chooseFiles(page, [scene.file])
    await bringTo(scene, page, 5)
    await profile.clearCookies()
    scene.link.allow(Number.POSITIVE_INFINITY)
    await phase(page, 'waiting').waitFor({ timeout: 15_000 })
    await waitForSentence(page, /sign in again\. Nothing is lost/)
    expect(await page.locator('#link').textContent()).toBe('signed out')
    const link = page.locator('#signed-out a')
    await link.waitFor()
    const [other] = await Promise.all([profile.waitForEvent('page'), link.click()])
    await signIn(other)
    await other.close()
    await waitForFinished(page)
    const uploads = await scene.uploads()
    expect(uploads.map((upload) => upload.state)).toEqual(['finished'])
  },
)

// As another client would write it: the metadata that says which file it is.
async function metadataOf(file: { readonly path: string; readonly size: number }): Promise<string> {
  const content = await readFile(file.path)
  const samples = sampleRanges(file.size).map(([from, to]) => content.subarray(from, to))
  const digest = createHash('sha256').update(fingerprintInput(file.size, samples)).digest()
  const { mtimeMs } = await stat(file.path)
  const metadata = {
    filename: 'holiday.mp4',
    lastModified: String(mtimeMs),
    fingerprint: formatFingerprint(digest),
  }
  return Object.entries(metadata)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',')
}

pageTest(
  'another program that is sending the file is not pushed aside; when it stops, the page goes on',
  async (context) => {
    const { scene, page } = await start(context, { size: 12 * MiB })
    const { url } = scene.server()
    const created = await fetch(`${url}/files`, {
      method: 'POST',
      headers: {
        'Tus-Resumable': '1.0.0',
        'Upload-Length': String(scene.file.size),
        'Upload-Metadata': await metadataOf(scene.file),
      },
    })
    const location = new URL(created.headers.get('Location') ?? '', url)
    const content = await readFile(scene.file.path)
    const other = request(location, {
      method: 'PATCH',
      headers: {
        'Tus-Resumable': '1.0.0',
        'Content-Type': 'application/offset+octet-stream',
        'Upload-Offset': '0',
      },
    })
    other.on('error', () => {})
    let at = 0
    const sending = setInterval(() => {
      other.write(content.subarray(at, at + 200_000))
      at += 200_000
    }, 200)
    context.onTestFinished(() => {
      clearInterval(sending)
      other.destroy()
    })
    await page.locator('.unfinished').waitFor()
    // By the server, not by the page: what the page was told may be a moment old, and it must do the right thing nevertheless.
    const active = async () => (await scene.uploads())[0]?.active
    await context.expect.poll(active, { interval: 5, timeout: 10_000 }).toBe(true)
    await chooseFiles(page, [scene.file])
    await phase(page, 'elsewhere').waitFor()
    await waitForSentence(page, /Another program is sending this file/)
    await sleep(4500)
    expect(await phase(page, 'elsewhere').count()).toBe(1)
    const brought = (await scene.uploads())[0]?.offset ?? 0
    clearInterval(sending)
    expect(brought).toBeGreaterThan(MiB)
    await waitForFinished(page)
    await scene.expectWhole()
    expect(`/files/${(await scene.uploads())[0]?.id}`).toBe(location.pathname)
    // What the other program had brought isn't sent again.
    expect(scene.link.received()).toBeLessThan(scene.file.size - brought + MiB)
  },
)

// One upload, both protocols: begun by tus in a real browser and finished by a client of the IETF's, and the reverse.
import { readFile } from 'node:fs/promises'
import { expect, type TestContext } from 'vitest'
import { chooseFiles, openPage, ownErrors } from './browser.ts'
import { pageTests } from './page-test.ts'
import { bringTo, MiB, openScene, type Scene, waitForFinished } from './scene.ts'

const { browser, pageTest } = pageTests()

async function start(context: TestContext) {
  const scene = await openScene()
  const profile = await browser().newContext()
  context.onTestFinished(async () => {
    await profile.close()
    await scene.close()
  })
  return { scene, profile }
}

const version = { 'Upload-Draft-Interop-Version': '8' }

/** What an IETF client sends at `offset`, as the last of the upload or not. */
function send(
  scene: Scene,
  [method, path]: readonly ['POST' | 'PATCH', string],
  body: Uint8Array<ArrayBuffer>,
  fields: Readonly<Record<string, string>>,
): Promise<Response> {
  return fetch(scene.server().url + path, { method, body, headers: { ...version, ...fields } })
}

pageTest(
  'begun by tus in the browser, finished by a client of the IETF protocol',
  async (context) => {
    const { scene, profile } = await start(context)
    const { page } = await openPage(profile, scene.link.url)
    // Of a larger chunk all that is left of the file may be on its way at the end of the page.
    await page.locator('#chunk-size').selectOption('1048576')
    await chooseFiles(page, [scene.file])
    await bringTo(scene, page, 5)
    await profile.close()

    const [begun] = await scene.uploads()
    const path = `/files/${begun?.id}`
    const told = await fetch(scene.server().url + path, { method: 'HEAD', headers: version })
    const offset = Number(told.headers.get('Upload-Offset'))
    expect(told.headers.get('Upload-Complete')).toBe('?0')
    expect(told.headers.get('Upload-Length')).toBe(String(scene.file.size))
    expect(offset).toBeGreaterThanOrEqual(5 * MiB)
    expect(offset).toBeLessThan(scene.file.size)
    const content = new Uint8Array(await readFile(scene.file.path))
    const finished = await send(scene, ['PATCH', path], content.subarray(offset), {
      'Content-Type': 'application/partial-upload',
      'Upload-Offset': String(offset),
      'Upload-Complete': '?1',
    })
    expect(finished.ok).toBe(true)
    expect(finished.headers.get('Upload-Complete')).toBe('?1')
    await scene.expectWhole()
  },
)

pageTest(
  'begun by a client of the IETF protocol, finished by tus in the browser',
  async (context) => {
    const { scene, profile } = await start(context)
    const content = new Uint8Array(await readFile(scene.file.path))
    const begun = await send(scene, ['POST', '/files'], content.subarray(0, 7 * MiB), {
      'Content-Disposition': 'attachment; filename="holiday.mp4"',
      'Content-Type': 'video/mp4',
      'Upload-Length': String(content.length),
      'Upload-Complete': '?0',
    })
    expect([begun.status, begun.headers.get('Upload-Offset')]).toEqual([201, String(7 * MiB)])

    const { page, complaints } = await openPage(profile, scene.link.url)
    const row = page.locator('.unfinished')
    await row.getByText('choose the file to continue').waitFor()
    expect(await row.textContent()).toMatch(/holiday\.mp4.*7\.0 of 20\.0 MiB safe/)
    scene.link.allow(Number.POSITIVE_INFINITY)
    await row.locator('input[type=file]').setInputFiles(scene.file.path)
    await waitForFinished(page)
    await scene.expectWhole()
    expect(`/files/${(await scene.uploads())[0]?.id}`).toBe(begun.headers.get('Location'))
    // Only the rest was sent.
    expect(scene.link.received()).toBeLessThan(content.length - 6 * MiB)
    expect(ownErrors(complaints)).toEqual([])
  },
)

// What every file of tests of the captures page begins and ends with: one browser, and a page of its own for each test.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest'
import { cleanUp } from '../helpers/server.ts'
import { chromiumPath, launchBrowser } from './browser.ts'
import { type CapturesScene, openCaptures } from './captures-scene.ts'

export type CapturesTest = (
  name: string,
  run: (scene: CapturesScene) => Promise<void>,
  /** Of the address that the page is opened at. */
  hash?: string,
) => void

/** To be called once in a file. A page that complains of anything fails its test. */
export function capturesTests(): CapturesTest {
  let browser: Browser | null = null

  beforeAll(async () => {
    if (chromiumPath) browser = await launchBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    await cleanUp()
  })

  return (name, run, hash = '') =>
    test(name, { timeout: 60_000 }, async (context: TestContext) => {
      if (browser === null) return context.skip('Chromium is not installed')
      const scene = await openCaptures(context, browser, hash)
      await run(scene)
      expect(scene.complaints).toEqual({ errors: [], foreign: [] })
    })
}

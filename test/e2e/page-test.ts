// What every file of page tests begins and ends with: one browser, and tests that run side by side in it.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, type TestContext, test } from 'vitest'
import { cleanUp } from '../helpers/server.ts'
import { chromiumPath, launchBrowser } from './browser.ts'

export interface PageTests {
  /** The browser of this file; each test takes a profile of its own. */
  readonly browser: () => Browser
  /** Each has its own server and browser profile, and mostly waits; so they run side by side. */
  readonly pageTest: (name: string, run: (context: TestContext) => Promise<void>) => void
}

/** To be called once in a file. */
export function pageTests(): PageTests {
  let browser: Browser | null = null

  beforeAll(async () => {
    if (chromiumPath) browser = await launchBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    await cleanUp()
  })

  return {
    browser() {
      if (browser === null) throw new Error('Chromium is not installed')
      return browser
    },
    pageTest(name, run) {
      test.concurrent(name, { timeout: 80_000 }, async (context) => {
        if (!chromiumPath) return context.skip('Chromium is not installed')
        await run(context)
      })
    },
  }
}

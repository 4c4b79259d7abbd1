// A person with a browser, as a process: opens the upload page, picks a chunk size and a file, and leaves when it is safe.
// `node browser.js ENDPOINT FILE CHUNK-SIZE FOLDER`; the folder takes what Chromium writes.
import { existsSync } from 'node:fs'
import path from 'node:path'

const places = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

const [endpoint = '', file = '', chunkSize = '', folder = ''] = process.argv.slice(2)

try {
  await visit()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}

async function visit(): Promise<void> {
  const executablePath = places.find((place) => place !== undefined && existsSync(place))
  if (executablePath === undefined)
    throw new Error('Chromium not found: install it, or name it in CHROMIUM')
  const { chromium } = await import('playwright-core').catch(() => {
    throw new Error('playwright-core not found: npm install playwright-core')
  })
  const context = await chromium.launchPersistentContext(path.join(folder, 'profile'), {
    executablePath,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  })
  try {
    const page = await context.newPage()
    await page.goto(new URL('/', endpoint).href)
    await page.selectOption('#chunk-size', chunkSize)
    await page.setInputFiles('#dashboard input[type=file]:not([webkitdirectory])', file)
    await page
      .locator('.finished .name', { hasText: path.basename(file) })
      .waitFor({ timeout: 60_000 })
  } finally {
    await context.close()
  }
}

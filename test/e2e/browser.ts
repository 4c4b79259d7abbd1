// Real Chromium for tests: starts the system's browser, opens pages that report every console error and every outside request.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, stat, utimes } from 'node:fs/promises'
import path from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The browser's path, null where none is installed. `CHROMIUM` names another. */
export const chromiumPath =
  process.env.CHROMIUM ?? places.find((place) => existsSync(place)) ?? null

/** A browser of its own, without any background traffic. */
export function launchBrowser(): Promise<Browser> {
  if (!chromiumPath) throw new Error('Chromium not found: install it, or name it in CHROMIUM')
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** What a page did that a good page doesn't do. */
export interface Complaints {
  /** Console errors and uncaught exceptions, in order; among them every breach of the content security policy. */
  readonly errors: string[]
  /** Requests to any other origin. */
  readonly foreign: string[]
}

export interface OpenedPage {
  readonly page: Page
  readonly complaints: Complaints
}

/** A new page at `url` whose complaints are collected from its first byte on. */
export async function openPage(context: BrowserContext, url: string): Promise<OpenedPage> {
  const page = await context.newPage()
  const complaints: Complaints = { errors: [], foreign: [] }
  const { origin } = new URL(url)
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.errors.push(message.text())
  })
  page.on('pageerror', (error) => complaints.errors.push(`uncaught: ${error.message}`))
  page.on('request', (request) => {
    const target = new URL(request.url())
    if (/^https?:$/.test(target.protocol) && target.origin !== origin) {
      complaints.foreign.push(target.href)
    }
  })
  await page.goto(url)
  return { page, complaints }
}

/** Errors that aren't the browser's own note of a failed request, which no page can prevent. */
export function ownErrors(complaints: Complaints): string[] {
  return complaints.errors.filter((text) => !text.startsWith('Failed to load resource'))
}

export interface TestFile {
  readonly path: string
  readonly name: string
  readonly size: number
  readonly sha256: string
}

/** A file of `size` bytes that repeat nowhere, the same for the same seed; its date is fixed. */
export async function makeFile(
  folder: string,
  name: string,
  size: number,
  seed = name,
): Promise<TestFile> {
  const file = path.join(folder, name)
  const hash = createHash('sha256')
  const handle = await open(file, 'w')
  const block = 1 << 20
  for (let at = 0, index = 0; at < size; at += block, index++) {
    const bytes = noise(`${seed} ${index}`, Math.min(block, size - at))
    hash.update(bytes)
    await handle.write(bytes)
  }
  await handle.close()
  const date = new Date('2026-01-02T03:04:05Z')
  await utimes(file, date, date)
  return { path: file, name, size: (await stat(file)).size, sha256: hash.digest('hex') }
}

function noise(seed: string, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  let x = createHash('sha256').update(seed).digest().readUInt32LE(0) || 1
  for (let at = 0; at + 4 <= size; at += 4) {
    // xorshift32 (Marsaglia): fast, and no two blocks alike.
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    bytes.writeInt32LE(x | 0, at)
  }
  return bytes
}

/** SHA-256 of what a GET of `url` gives. */
export async function sha256Of(url: string): Promise<string> {
  const response = await fetch(url)
  if (!response.ok || !response.body) throw new Error(`GET ${url} gave ${response.status}`)
  const hash = createHash('sha256')
  for await (const chunk of response.body) hash.update(chunk)
  return hash.digest('hex')
}

/** Hands files to the drop area's file chooser, as a person would. */
export async function chooseFiles(page: Page, files: readonly TestFile[]): Promise<void> {
  await page.setInputFiles(
    '#dashboard input[type=file]:not([webkitdirectory])',
    files.map((file) => file.path),
  )
}

// One page test's world: a server of its own, a link that the test rules, a file, and what a test asks of them.
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { type RunningServer, startServer, temporaryFolder } from '../helpers/server.ts'
import { makeFile, sha256Of, type TestFile } from './browser.ts'
import { type Link, startLink } from './link.ts'

export const MiB = 1 << 20

/** One row of `/api/uploads`, as far as tests read it. */
export interface ListedUpload {
  readonly id: string
  readonly offset: number
  readonly state: string
  readonly active: boolean
  readonly metadata: Readonly<Record<string, string>>
}

export interface Scene {
  readonly link: Link
  readonly file: TestFile
  readonly folder: string
  readonly server: () => RunningServer
  /** SIGKILL, a pause in ms, and a new process on the same folder and port. */
  killAndRestart(pause: number): Promise<void>
  uploads(): Promise<readonly ListedUpload[]>
  /** There is one upload, finished, byte for byte the file. */
  expectWhole(): Promise<void>
  close(): Promise<void>
}

/** `rate` in bytes a second towards the server. */
export async function openScene(
  options: {
    readonly size?: number
    readonly rate?: number
    readonly flags?: readonly string[]
  } = {},
): Promise<Scene> {
  const folder = await temporaryFolder('longhaul-page')
  const file = await makeFile(folder, 'holiday.mp4', options.size ?? 20 * MiB)
  const flags = options.flags ?? []
  const token = flags[flags.indexOf('--token') + 1] ?? ''
  const headers: Record<string, string> = flags.includes('--token')
    ? { Authorization: `Bearer ${token}` }
    : {}
  let server = await startServer({ flags })
  const link = await startLink(server.port, options.rate ?? 6 * MiB)
  const scene: Scene = {
    link,
    file,
    folder,
    server: () => server,
    async killAndRestart(pause) {
      await server.kill()
      await sleep(pause)
      server = await startServer({ dir: server.dir, port: server.port, flags })
    },
    async uploads() {
      const response = await fetch(`${server.url}/api/uploads`, { headers })
      return ((await response.json()) as { uploads: ListedUpload[] }).uploads
    },
    async expectWhole() {
      const all = await scene.uploads()
      expect(all.map((upload) => upload.state)).toEqual(['finished'])
      expect(await sha256Of(`${server.url}/files/${all[0]?.id}`)).toBe(file.sha256)
    },
    async close() {
      await link.close()
      await server.kill()
    },
  }
  return scene
}

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Waits until the page says that at least so many MiB of its newest file are safe, and has the line stand still there: however
 * slow the machine is, the file isn't over before the test acts. `link.allow(Infinity)` lets it go on.
 */
export async function bringTo(scene: Scene, page: Page, mib: number): Promise<void> {
  const { link } = scene
  link.allow(0)
  let before = { offset: -1, connections: 0, received: 0 }
  while ((await safeOf(page)) < mib) {
    const { offset } = (await scene.uploads())[0] ?? { offset: 0 }
    const connections = link.connections()
    const isSame = offset === before.offset && connections === before.connections
    if (!isSame) before = { offset, connections, received: link.received() }
    // Of a chunk with a checksum nothing counts before its end, so it may take more than is missing; and what passes takes its
    // time to be counted on a busy machine. Not all that passes arrives: a cut loses some.
    const hasPassed = link.received() - before.received > largestChunk
    if (offset < mib * MiB && isSame && !hasPassed && link.allowed() <= 0) link.allow(1.5 * MiB)
    await sleep(200)
  }
}

/** The page's chunks are no larger, if nothing else was chosen. */
const largestChunk = 8 * MiB

const safeOf = (page: Page) =>
  page.evaluate(() => {
    const text = document.querySelector('.transfer .facts')?.textContent ?? ''
    return Number.parseFloat(text) || 0
  })

/** Waits until the file is in the list of finished ones. */
export async function waitForFinished(page: Page, name = 'holiday.mp4'): Promise<void> {
  await page.locator('.finished .name', { hasText: name }).waitFor({ timeout: 40_000 })
}

/** What the only file's row says it does or waits for. */
export async function sentenceOf(page: Page): Promise<string> {
  return (await page.locator('.transfer .sentence').textContent()) ?? ''
}

/** Waits for such a sentence. */
export async function waitForSentence(page: Page, like: RegExp, timeout = 10_000): Promise<void> {
  await page.locator('.transfer .sentence', { hasText: like }).waitFor({ timeout })
}

export const phase = (page: Page, name: string) => page.locator(`.transfer[data-phase=${name}]`)

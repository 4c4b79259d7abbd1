// Files that go away and come back while the service runs: a disk unmounted for a while, a hand that moves things.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { isAlive, sleep, until } from '../helpers/process.ts'
import {
  cleanUp,
  cliPath,
  type RunningServer,
  startServer,
  temporaryFolder,
} from '../helpers/server.ts'
import { createUpload, get, head, patch, upload } from '../helpers/tus.ts'

const lockName = '.longhaul.lock'

/** `length` 10, with 5 bytes here. */
async function halfUpload(server: RunningServer): Promise<string> {
  const target = await createUpload(server, { length: 10 })
  expect((await patch(server, target, 0, 'hello')).status).toBe(204)
  return target
}

async function expectBack(server: RunningServer, half: string, whole: string): Promise<void> {
  const looked = await head(server, half)
  expect([looked.status, looked.header('upload-offset')]).toEqual([200, '5'])
  expect((await patch(server, half, 5, 'world')).status).toBe(204)
  expect((await get(server, half)).text).toBe('helloworld')
  expect((await head(server, whole)).header('upload-offset')).toBe('5')
  expect((await get(server, whole)).text).toBe('whole')
}

describe.concurrent('while the service runs', () => {
  afterAll(cleanUp)

  test('data files that were moved away and back are used again without a restart', async () => {
    const server = await startServer()
    const [half, whole] = [await halfUpload(server), await upload(server, 'whole')]
    const files = [half, whole].map((target) => path.join(server.dir, path.basename(target)))
    for (const file of files) await rename(file, `${file}.away`)
    for (const target of [half, whole]) {
      // Twice: the second look must not find what the first one made of it.
      for (let look = 0; look < 2; look++) {
        expect([410, 423]).toContain((await head(server, target)).status)
        expect((await get(server, target)).status).toBeGreaterThanOrEqual(400)
      }
    }
    for (const file of files) await rename(`${file}.away`, file)
    await expectBack(server, half, whole)
  })

  test('the whole folder moved away is "come back", also for longer than a heartbeat, and back is as before', async () => {
    const dir = path.join(await temporaryFolder(), 'data')
    await mkdir(dir)
    const server = await startServer({ dir })
    const [half, whole] = [await halfUpload(server), await upload(server, 'whole')]
    await rename(dir, `${dir}.away`)
    const deadline = Date.now() + 2500
    while (Date.now() < deadline) {
      for (const target of [half, whole]) {
        const looked = await head(server, target)
        expect(looked.status).toBe(423)
        expect(Number(looked.header('retry-after'))).toBeGreaterThan(0)
      }
      await sleep(200)
    }
    expect(await isAlive(server.pid)).toBe(true)
    expect(existsSync(dir), 'made again in the place of the other').toBe(false)
    await rename(`${dir}.away`, dir)
    await expectBack(server, half, whole)
  })

  test('the lock of the folder, removed by somebody, is made again and keeps a second service out', async () => {
    const server = await startServer()
    const lock = path.join(server.dir, lockName)
    const before = await readFile(lock, 'utf8')
    await rm(lock)
    await until('the lock', () => existsSync(lock))
    expect(await readFile(lock, 'utf8')).toBe(before)
    const second = spawn(process.execPath, [cliPath, 'serve', '--port', '0', '--dir', server.dir])
    // It listens, which it should not.
    second.stdout.on('data', () => second.kill('SIGKILL'))
    let stderr = ''
    second.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    const code = await new Promise<number | null>((resolve) => second.once('close', resolve))
    expect([code, stderr]).toEqual([1, expect.stringContaining(`in use by process ${server.pid}`)])
    expect((await get(server, await upload(server, 'hello'))).text).toBe('hello')
    expect(await server.stop()).toBe(0)
    expect(existsSync(lock)).toBe(false)
  })
})

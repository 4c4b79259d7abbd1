// Finish hooks when there are many of them, and where there should be none.
import { createHash, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startHookReceiver } from '../helpers/hook.ts'
import { sleep, until } from '../helpers/process.ts'
import { cleanUp, startServer, temporaryFolder } from '../helpers/server.ts'
import { create, get, head, patch } from '../helpers/tus.ts'

afterAll(cleanUp)

const newId = () => randomBytes(16).toString('hex')
const content = 'twelve bytes'

const recordOf = (id: string, more: Readonly<Record<string, unknown>> = {}) =>
  JSON.stringify({
    id,
    size: content.length,
    offset: 0,
    metadata: { filename: 'name' },
    creation_date: new Date().toISOString(),
    storage: { type: 'file', path: '/elsewhere' },
    ...more,
  })

interface BusyReceiver {
  readonly url: string
  /** How often each upload was told of, by its Idempotency-Key. */
  readonly told: ReadonlyMap<string, number>
  /** The most calls that were open at the same time. */
  most(): number
  close(): void
}

/** Takes so many milliseconds for each call. */
async function startBusyReceiver(milliseconds: number): Promise<BusyReceiver> {
  const told = new Map<string, number>()
  let now = 0
  let most = 0
  const server = createServer(async (request, response) => {
    now += 1
    most = Math.max(most, now)
    request.resume()
    await sleep(milliseconds)
    const key = String(request.headers['idempotency-key'])
    told.set(key, (told.get(key) ?? 0) + 1)
    now -= 1
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/`,
    told,
    most: () => most,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

test('of an empty upload whose creation is refused for its checksum nobody is told', async () => {
  const hook = await startHookReceiver()
  const server = await startServer({ flags: ['--finish-hook', hook.url] })
  const sha1 = (content: string) => createHash('sha1').update(content).digest('base64')
  const begin = (content: string) =>
    create(server, {
      length: 0,
      body: '',
      headers: { 'Upload-Checksum': `sha1 ${sha1(content)}` },
    })
  expect((await begin('something')).status).toBe(460)
  const right = await begin('')
  expect([right.status, right.header('upload-offset')]).toEqual([201, '0'])
  await until('the call for the right one', () => hook.calls.length > 0)
  await sleep(300)
  expect(hook.calls).toHaveLength(1)
  const uploads = await (await fetch(`${server.url}/api/uploads`)).json()
  expect(uploads).toMatchObject({ uploads: [{ state: 'finished', length: 0 }] })
  hook.close()
})

test('500 hooks that a restart finds pending come eight at a time, each once', async () => {
  const receiver = await startBusyReceiver(10)
  const dir = await temporaryFolder()
  const ids = Array.from({ length: 500 }, newId)
  const longhaul = {
    version: 1,
    metadata: 'filename bmFtZQ==',
    finished: new Date().toISOString(),
    hook: { state: 'pending', attempts: 0 },
  }
  for (const id of ids) {
    await writeFile(path.join(dir, id), content)
    await writeFile(path.join(dir, `${id}.json`), recordOf(id, { longhaul }))
  }
  const flags = ['--finish-hook', receiver.url, '--durability', 'none', '--log-level', 'error']
  await startServer({ dir, flags })
  await until('all 500 calls', () => receiver.told.size === 500, 20_000)
  await sleep(100)
  receiver.close()
  expect(receiver.most()).toBeLessThanOrEqual(8)
  // Not one after the other either.
  expect(receiver.most()).toBeGreaterThan(1)
  expect([...receiver.told].filter(([, times]) => times !== 1)).toEqual([])
})

// They were finished under another service, which told of them or did not have to.
test('finished uploads of a stock folder are told to nobody, the one finished here is', async () => {
  const receiver = await startHookReceiver()
  const dir = await temporaryFolder()
  const ids = Array.from({ length: 20 }, newId)
  const unfinished = newId()
  for (const id of ids) {
    await writeFile(path.join(dir, id), content)
    await writeFile(path.join(dir, `${id}.json`), recordOf(id))
  }
  await writeFile(path.join(dir, unfinished), content.slice(0, 6))
  await writeFile(path.join(dir, `${unfinished}.json`), recordOf(unfinished))
  const server = await startServer({ dir, flags: ['--finish-hook', receiver.url] })
  for (const id of ids.slice(0, 5)) {
    expect((await head(server, `/files/${id}`)).header('upload-offset')).toBe('12')
    expect((await patch(server, `/files/${id}`, 12, '')).status).toBe(204)
    expect((await get(server, `/files/${id}`)).text).toBe(content)
  }
  expect((await patch(server, `/files/${unfinished}`, 6, content.slice(6))).status).toBe(204)
  await until('the hook of the one finished here', () => receiver.calls.length > 0)
  await sleep(200)
  receiver.close()
  const keys = receiver.calls.map(({ headers }) => headers['idempotency-key'])
  expect(keys).toEqual([`${unfinished}-finished`])
})

// Stock defects of what runs when an upload is finished: D15, D16, D17, D41.
import { createHmac } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type HookCall, type HookReceiver, startHookReceiver } from '../helpers/hook.ts'
import { isAlive, sleep, until } from '../helpers/process.ts'
import { cleanUp, type RunningServer, temporaryFolder } from '../helpers/server.ts'
import { startSubject } from '../helpers/subject.ts'
import { create, createUpload, head, metadata, patch, pathOf, upload } from '../helpers/tus.ts'

const secret = 'a secret of the tests'
let hook: HookReceiver
let server: RunningServer

beforeAll(async () => {
  hook = await startHookReceiver()
  server = await start(hook, await temporaryFolder())
})
afterEach(() => hook.answer(204))
afterAll(async () => {
  hook.close()
  await cleanUp()
})

const start = ({ url }: HookReceiver, dir: string): Promise<RunningServer> =>
  startSubject({
    dir,
    flags: ['--finish-hook', url, '--finish-hook-secret', secret, '--log-level', 'silent'],
  })

const idOf = (target: string) => target.slice(target.lastIndexOf('/') + 1)
const callsFor = (target: string) => hook.calls.filter((call) => call.body.includes(idOf(target)))

/** Waits for the first call and long enough for a second one that should not come. */
async function allCalls(target: string): Promise<HookCall[]> {
  await until(`a call for ${target}`, () => callsFor(target).length > 0)
  await sleep(300)
  return callsFor(target)
}

// Stock calls its hook again for every empty PATCH at the end.
test('D16: the hook is called once for an upload, however it was finished', async () => {
  const patched = await upload(server, 'hello')
  for (let count = 0; count < 3; count++) {
    expect((await patch(server, patched, 5, '')).status).toBe(204)
  }
  const declared = await createUpload(server, { length: null })
  await patch(server, declared, 0, 'hello')
  await patch(server, declared, 5, '', { 'Upload-Length': 5 })
  await patch(server, declared, 5, '', { 'Upload-Length': 5 })
  const created = await createUpload(server, { length: 5, body: 'hello' })
  const empty = await createUpload(server, { length: 0 })
  await patch(server, empty, 0, '')
  const unfinished = await createUpload(server, { length: 5 })
  await patch(server, unfinished, 0, 'hell')
  for (const [what, target] of Object.entries({ patched, declared, created, empty })) {
    expect.soft((await allCalls(target)).length, what).toBe(1)
  }
  expect(callsFor(unfinished)).toEqual([])
  const all = [patched, declared, created, empty].flatMap(callsFor)
  const keys = new Set(all.map((call) => call.headers['idempotency-key']))
  expect(keys.size, 'a key for each upload').toBe(4)
})

test('D15: the call is a POST of JSON, signed and dated', async () => {
  const target = await upload(server, 'hello', { metadata: metadata({ filename: 'słońce.txt' }) })
  const [call] = await allCalls(target)
  if (call === undefined) throw new Error('no call')
  expect(call.method).toBe('POST')
  expect(call.headers['content-type']).toMatch(/^application\/json\b/)
  expect(call.headers['idempotency-key']).toMatch(/^\S+$/)
  const timestamp = String(call.headers['longhaul-timestamp'])
  expect(Math.abs(Number(timestamp) - call.at / 1000), 'seconds').toBeLessThan(5)
  const mac = createHmac('sha256', secret).update(`${timestamp}.${call.body}`).digest('hex')
  expect(call.headers['longhaul-signature']).toBe(`v1=${mac}`)
  expect(JSON.stringify(JSON.parse(call.body))).toContain('słońce.txt')
})

// Stock runs the hook after the lock is released: when it fails, the PATCH is 500 and it is never run again.
test('D15: a hook that fails is called again under the same key, and the upload is no less finished', async () => {
  hook.answer(500)
  const target = await createUpload(server, { length: 5 })
  expect((await patch(server, target, 0, 'hello')).status).toBe(204)
  expect((await head(server, target)).header('upload-offset')).toBe('5')
  await until('a second call', () => callsFor(target).length >= 2, 15_000)
  hook.answer(204)
  const failed = callsFor(target).length
  await until('a call that succeeds', () => callsFor(target).length > failed, 15_000)
  await sleep(300)
  const keys = new Set(callsFor(target).map((call) => call.headers['idempotency-key']))
  expect(keys.size).toBe(1)
  expect(callsFor(target).length).toBe(failed + 1)
})

test('D15: a call that was not answered before kill -9 is made after the restart', async () => {
  const dir = await temporaryFolder()
  const first = await start(hook, dir)
  hook.answer(null)
  const target = await upload(first, 'hello')
  await until('the first call', () => callsFor(target).length > 0)
  await first.kill()
  const [lost] = callsFor(target)
  const before = callsFor(target).length
  hook.answer(204)
  const second = await start(hook, dir)
  await until('the call after the restart', () => callsFor(target).length > before, 15_000)
  expect(callsFor(target).at(-1)?.headers['idempotency-key']).toBe(lost?.headers['idempotency-key'])
  const answered = (await allCalls(target)).length
  await second.stop()
  const third = await start(hook, dir)
  await sleep(500)
  expect(callsFor(target).length, 'not again once it was answered').toBe(answered)
  await third.kill()
})

// Stock reads a field of whatever the hook gives back, without looking: 500 after the bytes are stored.
test('D17: what the hook answers changes nothing for the client', async () => {
  for (const status of [200, 302, 400, 410]) {
    hook.answer(status)
    const response = await create(server, { length: 5, body: 'hello' })
    expect.soft([response.status, response.header('upload-offset')]).toEqual([201, '5'])
    await until(`a call answered ${status}`, () => callsFor(pathOf(response)).length > 0)
  }
})

test('a name and password in the URL of the hook travel in a header, and stand in no log', async () => {
  const url = hook.url.replace('http://', 'http://us%40er:p%C3%A4ss@')
  const server = await startSubject({ flags: ['--finish-hook', url] })
  const target = await upload(server, 'hello')
  await until('the call', () => callsFor(target).length > 0)
  expect(callsFor(target)[0]?.headers.authorization).toBe(
    `Basic ${Buffer.from('us@er:päss').toString('base64')}`,
  )
  await server.stop()
  expect(server.log()).not.toMatch(/p%C3%A4ss|päss/)
})

// Stock: a listener that rejects is an unhandled rejection, which ends the process.
test('D41: a hook that cannot be reached harms nothing', async () => {
  const nobody = await startHookReceiver()
  const alone = await start(nobody, await temporaryFolder())
  nobody.close()
  const target = await upload(alone, 'hello')
  await sleep(500)
  expect(await isAlive(alone.pid)).toBe(true)
  expect((await head(alone, target)).header('upload-offset')).toBe('5')
})

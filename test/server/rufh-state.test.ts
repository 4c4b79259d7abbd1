// An upload of which something was lost is not used further (draft-ietf-httpbis-resumable-upload, Offset).
import { rm, truncate } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { append, begin, create, retrieve } from '../conformance/rufh/requests.ts'
import { cleanUp, type RunningServer, startServer } from '../helpers/server.ts'
import { createUpload, get, pathOf } from '../helpers/tus.ts'

let server: RunningServer

beforeAll(async () => {
  server = await startServer({ flags: ['--log-level', 'silent'] })
})
afterAll(cleanUp)

const fileOf = (upload: string) => path.join(server.dir, path.basename(upload))

async function expectGone(upload: string, offset: number): Promise<void> {
  for (const answer of [
    await retrieve(server, upload),
    await append(server, upload, offset, false, 'x'),
    await append(server, upload, offset, true),
    await get(server, upload),
  ]) {
    expect(answer.status).toBe(410)
    expect(answer.header('upload-offset')).toBeNull()
  }
}

test('its data is gone', async () => {
  const upload = await begin(server, 'hello')
  await rm(fileOf(upload))
  await expectGone(upload, 5)
})

test('the data of a finished one is shorter than it was', async () => {
  const upload = pathOf(await create(server, { complete: true, body: 'hello' }))
  await truncate(fileOf(upload), 3)
  const download = await get(server, upload)
  expect([download.status, download.header('upload-offset')]).toEqual([410, null])
  await expectGone(upload, 5)
})

test('a part of a tus upload is no file, but its offset is told', async () => {
  const part = { 'Upload-Concat': 'partial' }
  const path = await createUpload(server, { length: 5, body: 'hello', headers: part })
  const looked = await retrieve(server, path)
  expect([looked.status, looked.header('upload-complete')]).toEqual([204, '?1'])
  const download = await get(server, path)
  expect([download.status, download.header('upload-offset')]).toEqual([404, null])
})

test('after a restart a whole one that was not completed is not complete', async () => {
  const upload = await begin(server, 'hello', { 'Upload-Length': 5 })
  await server.kill()
  server = await startServer({ dir: server.dir, flags: ['--log-level', 'silent'] })
  const looked = await retrieve(server, upload)
  expect(looked.header('upload-complete')).toBe('?0')
  expect(looked.header('upload-offset')).toBe('5')
  expect((await append(server, upload, 5, true)).header('upload-complete')).toBe('?1')
})

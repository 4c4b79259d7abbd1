// Settings as a running service obeys them: the configuration file by the environment, a folder of any name, long metadata.
import { stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cleanUp, type RunningServer, startServer, temporaryFolder } from '../helpers/server.ts'
import { create, get, head, metadata, options, pathOf, upload } from '../helpers/tus.ts'

let parent: string
let server: RunningServer

beforeAll(async () => {
  parent = await temporaryFolder()
  server = await startServer({
    // %41 would be an "A" in a URL, and %zz nothing at all.
    dir: path.join(parent, 'deep', '100% of %41 data %zz'),
    flags: ['--max-metadata', '128KiB'],
    // Whatever the user's own mask is.
    wrapper: ['sh', '-c', 'umask 0; exec "$@"', 'sh'],
  })
})
afterAll(cleanUp)

test('a data folder with spaces and per cent signs in its path gives downloads', async () => {
  const target = await upload(server, 'hello world')
  expect((await get(server, target)).text).toBe('hello world')
  const range = await get(server, target, { Range: 'bytes=6-' })
  expect([range.status, range.text]).toEqual([206, 'world'])
})

test('a data folder that serve makes is nobody else’s to read', async () => {
  expect((await stat(server.dir)).mode & 0o777).toBe(0o750)
})

test('--max-metadata is taken up to its size, and no further', async () => {
  const long = metadata({ filename: 'x'.repeat(60_000) })
  expect(long.length).toBeGreaterThan(80_000)
  const target = pathOf(await create(server, { length: 5, metadata: long }))
  expect((await head(server, target)).header('upload-metadata')).toBe(long)
  const tooLong = metadata({ filename: 'x'.repeat(100_000) })
  expect([413, 431]).toContain((await create(server, { length: 5, metadata: tooLong })).status)
})

test('LONGHAUL_CONFIG names the configuration file, and --config another', async () => {
  const [small, large] = [path.join(parent, 'small.json'), path.join(parent, 'large.json')]
  await writeFile(small, '{"max-size":"1KiB"}')
  await writeFile(large, '{"max-size":"2KiB"}')
  const env = { LONGHAUL_CONFIG: small }
  const [byEnvironment, byFlag, absent] = await Promise.all([
    startServer({ env }),
    startServer({ env, flags: ['--config', large] }),
    startServer({ env: { LONGHAUL_CONFIG: path.join(parent, 'absent.json') } }).then(
      () => 'it started',
      (error: Error) => error.message,
    ),
  ])
  expect((await options(byEnvironment)).header('tus-max-size')).toBe('1024')
  expect((await options(byFlag)).header('tus-max-size')).toBe('2048')
  expect(absent).toMatch(/ended with 2 .*\n.*absent\.json/)
})

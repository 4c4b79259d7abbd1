// IETF resumable uploads behind proxies: nginx fails at a 104, the others pass it on.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import {
  findCommand,
  makeCertificate,
  type ProxyName,
  startProxy,
  stopProxies,
} from '../helpers/proxy.ts'
import { cleanUp, startServer, temporaryFolder } from '../helpers/server.ts'
import { get } from '../helpers/tus.ts'

vi.setConfig({ testTimeout: 60_000 })

afterEach(async () => {
  await stopProxies()
  await cleanUp()
})

test.each<[proxy: ProxyName, flags: string[], passesOn: boolean]>([
  ['nginx', [], false],
  ['caddy', [], false],
  ['caddy', ['--interim', 'on'], true],
  ['haproxy', ['--interim', 'on'], true],
])('behind %s with %o', async (name, flags, passesOn) => {
  for (const command of [name, 'openssl', 'curl'])
    expect(findCommand(command), `${command} is not installed`).not.toBeNull()
  const server = await startServer({
    flags: ['--log-level', 'error', '--trust-proxy', '127.0.0.1', ...flags],
  })
  const folder = await temporaryFolder('proxy')
  const certificate = await makeCertificate(folder)
  const proxy = await startProxy(name, server.port, certificate, folder)
  const file = path.join(folder, 'file')
  await writeFile(file, 'hello world'.repeat(50_000))
  const curl = spawn(
    'curl',
    [
      ...['--silent', '--show-error', '--http1.1', '--max-time', '20', '--include'],
      ...['--cacert', certificate.certificate, '--request', 'POST', '--upload-file', file],
      ...['--header', 'Upload-Draft-Interop-Version: 8', '--header', 'Upload-Complete: ?1'],
      `${proxy.url}/files`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let text = ''
  curl.stdout.on('data', (chunk) => {
    text += chunk
  })
  const [code] = await once(curl, 'close')
  expect(code, text).toBe(0)
  const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status)
  expect(statuses.at(-1)).toBe('201')
  expect(statuses.includes('104')).toBe(passesOn)
  const locations = [...text.matchAll(/^location: (.*)\r$/gim)].map(([, location]) => location)
  expect(locations.length).toBe(passesOn ? 2 : 1)
  expect(new Set(locations).size).toBe(1)
  expect((await get(server, locations[0] ?? '')).body.length).toBe(11 * 50_000)
})

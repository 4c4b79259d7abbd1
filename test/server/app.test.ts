// The composition: what one request does to the service must not reach the others.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterAll, expect, test } from 'vitest'
import { createApp } from '../../server/app.ts'
import { readConfig } from '../../server/config.ts'
import { createHttpServer } from '../../server/http.ts'
import { cleanUp, temporaryFolder } from '../helpers/server.ts'
import { exchange, get } from '../helpers/tus.ts'

afterAll(cleanUp)

test('an exception in the handling of one request is a 500 in the log, and the service goes on', async () => {
  const lines: string[] = []
  const log = pino({ level: 'error' }, { write: (line: string) => lines.push(line) })
  const config = readConfig({ flags: { dir: await temporaryFolder() }, environment: {}, file: {} })
  const app = await createApp(config, log, null)
  const server = createHttpServer(config, app.ledger, (request, response, expectsContinue) => {
    const planted = () => {
      throw new Error('planted')
    }
    if (request.url === '/files/planted') {
      Object.defineProperty(request.headers, 'origin', { get: planted })
    }
    app.listener(request, response, expectsContinue)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  try {
    const failed = await exchange(address, { method: 'HEAD', target: '/files/planted' })
    expect(failed.status).toBe(500)
    expect(lines.join()).toContain('planted')
    expect((await get(address, '/livez')).status).toBe(200)
  } finally {
    server.closeAllConnections()
    server.close()
    await app.uploads.close()
  }
})

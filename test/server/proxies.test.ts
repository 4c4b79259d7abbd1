// Longhaul behind nginx, Caddy and HAProxy, each with the very configuration of docs/deploy over TLS (see helpers/proxy.ts for what the test changes).
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import path from 'node:path'
import tls from 'node:tls'
import { fileURLToPath } from 'node:url'
import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  type TestContext,
  test,
  vi,
} from 'vitest'
import {
  endClients,
  MiB,
  makeFile,
  patience,
  startClient,
  startLink,
} from '../client/terminal-tools.ts'
import { sleep, until } from '../helpers/process.ts'
import {
  type Certificate,
  findCommand,
  makeCertificate,
  type ProxyName,
  proxyKinds,
  type RunningProxy,
  startProxy,
  stopProxies,
} from '../helpers/proxy.ts'
import { cleanUp, type RunningServer, startServer, temporaryFolder } from '../helpers/server.ts'

// Several processes start in each of these; a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000 })

const tusHeaders = { 'Tus-Resumable': '1.0.0' }
const patchHeaders = { ...tusHeaders, 'Content-Type': 'application/offset+octet-stream' }

interface Reply {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

interface Options {
  readonly method?: string
  readonly headers?: http.OutgoingHttpHeaders
  readonly body?: Buffer
  /** Where the client's end of the connection is: any address of 127.0.0.0/8. */
  readonly from?: string
}

/** One request on a connection of its own. */
function ask(
  url: string,
  ca: string,
  { method = 'GET', headers, body, from }: Options = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = {
      method,
      ca,
      agent: false,
      ...(headers && { headers }),
      ...(from && { localAddress: from }),
    }
    const request = (url.startsWith('https:') ? https : http).request(
      url,
      options,
      async (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('error', reject)
        response.on('end', () => {
          const { statusCode: status = 0, headers } = response
          resolve({ status, headers, body: Buffer.concat(parts) })
        })
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

describe.each(Object.keys(proxyKinds) as ProxyName[])('behind %s', (name) => {
  let server: RunningServer
  let proxy: RunningProxy
  let certificate: Certificate
  let ca = ''
  let folder = ''
  const missing = [name, 'openssl'].find((command) => findCommand(command) === null)

  beforeAll(async () => {
    if (missing !== undefined) return
    folder = await temporaryFolder(name)
    certificate = await makeCertificate(folder)
    ca = await readFile(certificate.certificate, 'utf8')
    server = await startServer({ flags: ['--trust-proxy', '127.0.0.1', '--log-format', 'json'] })
    proxy = await startProxy(name, server.port, certificate, folder)
  })

  afterEach(endClients)

  afterAll(async () => {
    await stopProxies()
    await cleanUp()
  })

  const clientOptions = () => ({
    state: path.join(folder, 'state'),
    env: { NODE_EXTRA_CA_CERTS: certificate.certificate },
  })

  const testBehind = (title: string, run: (context: TestContext) => Promise<void>) =>
    test(title, async (context) => {
      if (missing !== undefined) context.skip(`${missing} is not installed`)
      await run(context)
    })

  async function create(length: number, headers: http.OutgoingHttpHeaders = {}): Promise<string> {
    const reply = await ask(`${proxy.url}/files`, ca, {
      method: 'POST',
      headers: { ...tusHeaders, 'Upload-Length': length, ...headers },
    })
    expect(reply.status).toBe(201)
    return new URL(reply.headers.location ?? '', `${proxy.url}/files`).href
  }

  /** A PATCH at 0 of which only the head is sent yet. */
  function beginPatch(url: string, length: number, from = '127.0.0.1'): tls.TLSSocket {
    const { port, hostname, pathname } = new URL(url)
    const plain = net.connect({ port: Number(port), host: hostname, localAddress: from })
    const socket = tls.connect({ socket: plain, host: hostname, ca })
    plain.on('error', () => {})
    socket.on('error', () => {})
    const head = {
      Host: `${hostname}:${port}`,
      ...patchHeaders,
      'Upload-Offset': 0,
      'Content-Length': length,
    }
    const lines = Object.entries(head).map(([key, value]) => `${key}: ${value}\r\n`)
    socket.write(`PATCH ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n`)
    return socket
  }

  async function offsetOnServer(url: string): Promise<number> {
    const id = new URL(url).pathname.split('/').at(-1)
    const reply = await ask(`${server.url}/api/uploads/${id}`, ca)
    return JSON.parse(reply.body.toString()).offset
  }

  interface Seen {
    readonly id: number
    readonly patches: number
    readonly requests: number
  }

  async function connections(): Promise<Seen[]> {
    const reply = await ask(`${server.url}/api/connections`, ca)
    const { open, closed } = JSON.parse(reply.body.toString()) as { open: Seen[]; closed: Seen[] }
    return [...open, ...closed]
  }

  testBehind(
    '64 PATCHes of 1 MiB arrive whole, over connections that are kept on both sides',
    async () => {
      const before = new Map((await connections()).map((one) => [one.id, one.patches]))
      const file = path.join(folder, 'film.mp4')
      const sum = await makeFile(file, 64 * MiB)
      const args = [file, '--to', proxy.url, '--chunk-size', '1MiB', '--json']
      const client = startClient(args, clientOptions())
      expect([await client.exit, client.stderr()]).toEqual([
        0,
        expect.stringContaining('64 PATCHes'),
      ])
      const document = JSON.parse(client.stdout())
      expect(document).toMatchObject({ patches: 64, connections: 1 })
      const [{ url }] = document.files
      expect(new URL(url).origin).toBe(proxy.url)

      const used = (await connections())
        .map((one) => one.patches - (before.get(one.id) ?? 0))
        .filter((patches) => patches > 0)
      expect(used.reduce((all, patches) => all + patches, 0)).toBe(64)
      expect(used.length).toBeLessThanOrEqual(2)

      const reply = await ask(url, ca)
      expect(createHash('sha256').update(reply.body).digest('hex')).toBe(sum)
      const part = await ask(url, ca, { headers: { Range: 'bytes=1000-1999' } })
      expect([part.status, part.body.equals(reply.body.subarray(1000, 2000))]).toEqual([206, true])
    },
  )

  testBehind(
    'a body reaches the server before it ends, and a broken PATCH keeps its bytes',
    async () => {
      const url = await create(8 * MiB)
      const socket = beginPatch(url, 8 * MiB)
      socket.write(Buffer.alloc(4 * MiB, 'a'))
      await until(
        'the server has all 4 MiB',
        async () => (await offsetOnServer(url)) === 4 * MiB,
        patience,
      )
      socket.destroy()
      await sleep(200)
      const reply = await ask(url, ca, { method: 'HEAD', headers: tusHeaders })
      expect([reply.status, reply.headers['upload-offset']]).toEqual([200, String(4 * MiB)])
      const rest = await ask(url, ca, {
        method: 'PATCH',
        headers: { ...patchHeaders, 'Upload-Offset': 4 * MiB },
        body: Buffer.alloc(4 * MiB, 'b'),
      })
      expect([rest.status, rest.headers['upload-offset']]).toEqual([204, String(8 * MiB)])
    },
  )

  testBehind('the server is killed in the middle: the client goes on by itself', async () => {
    const link = await startLink(proxy.port, 10 * MiB)
    const file = path.join(folder, 'thesis.tar')
    const sum = await makeFile(file, 10 * MiB)
    const args = [
      file,
      '--to',
      link.url.replace('http:', 'https:'),
      '--chunk-size',
      '1MiB',
      '--json',
    ]
    const client = startClient(args, clientOptions())
    await until('a third is on its way', () => link.fromClient() > 3 * MiB, patience)
    await server.kill()
    await until('the client notices', () => client.stderr().includes('trying again'), patience)
    await sleep(500)
    server = await startServer({
      dir: server.dir,
      port: server.port,
      flags: ['--trust-proxy', '127.0.0.1', '--log-format', 'json'],
    })
    expect([await client.exit, client.stderr()]).toEqual([
      0,
      expect.stringContaining('going on at'),
    ])
    const [{ url }] = JSON.parse(client.stdout()).files
    const reply = await ask(proxy.url + new URL(url).pathname, ca)
    expect(createHash('sha256').update(reply.body).digest('hex')).toBe(sum)
    expect(link.fromClient()).toBeLessThan(10 * MiB + MiB + 400_000)
  })

  testBehind('events arrive at once', async () => {
    const events: { name: string; at: number }[] = []
    const begun = performance.now()
    const request = https.get(`${proxy.url}/api/events`, { ca, agent: false }, (response) => {
      response.setEncoding('utf8').on('data', (text: string) => {
        for (const [, name = ''] of text.matchAll(/^event: (.*)$/gm)) {
          events.push({ name, at: performance.now() })
        }
      })
    })
    request.on('error', () => {})
    const hello = await until(
      'hello',
      () => events.find((event) => event.name === 'hello'),
      patience,
    )
    expect(hello.at - begun).toBeLessThan(5000)
    const created = performance.now()
    await create(10)
    const told = await until(
      'the new upload',
      () => events.find((event) => event.name === 'upload' && event.at > created),
      patience,
    )
    expect(told.at - created).toBeLessThan(5000)
    request.destroy()
  })

  testBehind('an early refusal reaches a client that is still sending', async () => {
    const url = await create(64 * MiB)
    const reply = await ask(url, ca, {
      method: 'PATCH',
      headers: { ...patchHeaders, 'Upload-Offset': 17, 'Content-Length': MiB },
      body: Buffer.alloc(MiB),
    })
    expect([reply.status, reply.headers['upload-offset']]).toEqual([409, '0'])
  })

  testBehind('metadata of 8 KiB passes', async () => {
    const value = Buffer.alloc(6000, 'ż').toString('base64')
    const url = await create(10, { 'Upload-Metadata': `filename ${value}` })
    const reply = await ask(url, ca, { method: 'HEAD', headers: tusHeaders })
    expect([reply.status, reply.headers['upload-metadata'] === `filename ${value}`]).toEqual([
      200,
      true,
    ])
  })

  testBehind(
    'the log has the client that a trusted proxy names, whatever the client claims',
    async () => {
      await ask(`${proxy.url}/files/nowhere1`, ca, { method: 'HEAD', from: '127.0.0.2' })
      const claim = { 'X-Forwarded-For': '192.0.2.66', Forwarded: 'for=192.0.2.66' }
      const claiming = { method: 'HEAD', from: '127.0.0.3', headers: claim }
      await ask(`${proxy.url}/files/nowhere2`, ca, claiming)
      expect(await loggedRemote(server, '/files/nowhere1', '127.0.0.2')).toBe(true)
      expect(await loggedRemote(server, '/files/nowhere2', '127.0.0.3')).toBe(true)

      // A request whose connection is gone when the line is written has its client in it all the same.
      const url = await create(MiB)
      const socket = beginPatch(url, MiB, '127.0.0.4')
      socket.write(Buffer.alloc(MiB / 2))
      await until('half is there', async () => (await offsetOnServer(url)) === MiB / 2, patience)
      socket.destroy()
      expect(await loggedRemote(server, new URL(url).pathname, '127.0.0.4')).toBe(true)
      expect(server.log()).not.toContain('192.0.2.66')
    },
  )

  testBehind('the address that a proxy nobody named gives does not count', async () => {
    for (const flags of [[], ['--trust-proxy', '198.51.100.7']]) {
      const careful = await startServer({ flags: [...flags, '--log-format', 'json'] })
      const other = await startProxy(name, careful.port, certificate, await temporaryFolder(name))
      await ask(`${other.url}/files/nowhere1`, ca, { method: 'HEAD', from: '127.0.0.2' })
      expect(await loggedRemote(careful, '/files/nowhere1', '127.0.0.1')).toBe(true)
      expect(careful.log()).not.toContain('127.0.0.2')
      await other.stop()
      await careful.stop()
    }
  })

  testBehind('the server knows that its visitor came over TLS', async () => {
    const flags = ['--trust-proxy', '127.0.0.1', '--token', 'correct-horse']
    const guarded = await startServer({ flags })
    const other = await startProxy(name, guarded.port, certificate, await temporaryFolder(name))
    const signIn = (base: string) =>
      ask(`${base}/session`, ca, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: Buffer.from('token=correct-horse'),
      })
    const [cookie = ''] = (await signIn(other.url)).headers['set-cookie'] ?? []
    expect(cookie).toMatch(/; Secure/)
    expect((await signIn(guarded.url)).headers['set-cookie']?.[0]).not.toMatch(/; Secure/)
    const page = await ask(`${other.url}/api/uploads`, ca, {
      headers: { Cookie: cookie.split(';')[0] },
    })
    expect(page.status).toBe(200)
    expect((await ask(`${other.url}/api/uploads`, ca)).status).toBe(401)
    await other.stop()
    await guarded.stop()
  })

  // Caddy redirects by itself, from port 80 only.
  if (proxyKinds[name].hasPlainPort) {
    testBehind('plain HTTP is sent to HTTPS with the method kept', async () => {
      const reply = await ask(`http://127.0.0.1:${proxy.plainPort}/files`, ca, { method: 'POST' })
      expect(reply.status).toBe(308)
      expect(reply.headers.location).toMatch(/^https:\/\/127\.0\.0\.1.*\/files$/)
    })
  }
})

/** Whether a request line of the log has this client; the log is written a little later. */
async function loggedRemote(
  server: RunningServer,
  target: string,
  remote: string,
): Promise<boolean> {
  return until(`${target} by ${remote} in the log`, () =>
    server
      .log()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as { target?: string; remote?: string })
      .some((line) => line.target === target && line.remote === remote),
  )
}

test('systemd takes the unit', async ({ skip }) => {
  const analyze = findCommand('systemd-analyze')
  if (analyze === null) skip('systemd-analyze is not installed')
  const unit = fileURLToPath(new URL('../../docs/deploy/longhaul.service', import.meta.url))
  const folder = await temporaryFolder('unit')
  const copy = path.join(folder, 'longhaul.service')
  // It must name a program that exists here.
  await writeFile(
    copy,
    (await readFile(unit, 'utf8')).replace('/usr/local/bin/longhaul', process.execPath),
  )
  const said = execFileSync(analyze ?? '', ['verify', '--man=no', copy], {
    encoding: 'utf8',
    stdio: 'pipe',
  })
  expect(said).toBe('')
  await cleanUp()
})

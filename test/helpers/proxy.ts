// Starts nginx, Caddy or HAProxy with the configuration that docs/deploy gives to users, on loopback and as this user.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import * as net from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from './process.ts'

export interface RunningProxy {
  /** https://127.0.0.1:PORT */
  readonly url: string
  readonly port: number
  /** The port where it sends plain HTTP to HTTPS; null where the test has taken that away. */
  readonly plainPort: number | null
  stop(): Promise<void>
}

/** A key pair for 127.0.0.1 that signs itself. */
export interface Certificate {
  readonly certificate: string
  readonly key: string
  /** Both in one file, as HAProxy wants them. */
  readonly both: string
}

interface Place extends Certificate {
  readonly folder: string
  readonly upstream: number
  readonly port: number
  readonly plainPort: number
}

interface ProxyKind {
  /** Below docs/deploy. */
  readonly file: string
  /** The only lines in which the test differs from what users get: where to listen, certificate, Longhaul's port. */
  readonly changes: (place: Place) => readonly (readonly [string, string])[]
  /** What surrounds it, beside the file: absent where the file is whole. */
  readonly wrap?: (site: string, place: Place) => Promise<string>
  readonly args: (config: string, place: Place) => readonly string[]
  readonly hasPlainPort: boolean
}

export const proxyKinds = {
  nginx: {
    file: 'nginx.conf',
    changes: ({ upstream, port, plainPort, certificate, key }) => [
      ['server 127.0.0.1:8080;', `server 127.0.0.1:${upstream};`],
      ['listen 80;', `listen 127.0.0.1:${plainPort};`],
      ['listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`],
      ['/etc/ssl/certs/uploads.example.com.pem', certificate],
      ['/etc/ssl/private/uploads.example.com.key', key],
    ],
    // What Debian's /etc/nginx/nginx.conf has around conf.d, with folders of our own.
    wrap: async (site, { folder }) => {
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      await mkdir(path.join(folder, 'logs'), { recursive: true })
      return `
        ${process.getuid?.() === 0 ? 'user root;' : ''}
        daemon off;
        pid ${folder}/nginx.pid;
        error_log stderr;
        events { worker_connections 768; }
        http {
          access_log off;
          sendfile on;
          ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}
          ${site}
        }`
    },
    args: (config, { folder }) => ['-p', folder, '-e', 'stderr', '-c', config],
    hasPlainPort: true,
  },
  caddy: {
    file: 'Caddyfile',
    changes: ({ upstream, port, certificate, key }) => [
      [
        'uploads.example.com {',
        `https://127.0.0.1:${port} {\n\ttls ${certificate} ${key}\n\tbind 127.0.0.1`,
      ],
      ['reverse_proxy 127.0.0.1:8080', `reverse_proxy 127.0.0.1:${upstream}`],
    ],
    // Ports 80 and 2019 may be somebody else's.
    wrap: async (site) => `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site}`,
    args: (config) => ['run', '--adapter', 'caddyfile', '--config', config],
    hasPlainPort: false,
  },
  haproxy: {
    file: 'haproxy.cfg',
    changes: ({ upstream, port, plainPort, both }) => [
      ['bind :80\n', `bind 127.0.0.1:${plainPort}\n`],
      ['bind :443', `bind 127.0.0.1:${port}`],
      ['/etc/haproxy/uploads.example.com.pem', both],
      ['server longhaul 127.0.0.1:8080', `server longhaul 127.0.0.1:${upstream}`],
    ],
    args: (config) => ['-db', '-f', config],
    hasPlainPort: true,
  },
} as const satisfies Record<string, ProxyKind>

export type ProxyName = keyof typeof proxyKinds

const running = new Set<ChildProcess>()

/** Ends every proxy that this module started: for `afterAll`. */
export async function stopProxies(): Promise<void> {
  await Promise.all([...running].map(stop))
}

/** The command's path, also where servers live; null when it isn't installed. */
export function findCommand(name: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/local/sbin']
  return folders.map((folder) => path.join(folder, name)).find((place) => existsSync(place)) ?? null
}

export async function makeCertificate(folder: string): Promise<Certificate> {
  const certificate = path.join(folder, 'certificate.pem')
  const key = path.join(folder, 'key.pem')
  const both = path.join(folder, 'both.pem')
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'],
      ...['-keyout', key, '-out', certificate],
    ],
    { stdio: 'ignore' },
  )
  await writeFile(both, (await readFile(certificate, 'utf8')) + (await readFile(key, 'utf8')))
  return { certificate, key, both }
}

/** Starts the proxy before the server on port `upstream`. Its files go into `folder`. */
export async function startProxy(
  name: ProxyName,
  upstream: number,
  certificate: Certificate,
  folder: string,
): Promise<RunningProxy> {
  const kind: ProxyKind = proxyKinds[name]
  const place: Place = {
    ...certificate,
    folder,
    upstream,
    port: await freePort(),
    plainPort: await freePort(),
  }
  const given = await readFile(
    fileURLToPath(new URL(`../../docs/deploy/${kind.file}`, import.meta.url)),
    'utf8',
  )
  const site = kind.changes(place).reduce((text, [from, to]) => replaceOnce(text, from, to), given)
  const config = path.join(folder, kind.file)
  await writeFile(config, kind.wrap ? await kind.wrap(site, place) : site)
  const child = spawn(findCommand(name) ?? name, kind.args(config, place), {
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  running.add(child)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  await until(`${name} listens`, async () => {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}:\n${said}`)
    return listens(place.port)
  })
  return {
    url: `https://127.0.0.1:${place.port}`,
    port: place.port,
    plainPort: kind.hasPlainPort ? place.plainPort : null,
    stop: () => stop(child),
  }
}

async function stop(child: ChildProcess): Promise<void> {
  running.delete(child)
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
  await exited
  clearTimeout(timer)
}

function replaceOnce(text: string, from: string, to: string): string {
  const parts = text.split(from)
  if (parts.length !== 2)
    throw new Error(`"${from}" is ${parts.length - 1} times in the configuration`)
  return parts.join(to)
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

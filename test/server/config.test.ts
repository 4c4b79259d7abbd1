// The settings: where each comes from, what is refused, and that whatever is accepted also starts.
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  ConfigError,
  type ConfigOption,
  type ConfigSources,
  configOptions,
  environmentName,
  isLoopback,
  readConfig,
} from '../../server/config.ts'
import { cleanUp, cliPath, temporaryFolder } from '../helpers/server.ts'

afterAll(cleanUp)

const read = (sources: Partial<ConfigSources>) =>
  readConfig({ flags: {}, environment: {}, ...sources })
const entries = Object.entries<ConfigOption>(configOptions)

describe('sources', () => {
  test('flags win over the environment, that over the file, that over the defaults', () => {
    const flags = { maxSize: '1KiB' }
    const environment = { LONGHAUL_MAX_SIZE: '2KiB', LONGHAUL_GRACE: '2s' }
    const file = { 'max-size': '3KiB', grace: '3s', port: 3000 }
    expect(read({ flags, environment, file })).toMatchObject({
      maxSize: 1024,
      grace: 2,
      port: 3000,
      keepAliveTimeout: 75,
    })
  })

  test('an absent flag is no flag', () => {
    const sources = { flags: { port: undefined }, environment: { LONGHAUL_PORT: '7' } }
    expect(read(sources).port).toBe(7)
  })

  test('a file may hold numbers, switches, lists and null for "the default"', () => {
    const file = {
      port: 1,
      'allow-anonymous': true,
      'cors-origin': ['https://a', 'https://b'],
      token: null,
    }
    expect(read({ file })).toMatchObject({
      port: 1,
      allowAnonymous: true,
      corsOrigin: ['https://a', 'https://b'],
      token: null,
    })
  })

  test.for([[[]], [null], ['text'], [5]])('a file of %j is refused', ([file]) => {
    expect(() => read({ file })).toThrow(ConfigError)
  })

  test('an unknown name in the file is refused, and named', () => {
    expect(() => read({ file: { maxSize: '1GiB' } })).toThrow(/"maxSize", which is no option/)
    expect(() => read({ file: { 'keep-alive': 1 } })).toThrow(/"keep-alive"/)
  })
})

describe('the table', () => {
  test('the defaults are those that the design promises', () => {
    expect(read({})).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      dir: './data',
      maxSize: 2 ** 40,
      expireAfter: 604_800,
      durability: 'finish',
      keepAliveTimeout: 75,
      token: null,
      allowAnonymous: false,
      finishHook: null,
    })
  })

  test.for(entries)(
    '%s: its flag, its environment variable and its file name agree',
    ([name, option]) => {
      expect(option.flag).toBe(
        `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
      )
      expect(environmentName(option.flag)).toMatch(/^LONGHAUL_[A-Z_]+$/)
      expect(option.help).not.toBe('')
      if (option.default !== null) expect(() => option.read(option.default ?? '')).not.toThrow()
    },
  )

  const refused: Readonly<Record<string, readonly string[]>> = {
    port: ['-1', '65536', '80.5', '', 'http', ' 80', '0x50'],
    maxSize: ['big', '-1', '10'.repeat(20)],
    durability: ['always', '', 'Finish'],
    readTimeout: ['60', 'soon', '-1s'],
    openFiles: ['0', '-5', '1e3', '1000001'],
    allowAnonymous: ['maybe', '2'],
    finishHook: ['ftp://x', 'nowhere', 'javascript:1', '//host/path', '', 'http://a%zz:b@host/'],
    expireAfter: ['101000d', '100000000d', '7'],
    corsOrigin: ['https://app.example/', 'app.example', 'https://APP.example', '*.example', 'null'],
    publicHost: ['https://up.example.com', 'up.example.com:443', 'up.example.com/files', 'a b'],
    logLevel: ['verbose', 'INFO'],
    logFormat: ['xml'],
  }
  test.for(Object.entries(refused))('%s: nonsense is refused, naming the flag', ([name, texts]) => {
    const { flag } = Object.fromEntries(entries)[name] ?? { flag: '' }
    for (const text of texts) {
      for (const sources of [
        { flags: { [name]: text } },
        { environment: { [environmentName(flag)]: text } },
      ]) {
        expect(() => read(sources), `${flag} ${text}`).toThrow(ConfigError)
        expect(() => read(sources), `${flag} ${text}`).toThrow(flag)
      }
    }
  })
})

describe('unsafe combinations', () => {
  const open = [
    '0.0.0.0',
    '::',
    '',
    '192.168.1.5',
    'example.org',
    '127.0.0.1.example.org',
    '0',
    '128.0.0.1',
  ]
  test.for(open)('listening on %j needs a token or a word', (host) => {
    expect(isLoopback(host)).toBe(false)
    expect(() => read({ flags: { host } })).toThrow(/--token.*--allow-anonymous/)
    expect(read({ flags: { host, token: 'long-enough' } }).host).toBe(host)
    expect(read({ flags: { host, allowAnonymous: true } }).host).toBe(host)
  })

  test.for(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('%j is only here', (host) => {
    expect(isLoopback(host)).toBe(true)
    expect(read({ flags: { host } }).host).toBe(host)
  })

  test('an address in the brackets of a URL is one without', () => {
    expect(read({ flags: { host: '[::1]' } }).host).toBe('::1')
  })

  test('what can be meant is taken, and what was meant is told', () => {
    const flags = {
      corsOrigin: 'https://app.example:8443, http://[::1]:5173',
      publicHost: 'Up.example,::1',
    }
    expect(read({ flags: { ...flags, publicHost: 'Up.example,[::1]' } })).toMatchObject({
      corsOrigin: ['https://app.example:8443', 'http://[::1]:5173'],
      publicHost: ['Up.example', '[::1]'],
    })
    expect(() => read({ flags: { corsOrigin: 'https://app.example/x' } })).toThrow(
      /--cors-origin: .*e\.g\. https:\/\/app\.example$/,
    )
    expect(() => read({ flags: { publicHost: 'https://up.example:9' } })).toThrow(
      /--public-host: .*e\.g\. up\.example$/,
    )
  })

  test.for(['', ' ', 'short', '1234567'])('the token %j is too easy to guess', (token) => {
    expect(() => read({ flags: { token } })).toThrow(/--token/)
    expect(() => read({ environment: { LONGHAUL_TOKEN: token } })).toThrow(/--token/)
  })

  test('the message does not repeat the token', () => {
    expect(() => read({ flags: { token: 'seCret' } })).toThrow(/^(?!.*seCret)/)
  })

  test('an origin list can be shut, and is open by default', () => {
    expect(read({ flags: { corsOrigin: 'none' } }).corsOrigin).toEqual([])
    expect(read({ flags: { corsOrigin: 'https://a, https://b ,' } }).corsOrigin).toEqual([
      'https://a',
      'https://b',
    ])
    expect(read({}).trustProxy).toEqual([])
  })
})

interface Trial {
  readonly started: boolean
  readonly code: number | null
  readonly stderr: string
}

/** Runs `longhaul serve`; ends it so many milliseconds after it said that it listens. */
async function trial(
  args: readonly string[],
  env: Record<string, string> = {},
  patience = 200,
): Promise<Trial> {
  const dir = await temporaryFolder()
  const child = spawn(process.execPath, [cliPath, 'serve', '--port', '0', '--dir', dir, ...args], {
    env: { ...process.env, ...env },
  })
  let started = false
  let stderr = ''
  child.stdout.on('data', () => {
    started = true
    if (patience === 0) child.kill('SIGTERM')
    else setTimeout(() => child.kill('SIGTERM'), patience)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const limit = setTimeout(() => child.kill('SIGKILL'), 25_000)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  clearTimeout(limit)
  return { started, code, stderr }
}

describe.concurrent('as a process', { timeout: 60_000 }, () => {
  // Each of these is a duration that the table reads; Node's HTTP server wants whole milliseconds.
  test.for([
    ['--headers-timeout', '1ms'],
    ['--headers-timeout', '1.001s'],
    ['--headers-timeout', '0'],
    ['--keep-alive-timeout', '1.001s'],
    ['--keep-alive-timeout', '0.5ms'],
    ['--read-timeout', '1ms'],
    ['--grace', '30d'],
    ['--expire-after', '100000000d'],
    ['--trust-proxy', 'nonsense'],
    ['--trust-proxy', '10.0.0.0/99'],
  ] as const)('%s %s starts, or is refused in one line', async ([flag, value]) => {
    const { started, code, stderr } = await trial([flag, value])
    expect(stderr).not.toMatch(/^\s+at |Warning/m)
    if (started) expect(code).toBe(0)
    else {
      expect(code).toBe(2)
      expect(stderr).toContain(flag)
    }
  })

  // A service manager restarts what ended; what hangs after its last words is down for good.
  test('a port in use: one line, exit 1, and it does end', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = typeof address === 'object' ? String(address?.port) : ''
    const { code, stderr } = await trial(['--port', port])
    other.close()
    expect(stderr).toMatch(/port \d+ is in use/)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(1)
  })

  // A supervisor may change its mind as soon as it is told that the service is there.
  test('a SIGTERM right after the ready line is a drain, with exit 0', async () => {
    for (let turn = 0; turn < 4; turn++) {
      const { started, code } = await trial([], {}, 0)
      expect([started, code], `turn ${turn}`).toEqual([true, 0])
    }
  })

  test('flag, environment and file reach the service; a wrong one is exit 2', async () => {
    const folder = await temporaryFolder()
    const [good, bad] = [path.join(folder, 'good.json'), path.join(folder, 'bad.json')]
    await writeFile(good, '{"durability":"none"}')
    await writeFile(bad, '{"durability":')
    const [fromFile, broken, absent, fromEnvironment, open] = await Promise.all([
      trial(['--config', good]),
      trial(['--config', bad]),
      trial(['--config', path.join(folder, 'absent.json')]),
      trial([], { LONGHAUL_DURABILITY: 'sometimes' }),
      trial(['--host', '0.0.0.0']),
    ])
    expect([fromFile.started, fromFile.code]).toEqual([true, 0])
    for (const one of [broken, absent, fromEnvironment, open]) {
      expect([one.started, one.code]).toEqual([false, 2])
      expect(one.stderr).not.toMatch(/^\s+at /m)
    }
    expect(broken.stderr).toMatch(/bad\.json is no JSON/)
    expect(absent.stderr).toMatch(/absent\.json could not be read/)
    expect(fromEnvironment.stderr).toMatch(/--durability: "sometimes" is none of/)
  })
})

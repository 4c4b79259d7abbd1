// `longhaul record`, really run: a scenario from the namespaces to the files, what is left behind when it is interrupted, and what it refuses.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { complaintsAbout } from '../../../captures/lab/check.ts'
import { labIsMissing, missingTools } from '../../../captures/lab/needs.ts'
import { analyseFile } from '../../../captures/lab/recorder.ts'
import { scenarios } from '../../../captures/lab/scenarios.ts'
import { isAlive, until } from '../../helpers/process.ts'
import { cleanUp, cliPath, startServer, temporaryFolder } from '../../helpers/server.ts'

const patience = 100_000
const running = new Set<ChildProcess>()

afterEach(async () => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
  await cleanUp()
})

async function startRecord(args: readonly string[]) {
  const folder = await temporaryFolder('longhaul-record')
  const child = spawn(process.execPath, [cliPath, 'record', ...args], {
    cwd: folder,
    // Whatever it leaves behind is left here.
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  const exit = once(child, 'close').then(([code]) => code)
  return { child, folder, exit, said: () => said }
}

test('a scenario is recorded, checked, trimmed and described', {
  timeout: patience,
}, async (context) => {
  const missing = labIsMissing()
  if (missing !== null) context.skip(missing)
  const { folder, exit, said } = await startRecord(['whole-file', '--out', 'mine.pcapng'])
  expect(await exit, said()).toBe(0)
  expect(said()).toContain('1 connection, 1 PATCH')
  expect(readdirSync(folder).sort()).toEqual(['mine.json', 'mine.pcapng'])
  const analysis = await analyseFile(path.join(folder, 'mine.pcapng'))
  const scenario = scenarios['whole-file']
  if (scenario === undefined) throw new Error('no such scenario')
  expect(complaintsAbout(analysis, scenario.expected)).toEqual([])
  const [connection] = analysis.connections
  expect(connection).toMatchObject({
    client: { address: '10.77.0.1' },
    server: { address: '10.77.0.2', port: 8080 },
    initiation: { client: { mss: 1460, sackPermitted: true, timestamps: true } },
    termination: { kind: 'fin', by: 'client' },
  })
  // 2 × 20 ms, and what a busy machine adds.
  expect(connection?.initiation.rtt).toBeGreaterThan(0.039)
  expect(connection?.initiation.rtt).toBeLessThan(0.5)
  const facts = JSON.parse(readFileSync(path.join(folder, 'mine.json'), 'utf8'))
  expect(facts.versions).toMatchObject({ node: process.versions.node, dumpcap: /./ })
})

test('interrupted in its middle, it leaves no process and no file', {
  timeout: patience,
}, async (context) => {
  const missing = labIsMissing()
  if (missing !== null) context.skip(missing)
  const { child, folder, exit, said } = await startRecord(['keep-alive'])
  const captures = () =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).some((name) =>
      name.endsWith('recording.pcapng'),
    )
  await until('dumpcap records', () => captures() || child.exitCode !== null, 60_000)
  const family = descendantsOf(child.pid ?? -1)
  expect(family.length).toBeGreaterThan(6)
  child.kill('SIGINT')
  expect(await exit).toBe(1)
  expect(said()).toContain('interrupted: nothing was written')
  for (const pid of family) await until(`the end of ${pid}`, async () => !(await isAlive(pid)))
  expect(readdirSync(folder)).toEqual([])
})

test('killed, it takes everything with it', { timeout: patience }, async (context) => {
  const missing = labIsMissing()
  if (missing !== null) context.skip(missing)
  const { child, folder } = await startRecord(['keep-alive'])
  await until('the lab is there', () => descendantsOf(child.pid ?? -1).length > 8, 60_000)
  const family = descendantsOf(child.pid ?? -1)
  child.kill('SIGKILL')
  for (const pid of family) await until(`the end of ${pid}`, async () => !(await isAlive(pid)))
  await until('the folder is empty', () => readdirSync(folder).length === 0)
})

test('what passes a port is recorded until Ctrl-C', { timeout: patience }, async (context) => {
  if (process.getuid?.() !== 0) context.skip('only root may capture without leave')
  const missing = missingTools(['dumpcap'])
  if (missing !== null) context.skip(missing)
  const server = await startServer()
  const { child, folder, exit, said } = await startRecord([
    ...['--port', String(server.port), '--out', 'port.pcapng'],
  ])
  await until('it records', () => said().includes('recording TCP port'), 30_000)
  const response = await fetch(`${server.url}/livez`, { headers: { connection: 'close' } })
  expect(response.status).toBe(200)
  await response.text()
  child.kill('SIGINT')
  expect(await exit, said()).toBe(0)
  expect(readdirSync(folder)).toEqual(['port.pcapng'])
  const { connections } = await analyseFile(path.join(folder, 'port.pcapng'))
  expect(connections).toHaveLength(1)
  expect(connections[0]?.exchanges[0]).toMatchObject({
    method: 'GET',
    target: '/livez',
    status: 200,
  })
})

test('killed while it waits for a packet, it leaves no dumpcap', {
  timeout: patience,
}, async (context) => {
  if (process.getuid?.() !== 0) context.skip('only root may capture without leave')
  const missing = missingTools(['dumpcap'])
  if (missing !== null) context.skip(missing)
  const { child, said } = await startRecord(['--port', '9', '--out', 'port.pcapng'])
  await until('it records', () => said().includes('recording TCP port'), 30_000)
  const family = descendantsOf(child.pid ?? -1)
  expect(family.length).toBeGreaterThan(1)
  child.kill('SIGKILL')
  for (const pid of family) await until(`the end of ${pid}`, async () => !(await isAlive(pid)))
})

test.each([
  [['no-such-thing'], 'there is no scenario "no-such-thing"'],
  [[], 'name a scenario'],
  [['keep-alive', '--port', '80'], 'name a scenario'],
  [['--port', '8080'], '--port needs --out'],
  [['--port', '0', '--out', 'x.pcapng'], 'from 1 to 65535'],
  [['keep-alive', '--out', 'nowhere/x.pcapng'], 'there is no folder nowhere'],
  [['keep-alive', '--out', '.', '--force'], 'it is a folder'],
  [['--port', '9', '--out', '/dev/null/x.pcapng'], 'there is no folder /dev/null'],
])('refuses %j as wrong usage', async (args, words) => {
  const { folder, exit, said } = await startRecord(args)
  expect(await exit).toBe(2)
  expect(said()).toContain(words)
  expect(existsSync(path.join(folder, 'x.pcapng'))).toBe(false)
})

test('a folder that may not be written to is told before anything is recorded', async (context) => {
  const ordinary = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  const [command = '', ...args] = process.getuid?.() === 0 ? ordinary : ['env']
  const folder = await temporaryFolder('longhaul-record')
  chmodSync(folder, 0o555)
  const run = (...more: string[]) =>
    spawnSync(command, [...args, process.execPath, cliPath, ...more], {
      cwd: folder,
      encoding: 'utf8',
    })
  if (run('--version').status !== 0) context.skip('nobody may not read the checkout')
  const { status, stderr } = run('record', 'keep-alive')
  expect(stderr).toBe(
    'longhaul: keep-alive.pcapng can not be written: its folder can not be written to\n',
  )
  expect(status).toBe(2)
})

test('--list tells every scenario', async () => {
  const { exit, said } = await startRecord(['--list'])
  expect(await exit).toBe(0)
  for (const [name, { shows }] of Object.entries(scenarios)) {
    expect(said()).toContain(name)
    expect(said()).toContain(shows)
  }
})

/** Children, their children, and so on, as the system lists them. */
function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      // The second field, the name in brackets, may hold spaces.
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // It has ended meanwhile.
    }
  }
  const found = [pid]
  for (const one of found)
    for (const [child, parent] of parents) if (parent === one) found.push(child)
  return found.slice(1)
}

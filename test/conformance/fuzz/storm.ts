// The storm: damaged requests without end against the real service, uploads that must not notice, and a look at it at rest.
import { randomOf } from '../../captures/random.ts'
import { isAlive } from '../../helpers/process.ts'
import { startSubject } from '../../helpers/subject.ts'
import { get, upload } from '../../helpers/tus.ts'
import { type Control, concatenationControl, ietfControl, tusControl } from './controls.ts'
import { exchange, type Seen } from './exchange.ts'
import { type Planned, plan, type Target } from './request.ts'
import { lookAtRest, type Rest, troubleIn } from './rest.ts'
import { makeTargets } from './targets.ts'

export interface StormResult {
  readonly requests: number
  /** How often each final status was answered; 0: the connection ended without. */
  readonly statuses: ReadonlyMap<number, number>
  readonly controls: number
  readonly rests: readonly Rest[]
  readonly slowest: { readonly seed: number; readonly ms: number }
  /** Empty, or something has to be mended. */
  readonly wrong: readonly string[]
}

/** Connections at once. */
const crowd = 24
/** Requests on one set of targets, and between two looks at the service at rest. */
const perTargets = 500
const perRest = 2500
/** More memory than after the first storms, though everything has ended, is a leak (bytes). */
const mostGrowth = 64e6
const mostMemory = 250e6

/** Deadlines so short that a request which waits for bytes is not waited for. */
const flags = [
  ...['--headers-timeout', '2s', '--read-timeout', '2s', '--keep-alive-timeout', '2s'],
  ...['--max-size', '1GiB', '--open-files', '16', '--log-level', 'warn', '--log-format', 'json'],
]

const controls: readonly Control[] = [tusControl, ietfControl, concatenationControl]

/** Sends the requests of the seeds from `first` on. */
export async function storm(
  count: number,
  first: number,
  onRest: (sent: number, rest: Rest, wrong: readonly string[]) => void = () => undefined,
): Promise<StormResult> {
  const server = await startSubject({ flags })
  const wrong: string[] = []
  const statuses = new Map<number, number>()
  const rests: Rest[] = []
  const slowest = { seed: first, ms: 0 }
  let controlled = 0
  /** As much of the log has been read. */
  let logRead = 0
  /** Whatever may have brought bytes under a false checksum to a path. */
  let poisonedBy: [path: string, request: string][] = []
  const before = 'an upload from before the storm'
  const untouched = await upload(server, before)

  async function control(number: number): Promise<void> {
    const one = controls[number % controls.length] ?? tusControl
    wrong.push(...(await one(server, randomOf(first + number))))
    controlled += 1
  }

  async function send(seed: number, targets: Target[]): Promise<void> {
    const planned = plan(randomOf(seed), targets)
    const start = performance.now()
    const seen = await exchange(server.port, planned)
    const ms = performance.now() - start
    if (ms > slowest.ms) Object.assign(slowest, { seed, ms })
    const finals = seen.statuses.filter((status) => status >= 200)
    for (const status of finals.length === 0 ? [0] : finals) {
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    if (seen.offset !== null) planned.target.offset = seen.offset
    const made = seen.location === null ? null : pathIn(seen.location)
    if (made !== null && targets.length < 40) targets.push({ path: made, offset: 0 })
    if (planned.isPoisoned) poisonedBy.push([made ?? planned.target.path, describe(seed, planned)])
    wrong.push(...judge(planned, seen).map((what) => `${what}\n${describe(seed, planned)}`))
  }

  for (let number = 0; number < controls.length; number++) await control(number)
  const keep = new Set([untouched])
  rests.push(await lookAtRest(server, keep))
  wrong.push(...(rests[0]?.wrong ?? []))
  for (let from = 0; from < count && (await isAlive(server.pid)); from += perTargets) {
    const targets = await makeTargets(server)
    let next = from
    const end = Math.min(count, from + perTargets)
    const senders = Array.from({ length: crowd }, async () => {
      while (next < end) await send(first + next++, targets)
    })
    await Promise.all([...senders, control(from / perTargets)])
    if (end % perRest !== 0 && end !== count) continue
    const rest = await lookAtRest(server, keep)
    rests.push(rest)
    wrong.push(...rest.wrong, ...troubleIn(server.log().slice(logRead)))
    logRead = server.log().length
    for (const [path, request] of poisonedBy) {
      if (rest.poisoned.has(path)) wrong.push(`may be why ${path} holds it:\n${request}`)
    }
    poisonedBy = []
    onRest(end, rest, wrong)
  }
  if (!(await isAlive(server.pid))) wrong.push(`the service ended:\n${server.log().slice(-3000)}`)
  else {
    for (let number = 0; number < controls.length; number++) await control(number)
    if ((await get(server, untouched)).text !== before)
      wrong.push('the upload from before is another')
    wrong.push(...leaks(rests))
    const code = await server.stop()
    if (code !== 0) wrong.push(`the service ended with ${code}:\n${server.log().slice(-3000)}`)
  }
  return { requests: count, statuses, controls: controlled, rests, slowest, wrong }
}

/** What no request may bring about, whatever it holds. */
function judge(planned: Planned, { statuses, isHanging, refused }: Seen): string[] {
  const wrong: string[] = []
  if (refused !== null) wrong.push(`no connection: ${refused}`)
  if (isHanging) wrong.push(`neither answered nor closed; so far ${statuses.join(', ')}`)
  for (const status of statuses) {
    // Of a body that was cut off, the client hears that it can go on with the next one.
    const isCutOff = status === 503 && (planned.isBodyBroken || planned.end !== 'read')
    // RFC 9112 §6.1 has this status for it.
    const isUncoded = status === 501 && planned.bytes.includes('Transfer-Encoding: gzip, chunked')
    if (status >= 500 && !isCutOff && !isUncoded) wrong.push(`answered ${status}`)
  }
  return wrong
}

function describe(seed: number, { bytes, end }: Planned): string {
  const text = bytes.toString('latin1')
  const most = 4000
  const shown = JSON.stringify(text.slice(0, most)) + (text.length > most ? '…' : '')
  return `  seed ${seed} (then ${end}): npx tsx test/conformance/fuzz-run.ts 1 ${seed}\n  ${shown}`
}

/** The first rest is before the storm; only after the second is the code warm, and are the caches full. */
function leaks(rests: readonly Rest[]): string[] {
  const [first, warm = first] = rests
  const last = rests.at(-1)
  if (first === undefined || warm === undefined || last === undefined) return ['there was no rest']
  const wrong: string[] = []
  if (last.descriptors > first.descriptors + 2) {
    wrong.push(`${last.descriptors} descriptors at the end, ${first.descriptors} at first`)
  }
  if (last.memory > warm.memory + mostGrowth || last.memory > mostMemory) {
    wrong.push(`${mb(last.memory)} MB at the end, ${mb(warm.memory)} after the first requests`)
  }
  return wrong
}

const mb = (bytes: number) => Math.round(bytes / 1e6)

function pathIn(location: string): string {
  return URL.canParse(location) ? new URL(location).pathname : location
}

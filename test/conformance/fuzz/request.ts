// One request of the fuzzer: its bytes, and the way in which they are sent.
import { createHash } from 'node:crypto'
import type { Random } from '../../captures/random.ts'
import { frame } from './framing.ts'
import { mutate, structured } from './mutate.ts'
import { type HeaderName, headerNames, headerValues, methods, oddMethods } from './values.ts'

/** An upload at which requests are aimed. */
export interface Target {
  readonly path: string
  /** As the last answer told it (bytes). */
  offset: number
}

export interface Planned {
  /** What the last of them is aimed at. */
  readonly target: Target
  /** Its body is not what it promises. */
  readonly isPoisoned: boolean
  /** How many requests `bytes` were made of. */
  readonly count: number
  readonly bytes: Buffer
  /** Where the bytes are parted when they are sent; the pieces go out one after the other. */
  readonly cuts: readonly number[]
  /** `read`: waits for the answers · `fin` and `reset`: ends when all is sent · `cut`: ends when half is sent. */
  readonly end: 'read' | 'fin' | 'reset' | 'cut'
  /** Whether a body may not come as its head says: then "503, the body was cut off" is the right answer. */
  readonly isBodyBroken: boolean
}

type Fields = [name: string, value: string][]

/** What no promise covers, is covered by a false one: such bytes may never be in an upload. */
export const poison = 0xee

const interops = ['8', '7', '6', '5', '4', '3'] as const

/** A request, or some in a row. Everything is decided by `random` and the targets. */
export function plan(random: Random, targets: readonly Target[]): Planned {
  const isPoisoned = random.integer(6) === 0
  // A body without an end would swallow the promises of a request behind it.
  const count = !isPoisoned && random.integer(10) === 0 ? 2 + random.integer(3) : 1
  const requests = Array.from({ length: count }, () => oneRequest(random, targets, isPoisoned))
  const whole = Buffer.concat(requests.map(({ bytes }) => bytes))
  const isMutated = !isPoisoned && random.integer(60) === 0
  const bytes = isMutated ? Buffer.from(mutate(random, whole.toString('latin1')), 'latin1') : whole
  if (!isPoisoned) withoutPoison(bytes)
  const end = random.integer(100)
  return {
    target: requests.at(-1)?.target ?? { path: '', offset: 0 },
    isPoisoned,
    count,
    bytes,
    cuts: cutsOf(random, bytes.length),
    end: end < 82 ? 'read' : end < 89 ? 'fin' : end < 94 ? 'reset' : 'cut',
    isBodyBroken: isMutated || requests.some(({ isBodyBroken }) => isBodyBroken),
  }
}

/** What chance has made of other bytes is no poison. */
function withoutPoison(bytes: Buffer): void {
  for (let at = bytes.indexOf(poison); at >= 0; at = bytes.indexOf(poison, at)) bytes[at] = 0x6e
}

function cutsOf(random: Random, length: number): number[] {
  const kind = random.integer(12)
  if (kind < 7) return []
  const many = kind === 11 ? 40 : 1 + random.integer(4)
  return Array.from({ length: many }, () => random.integer(length + 1)).toSorted((a, b) => a - b)
}

function oneRequest(
  random: Random,
  targets: readonly Target[],
  isPoisoned: boolean,
): { target: Target; bytes: Buffer; isBodyBroken: boolean } {
  const target = random.pick(targets)
  const method = methodOf(random)
  const body = bodyOf(random, isPoisoned)
  const profile = profileOf(random, method, target, targets)
  const fields = mutateFields(random, profile, targets, isPoisoned)
  let behind: string | null = null
  if (isPoisoned || random.integer(6) === 0) {
    const promise = promisesOf(random, isPoisoned ? Buffer.from(`not ${random.next()}`) : body)
    const isBehind = random.integer(3) === 0
    if (isBehind) fields.push(['Trailer', 'Upload-Checksum, Content-Digest'])
    else fields.push(...promise)
    behind = isBehind ? promise.map(([name, value]) => `${name}: ${value}\r\n`).join('') : null
  }
  const framed = frame(random, body, behind)
  const version = random.integer(40) === 0 ? 0 : 1
  const head = [
    `${method} ${pathOf(random, method, target)} HTTP/1.${version}`,
    ...[...fields, ...framed.fields].map(([name, value]) => `${name}: ${value}`),
  ]
  return {
    target,
    bytes: Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), framed.body]),
    isBodyBroken: framed.isBroken,
  }
}

function methodOf(random: Random): string {
  const kind = random.integer(100)
  if (kind < 34) return 'PATCH'
  if (kind < 58) return 'POST'
  if (kind < 66) return 'PUT'
  if (kind < 96) return random.pick(methods)
  return random.pick(oddMethods)
}

function pathOf(random: Random, method: string, { path }: Target): string {
  const kind = random.integer(100)
  if (kind < 4) return mutate(random, path).replaceAll(/[ \r\n]/g, '%20') || '/'
  if (kind < 6)
    return random.pick(['*', '/', '/api/uploads', '/api/connections', '/metrics', '/captures'])
  if (kind < 8) return `http://127.0.0.1${path}`
  if (kind < 10) return `${path}${random.pick(['/', '?x=/files/y', '#x', '//', '/..', '%00'])}`
  const creates = method === 'POST' || method === 'PUT' || method === 'OPTIONS'
  return random.integer(10) < (creates ? 8 : 1) ? '/files' : path
}

/** The head of a right request of one of the protocols, or of none. */
function profileOf(
  random: Random,
  method: string,
  { offset }: Target,
  targets: readonly Target[],
): Fields {
  const fields: Fields = [['Host', '127.0.0.1']]
  const kind = random.integer(10)
  if (kind === 0) return fields
  const creates = method === 'POST' || method === 'PUT'
  if (kind < 6) {
    fields.push(['Tus-Resumable', '1.0.0'])
    if (method === 'PATCH') fields.push(['Upload-Offset', String(offset)])
    if (creates && random.integer(5) > 0)
      fields.push(['Upload-Length', random.pick(['1000', '0', '5000'])])
    else if (creates) fields.push(['Upload-Defer-Length', '1'])
    if (creates && random.integer(3) === 0)
      fields.push(['Upload-Concat', headerValue(random, 'Upload-Concat', targets)])
    if (!creates || random.integer(2) === 0)
      fields.push(['Content-Type', 'application/offset+octet-stream'])
    return fields
  }
  const interop = random.pick(interops)
  fields.push(['Upload-Draft-Interop-Version', interop])
  const isLast = random.integer(4) === 0
  if (interop === '3') fields.push(['Upload-Incomplete', isLast ? '?0' : '?1'])
  else fields.push(['Upload-Complete', isLast ? '?1' : '?0'])
  if (!creates) fields.push(['Upload-Offset', String(offset)])
  if (method === 'PATCH') fields.push(['Content-Type', 'application/partial-upload'])
  if (creates && random.integer(3) === 0) fields.push(['Upload-Length', '1000'])
  return fields
}

function headerValue(random: Random, name: HeaderName, targets: readonly Target[]): string {
  const value: string = random.pick<string>(headerValues[name])
  return value.replaceAll(/\{[ab]\}/g, () => random.pick(targets).path)
}

const promises = new Set(['upload-checksum', 'content-digest', 'trailer'])

function mutateFields(
  random: Random,
  fields: Fields,
  targets: readonly Target[],
  isPoisoned: boolean,
): Fields {
  const result = [...fields]
  const most = random.pick(isPoisoned ? [0, 0, 0, 1, 2] : [0, 0, 1, 1, 1, 2, 3, 5])
  for (let more = most; more > 0; more--) {
    const name = random.pick(headerNames)
    const value = headerValue(random, name, targets)
    // The first is Host, without which nothing else is looked at.
    const last = Math.max(0, result.length - 1)
    const at = random.integer(20) === 0 ? 0 : Math.min(last, 1 + random.integer(last + 1))
    const [oldName, oldValue] = result[at] ?? ['X', '']
    const kind = random.integer(8)
    if (kind < 3) result.push([name, random.integer(2) === 0 ? value : mutate(random, value)])
    else if (kind === 3) result.push([oldName, oldValue])
    else if (kind === 4) result.splice(at, 1)
    else if (kind === 5) result.push([oldName.toLowerCase(), mutate(random, oldValue)])
    else if (kind === 6) result[at] = [oldName, mutate(random, oldValue)]
    else if (random.integer(4) > 0) result.push([name, structured(random)])
    else result.push([mutate(random, name).slice(0, 50) || 'X', value])
  }
  // Its promises stand alone, so that none of them can be taken for a right one, or for none.
  if (!isPoisoned) return result
  return result.filter(
    ([name, value]) =>
      headerNames.some((known) => known.toLowerCase() === name.toLowerCase()) &&
      !promises.has(name.toLowerCase()) &&
      !/[\r\n]/.test(value),
  )
}

/** What these bytes hash to, in the words of both protocols. */
function promisesOf(random: Random, bytes: Buffer): Fields {
  const digest = (hash: string) => createHash(hash).update(bytes).digest('base64')
  return [
    ['Upload-Checksum', random.pick([`sha1 ${digest('sha1')}`, `sha256 ${digest('sha256')}`])],
    ['Content-Digest', `sha-256=:${digest('sha256')}:`],
  ]
}

function bodyOf(random: Random, isPoisoned: boolean): Buffer {
  const length =
    random.integer(200) === 0 ? 200_000 : random.pick([0, 1, 5, 100, random.integer(1500)])
  return Buffer.alloc(length, isPoisoned ? poison : 97 + random.integer(26))
}

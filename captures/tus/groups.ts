// Which steps belong to the same upload: those of one URL at one server, in the order of their requests.
import type { Exchange } from '../http/exchange.ts'
import type { Nanoseconds } from '../units.ts'
import type { TimedStep } from './offsets.ts'
import { pathOfAbsolute } from './url.ts'

export interface PlacedStep extends TimedStep {
  readonly exchange: Exchange
  readonly connection: number
  readonly server: string
  /** Of the request, in lower case; `null`: not there, or cut. */
  readonly host: string | null
  readonly end: Nanoseconds
}

export interface UploadSteps {
  /** `null`: one creation whose answer is not there. */
  readonly url: string | null
  readonly steps: readonly PlacedStep[]
}

interface Group {
  readonly url: string
  readonly steps: PlacedStep[]
}

/** `placed` in the order of time. */
export function groupSteps(placed: readonly PlacedStep[]): UploadSteps[] {
  const groups = new Map<string, Group>()
  const alone: UploadSteps[] = []
  const requested = new Set(
    placed.filter(({ step }) => step.action !== 'creation').map(({ step }) => step.url),
  )
  for (const one of placed) {
    if (one.step.url === null) {
      alone.push({ url: null, steps: [one] })
      continue
    }
    const url = asRequested(one.step.url, requested)
    const key = `${one.server} ${url}`
    const group = groups.get(key) ?? { url, steps: [] }
    groups.set(key, group)
    group.steps.push(one)
  }
  return [...joined([...groups.values()]), ...alone].sort((a, b) => beginOf(a) - beginOf(b))
}

const beginOf = ({ steps }: UploadSteps): Nanoseconds => steps[0]?.asked ?? 0

/** A Location may tell a name of the server by which a proxy asks nobody: its path is what the requests have. */
function asRequested(url: string, requested: ReadonlySet<string | null>): string {
  const path = requested.has(url) ? null : pathOfAbsolute(url)
  return path !== null && requested.has(path) ? path : url
}

/**
 * One upload at two addresses of a server (IPv4 then IPv6) is one; what two servers carry at the same time is a proxy's
 * connection before it and the one behind it, and stays two.
 */
function joined(groups: readonly Group[]): Group[] {
  const byName = new Map<string, Group[]>()
  for (const group of groups) {
    const name = `${hostOf(group)} ${group.url}`
    const sameName = byName.get(name) ?? []
    byName.set(name, sameName)
    const earlier = sameName.find((one) => endOf(one) <= beginOf(group))
    if (earlier === undefined) sameName.push(group)
    else for (const step of group.steps) earlier.steps.push(step)
  }
  return [...byName.values()].flat()
}

const hostOf = ({ steps }: Group): string | null =>
  steps.find(({ host }) => host !== null)?.host ?? null

export const endOf = ({ steps }: Pick<Group, 'steps'>): Nanoseconds =>
  steps.reduce((latest, { end }) => Math.max(latest, end), 0)

// A run of exchanges in one line: what they have in common. Exchanges in, words out.
import type { ExchangeAnalysis } from '../analysis.ts'
import { isPatch } from '../rules/patch.ts'
import type { Sentence } from './prose.ts'
import { frameRange, say } from './prose.ts'
import { count, size } from './quantity.ts'

/** `18 more PATCHes, frames 812–20114, same pattern (1.0 MiB each, 204)` */
export function runSentence(run: readonly ExchangeAnalysis[]): Sentence {
  const patches = run.filter(isPatch).length
  const what =
    patches === run.length
      ? count(patches, 'more PATCH', 'more PATCHes')
      : count(run.length, 'more exchange')
  const first = run[0]?.requestPacket ?? run[0]?.responsePacket
  const last = run.at(-1)?.lastResponsePacket ?? run.at(-1)?.lastRequestPacket
  const where = first == null || last == null ? [] : say`, ${frameRange(first, last)}`
  return say`${what}${where}${pattern(run)}`
}

/** Equal method, size and status are "the same pattern"; else what there was of each status. */
function pattern(run: readonly ExchangeAnalysis[]): string {
  const kinds = new Set(
    run.map(({ method, requestBodyBytes, status }) => [method, requestBodyBytes, status].join()),
  )
  const [first] = run
  if (first === undefined) return ''
  if (run.length > 1 && kinds.size === 1) {
    const body = first.requestBodyBytes > 0 ? `${size(first.requestBodyBytes)} each, ` : ''
    return `, same pattern (${body}${told(first)})`
  }
  if (run.length === 1) return `, ${told(first)}`
  const statuses = new Map<string, number>()
  for (const exchange of run) statuses.set(told(exchange), (statuses.get(told(exchange)) ?? 0) + 1)
  return `: ${[...statuses].map(([status, number]) => `${number} × ${status}`).join(', ')}`
}

const told = ({ status }: ExchangeAnalysis) => (status === null ? 'no answer' : String(status))

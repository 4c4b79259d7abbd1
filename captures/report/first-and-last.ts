// Of many PATCHes the first and the last are told packet by packet.
import type { ExchangeAnalysis } from '../analysis.ts'
import { isPatch } from '../rules/patch.ts'

export interface FirstAndLast {
  readonly name: 'PATCH' | 'exchange'
  readonly first: ExchangeAnalysis
  readonly last: ExchangeAnalysis
  /** What is told of, each with what it is called; one where the first is the last. */
  readonly told: readonly (readonly [ExchangeAnalysis, string])[]
}

/** Where there is no PATCH, of the exchanges; `null`: there is none. */
export function firstAndLastOf(exchanges: readonly ExchangeAnalysis[]): FirstAndLast | null {
  const patches = exchanges.filter(isPatch)
  const name = patches.length > 0 ? 'PATCH' : 'exchange'
  const shown = patches.length > 0 ? patches : exchanges
  const [first] = shown
  const last = shown.at(-1)
  if (first === undefined || last === undefined) return null
  const told =
    first === last
      ? ([[first, `The only ${name}`]] as const)
      : ([
          [first, `The first ${name}`],
          [last, `The last ${name}`],
        ] as const)
  return { name, first, last, told }
}

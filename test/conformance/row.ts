// One statement of a protocol and its check: the lists of this folder are made of these.
import type { Address } from '../helpers/wire.ts'

/** A service under test. */
export interface Subject extends Address {
  /** The same service under other flags of `serve`; each set of flags is started once. */
  under(...flags: string[]): Promise<Address>
}

export type Level = 'MUST' | 'MUST NOT' | 'SHALL NOT' | 'SHOULD' | 'SHOULD NOT' | 'MAY' | 'practice'

interface Statement {
  /** The checklist's id: T for tus 1.0.0, R for IETF resumable uploads. Where it is said: `sections.ts`. */
  readonly id: string
  readonly level: Level
  readonly statement: string
  /** Ids of stock defects that the check holds against, D01 to D43. */
  readonly defects?: readonly string[]
}

export interface CheckedRow extends Statement {
  /** Fails by an assertion. It makes the uploads that it needs and shares none with other rows. */
  readonly check: (server: Subject) => Promise<void>
}

/** What can't be seen over the wire; `reason` tells why, and what is done instead. */
export interface ReasonedRow extends Statement {
  readonly reason: string
}

export type Row = CheckedRow | ReasonedRow

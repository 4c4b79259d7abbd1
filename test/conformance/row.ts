// One statement of a protocol and its check: the lists of this folder are made of these.
import type { Address } from '../helpers/wire.ts'

/** A service under test. */
export interface Subject extends Address {
  /** The same service under other flags of `serve`; each set of flags is started once. */
  under(...flags: string[]): Promise<Address>
}

export interface Row {
  /** The checklist's id: T for tus 1.0.0, R for IETF resumable uploads. */
  readonly id: string
  readonly level: 'MUST' | 'MUST NOT' | 'SHOULD' | 'MAY' | 'practice'
  readonly statement: string
  /** Ids of stock defects that the check holds against, D01 to D43. */
  readonly defects?: readonly string[]
  /** Fails by an assertion. It makes the uploads that it needs and shares none with other rows. */
  readonly check: (server: Subject) => Promise<void>
}

// The conformance list of the IETF's resumable uploads, keyed by the ids of the checklist.
import type { Row } from '../row.ts'
import { appendRows } from './append.ts'
import { concurrencyRows } from './concurrency.ts'
import { creationRows } from './creation.ts'
import { integrityRows } from './integrity.ts'
import { interimRows } from './interim.ts'
import { limitRows } from './limits.ts'
import { retrievalRows } from './retrieval.ts'
import { securityRows } from './security.ts'
import { stateRows } from './state.ts'

export const rufhRows: readonly Row[] = [
  ...stateRows,
  ...limitRows,
  ...creationRows,
  ...retrievalRows,
  ...appendRows,
  ...concurrencyRows,
  ...interimRows,
  ...integrityRows,
  ...securityRows,
]

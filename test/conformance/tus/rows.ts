// The conformance list of tus 1.0.0, keyed by the ids of the checklist.
import type { Row } from '../row.ts'
import { checksumRows } from './checksum.ts'
import { concatenationRows } from './concatenation.ts'
import { concurrencyRows } from './concurrency.ts'
import { coreHeaderRows } from './core-headers.ts'
import { coreRequestRows } from './core-requests.ts'
import { corsRows } from './cors.ts'
import { creationRows } from './creation.ts'
import { creationWithUploadRows } from './creation-with-upload.ts'
import { expirationRows } from './expiration.ts'
import { metadataRows } from './metadata.ts'
import { terminationRows } from './termination.ts'

export const tusRows: readonly Row[] = [
  ...coreHeaderRows,
  ...coreRequestRows,
  ...creationRows,
  ...metadataRows,
  ...creationWithUploadRows,
  ...expirationRows,
  ...checksumRows,
  ...terminationRows,
  ...concatenationRows,
  ...concurrencyRows,
  ...corsRows,
].toSorted((a, b) => a.id.localeCompare(b.id))

// What an OPTIONS request is told, whatever protocol its client speaks.

import { partialUpload } from './body-head.ts'
import { type Limits, limitFields } from './fields.ts'
import { versionOf } from './versions.ts'

/** The limits of a new upload (draft, Limits), and the media types that PATCH takes: tus' too (RFC 5789 §3.1). */
export function discoveryFields(limits: Limits): [name: string, value: string][] {
  return Object.entries({
    'Accept-Patch': `application/offset+octet-stream, ${partialUpload}`,
    ...limitFields(limits, null, versionOf(undefined)),
  })
}

// The versions of draft-ietf-httpbis-resumable-upload, as a table: what each writes differently.
import { readInteger } from './structured.ts'

/** How requests of one version are read, and answered. */
export interface Version {
  /** As in Upload-Draft-Interop-Version; `null` for a request that names none, or one that is not known. */
  readonly interop: number | null
  /** The field that tells whether the upload ends with this content. */
  readonly completeField: 'Upload-Complete' | 'Upload-Incomplete'
  /** The value of that field that means "this is the end". */
  readonly completeValue: boolean
  /** What a request to append means that leaves the field out; `null`: it may not. */
  readonly appendDefault: boolean | null
  /** The same of a creation. */
  readonly creationDefault: boolean | null
  /** Whether appending needs Content-Type: application/partial-upload. */
  readonly needsType: boolean
  /** The answer to an append that leaves the upload incomplete. */
  readonly appended: 201 | 204
  /** The answer to the offset retrieval of a finished upload: 200 is that of the download. */
  readonly retrieved: 200 | 204
  /** Whether 104 also tells of progress. */
  readonly tellsProgress: boolean
  /** How Upload-Limit calls the seconds that are left; `null`: there is no such field. */
  readonly ageKey: 'max-age' | 'expires' | null
  /** What is answered for an upload that is no more. */
  readonly gone: 404 | 410
}

/** As in the latest text: for clients of the RFC to be, who name no version. */
const latest = {
  interop: null,
  completeField: 'Upload-Complete',
  completeValue: true,
  appendDefault: null,
  creationDefault: null,
  needsType: true,
  appended: 204,
  retrieved: 200,
  tellsProgress: true,
  ageKey: 'max-age',
  gone: 410,
} as const satisfies Version

// Each as the one after it, but for what is named.
const eight: Version = { ...latest, interop: 8 }
const seven: Version = { ...eight, interop: 7 }
const six: Version = { ...seven, interop: 6, ageKey: 'expires', appendDefault: true }
const five: Version = { ...six, interop: 5, ageKey: null, needsType: false }
const four: Version = { ...five, interop: 4, tellsProgress: false, appended: 201, retrieved: 204 }
const three: Version = {
  ...four,
  interop: 3,
  completeField: 'Upload-Incomplete',
  completeValue: false,
  creationDefault: true,
  gone: 404,
}

/** Drafts -01 (interop 3) to -12 (8). */
export const versions: readonly Version[] = [three, four, five, six, seven, eight]

/** The version that a request is of, by its Upload-Draft-Interop-Version. */
export function versionOf(header: string | string[] | undefined): Version {
  const interop = readInteger(header)
  return versions.find((version) => version.interop === interop) ?? latest
}

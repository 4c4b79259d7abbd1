// One request on its way through the protocol, and what was learned of it so far.
import type { Exchange } from '../exchange.ts'
import type { BodyState } from '../respond.ts'
import type { Upload } from '../uploads/upload.ts'
import type { BodyHead } from './body-head.ts'
import type { Fields } from './fields.ts'
import type { Version } from './versions.ts'

export interface Call extends Exchange {
  /** `null`: where uploads are created. */
  readonly id: string | null
  readonly version: Version
  bodyState: BodyState
  /** The upload that the content is for, and what the head says of the content: an answer tells of both, an error too. */
  upload: Upload | null
  head: BodyHead | null
  /** Location and limits of the upload that this request has made. */
  where: Fields
}

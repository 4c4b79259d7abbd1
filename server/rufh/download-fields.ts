// A finished upload's download tells, as every offset retrieval, that the upload is complete.
import type { RequestHandler } from 'express'
import { isPart } from '../uploads/concatenation.ts'
import type { Uploads } from '../uploads/uploads.ts'
import { type Limits, limitFields, retrievalFields } from './fields.ts'
import type { ReprDigests } from './repr-digests.ts'
import { versionOf } from './versions.ts'

/** Goes before the handler of GET and HEAD. */
export function createDownloadFields(
  uploads: Uploads,
  limits: Limits,
  digests: ReprDigests,
): RequestHandler<{ id: string }> {
  return async (request, response, next) => {
    // Whatever is wrong with it is told by the download.
    const upload = await uploads.look(request.params.id).catch(() => null)
    if (upload !== null && upload.info.finished !== null && !isPart(upload.info)) {
      const version = versionOf(request.headers['upload-draft-interop-version'])
      response.set(retrievalFields(upload, version))
      response.set(limitFields(limits, upload, version))
      response.set(await digests.fieldOf(upload, request.headers))
    }
    next()
  }
}

// Content on its way into an upload, and what the client is told meanwhile.

import type { Upload } from '../uploads/upload.ts'
import type { Uploads } from '../uploads/uploads.ts'
import type { BodyHead } from './body-head.ts'
import type { Call } from './call.ts'
import type { Fields } from './fields.ts'
import { type InterimOptions, sendResumptionSupported, takesInterim } from './interim.ts'
import { createProgress } from './progress.ts'

export interface Receiver {
  /** Tells a client how to resume: 104. The draft wants none where the version is not known. */
  announce(call: Call, fields: Fields): void
  /** Appends the content; rejects with an `UploadError`. */
  receive(call: Call, upload: Upload, head: BodyHead): Promise<void>
}

export function createReceiver(uploads: Uploads, options: InterimOptions): Receiver {
  const progress = createProgress()

  function announce({ request, response, version }: Call, fields: Fields): void {
    if (version.interop === null || !takesInterim(options, request.headers)) return
    sendResumptionSupported(response, {
      'Upload-Draft-Interop-Version': String(version.interop),
      ...fields,
    })
  }

  async function receive(call: Call, upload: Upload, head: BodyHead): Promise<void> {
    const { offset, length, bodyLength, check, isLast } = head
    let told = offset
    const tell = () => {
      if (upload.offset === told) return
      told = upload.offset
      announce(call, { 'Upload-Offset': String(told) })
    }
    const unwatch = call.version.tellsProgress ? progress.watch(tell) : () => {}
    try {
      await uploads.append(upload.info.id, {
        offset,
        length,
        bodyLength,
        body: call.request,
        check,
        end: isLast ? 'last' : 'more',
        connection: call.connection.id,
        onAccept() {
          // Also after a 104 (draft, Status Code 104).
          if (call.bodyState === 'unasked') call.response.writeContinue()
          call.bodyState = 'coming'
        },
      })
    } finally {
      unwatch()
    }
  }

  return { announce, receive }
}

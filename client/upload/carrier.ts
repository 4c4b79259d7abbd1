// Uppy with its Dashboard and Tus plugin: takes in files for the queue, carries the one whose turn it is.
import Uppy from '@uppy/core'
import Dashboard from '@uppy/dashboard'
import DropTarget from '@uppy/drop-target'
import Tus, { type TusBody } from '@uppy/tus'
import { FinalError, finalSentence, onShouldRetry } from '../retry-policy.ts'
import { endpoint } from './api.ts'
import { fileReader } from './file-source.ts'
import type { LonghaulStack } from './http-stack.ts'
import type { Carrier, Job, Outcome } from './job.ts'
import { partOptions, previousOf } from './part-options.ts'

// Waiting is the HTTP stack's business, so tus-js-client itself repeats at once and, in effect, for ever.
const retryAtOnce: number[] = new Array(100_000).fill(0)

export interface UppyCarrier extends Carrier {
  /** Bytes; Infinity for the whole file in one PATCH. Counts from the next PATCH on. */
  setChunkSize(bytes: number): void
  setNote(note: string): void
}

export function createCarrier(parts: {
  readonly target: HTMLElement
  readonly stack: LonghaulStack
  readonly chunkSize: number
  readonly onFile: (file: File, path: string | null) => void
}): UppyCarrier {
  const jobs = new Map<string, Job>()
  const fileIds = new Map<string, string>()
  const failures = new Map<string, string>()
  const admitted = new WeakSet<Blob>()

  const uppy = new Uppy<Record<string, unknown>, TusBody>({
    // Failures are shown in the page, as sentences, by the queue.
    logger: { debug() {}, warn() {}, error() {} },
    // A file enters Uppy twice: first from the Dashboard, which hands it to the queue, then from the queue, checked.
    onBeforeFileAdded(file) {
      const { data } = file
      if (data instanceof Blob && admitted.has(data)) return true
      if (data instanceof File) parts.onFile(data, pathOf(file.meta.relativePath, data))
      return false
    },
  })
  uppy.use(Dashboard, {
    target: parts.target,
    inline: true,
    width: '100%',
    height: 150,
    theme: 'auto',
    fileManagerSelectionType: 'both',
    proudlyDisplayPoweredByUppy: false,
    // The page has its own rows: they tell safe from sent, and wait without failing.
    showSelectedFiles: false,
    disableStatusBar: true,
    disableInformer: true,
    disableThumbnailGenerator: true,
    locale: {
      strings: {
        dropPasteBoth: 'Drop files or folders here, %{browseFiles} or %{browseFolders}',
        browseFiles: 'choose files',
        browseFolders: 'choose a folder',
      },
    },
  })
  uppy.use(DropTarget, { target: document.body })
  uppy.use(Tus, {
    endpoint: endpoint(),
    limit: 1,
    chunkSize: parts.chunkSize,
    retryDelays: retryAtOnce,
    httpStack: parts.stack,
    fileReader,
    // Which upload belongs to a file is the server's to say, not local storage's.
    storeFingerprintForResuming: false,
    onShouldRetry: (error) => onShouldRetry(error),
    onBeforeRequest(request, file) {
      const job = jobs.get(file.id)
      if (job) parts.stack.bind(request, job.lineOf(request))
    },
  })
  uppy.on('upload-error', (file, error, response) => {
    if (!file) return
    const text = response?.body?.xhr.responseText ?? ''
    failures.set(file.id, sentenceOf(error, response?.status ?? null, text))
  })
  const plugin = () => uppy.getPlugin('Tus')

  const add = (job: Job): string => {
    const known = fileIds.get(job.id)
    if (known) return known
    const { file, identity, path } = job
    admitted.add(file)
    const meta = {
      filename: file.name,
      filetype: file.type || 'application/octet-stream',
      lastModified: String(identity.lastModified ?? ''),
      fingerprint: identity.fingerprint ?? '',
      ...(path ? { relativePath: path } : {}),
    }
    const id = uppy.addFile({ name: file.name, type: file.type, data: file, meta })
    fileIds.set(job.id, id)
    return id
  }

  return {
    async start(job): Promise<Outcome> {
      const id = add(job)
      jobs.set(id, job)
      failures.delete(id)
      // Of several parts one may fail; tus-js-client would let the others go on, and a paused one say nothing of it.
      let failPart = (_why: string) => {}
      const partFailed = new Promise<string>((resolve) => {
        failPart = resolve
      })
      const { path } = job
      const fields = ['filename', 'filetype', 'lastModified', 'fingerprint']
      uppy.setFileState(id, {
        tus: {
          allowedMetaFields: path ? [...fields, 'relativePath'] : fields,
          uploadUrl: job.url,
          ...(job.parts && {
            ...partOptions(job.parts),
            onShouldRetry(error) {
              if (onShouldRetry(error)) return true
              const { originalResponse } = error
              const text = originalResponse?.getBody() ?? ''
              failPart(sentenceOf(error, originalResponse?.getStatus() ?? null, text))
              return false
            },
          }),
        },
      })
      // Not `upload()`: that would start everything that waits or has failed.
      const ended = uppy.retryUpload(id).then(() => failures.get(id))
      const why = await Promise.race([ended, partFailed])
      if (why === undefined) return { kind: 'finished' }
      // A pause ends the other parts, and gives back the place in Uppy's queue that only an error of the whole would.
      if (job.parts && uppy.getFile(id) && !uppy.getFile(id).isPaused) uppy.pauseResume(id)
      return { kind: 'failed', why }
    },
    pause(job) {
      const id = fileIds.get(job.id)
      if (id && !uppy.getFile(id)?.isPaused) uppy.pauseResume(id)
    },
    resume(job) {
      const id = fileIds.get(job.id)
      if (!id || !uppy.getFile(id)?.isPaused) return
      const uploader = plugin()?.uploaders[id]
      const urls = job.parts?.urls()
      if (uploader && job.parts) {
        // A second pause before every part was asked for would have tus-js-client 4.3.1 begin some anew.
        if (urls) uploader.resumeFromPreviousUpload(previousOf(urls))
        // It also stays deaf to errors after a pause, of which the last request, which joins the parts, would hang.
        Object.assign(uploader, { _aborted: false })
      }
      uppy.pauseResume(id)
    },
    drop(job) {
      const id = fileIds.get(job.id)
      fileIds.delete(job.id)
      if (!id) return
      if (uppy.getFile(id)) uppy.removeFile(id)
      jobs.delete(id)
    },
    setChunkSize(bytes) {
      plugin()?.setOptions({ chunkSize: bytes })
      for (const upload of Object.values(plugin()?.uploaders ?? {})) {
        if (upload) upload.options.chunkSize = bytes
      }
    },
    setNote(note) {
      uppy.getPlugin('Dashboard')?.setOptions({ note })
    },
  }
}

// A file from a folder keeps its place in it.
function pathOf(relativePath: unknown, file: File): string | null {
  const path =
    typeof relativePath === 'string' && relativePath ? relativePath : file.webkitRelativePath
  return path.includes('/') ? path.replace(/^\/+/, '') : null
}

function sentenceOf(error: unknown, status: number | null, text: string): string {
  return status ? finalSentence(status, text) : causeOf(error)
}

// Uppy wraps errors that look like the network's, tus-js-client wraps all; the sentence is in the innermost.
function causeOf(error: unknown): string {
  let inner: unknown = error
  for (let depth = 0; depth < 5 && inner instanceof Error; depth++) {
    if (inner instanceof FinalError) return inner.message
    inner = 'causingError' in inner && inner.causingError ? inner.causingError : inner.cause
  }
  return 'The upload stopped for an unknown reason. Retry to go on where it was.'
}

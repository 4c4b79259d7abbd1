// Uploads that are joined of others (tus 1.0.0, Concatenation): what requests say of it, and what of the parts holds for the whole.
import type { UploadAnalysis } from '../analysis.ts'
import type { Request, Response } from '../http/exchange.ts'
import type { StepConcatenation } from './upload-step.ts'
import { locationUrl, pathOfAbsolute } from './url.ts'

/** `Upload-Concat: partial`, or `final;` and the URLs of its parts: of a creation, or of what HEAD answers. */
export function concatenationOf(
  request: Request,
  response: Response | null,
): StepConcatenation | null {
  const text = request.fields.get('upload-concat') ?? response?.fields.get('upload-concat')
  if (text === undefined) return null
  if (text.trim() === 'partial') return { kind: 'partial' }
  const parts = /^\s*final\s*;(.*)$/.exec(text)?.[1]
  if (parts === undefined) return null
  const urls = parts.split(' ').filter((part) => part !== '')
  return { kind: 'final', parts: urls.map((url) => locationUrl(url, request)) }
}

/**
 * A final upload has no bytes of its own: its length and offset are those of its parts, as far as they are in the capture, and it
 * is complete as soon as they all are (it may be created before: "concatenation-unfinished").
 */
export function joinParts(uploads: readonly UploadAnalysis[]): readonly UploadAnalysis[] {
  if (uploads.every(({ concatenation }) => concatenation === null)) return uploads
  const byUrl = new Map(uploads.map((upload) => [upload.url, upload]))
  const nameOf = (url: string) => (byUrl.has(url) ? url : (pathOfAbsolute(url) ?? url))
  const finalOf = new Map<string, string>()
  const joined = uploads.map((upload) => {
    if (upload.concatenation?.kind !== 'final') return upload
    const names = upload.concatenation.parts.map(nameOf)
    for (const name of names) finalOf.set(name, upload.url)
    return joinedOf(
      upload,
      names,
      names.map((name) => byUrl.get(name) ?? null),
    )
  })
  return joined.map((upload) =>
    upload.concatenation?.kind === 'partial'
      ? {
          ...upload,
          concatenation: { ...upload.concatenation, final: finalOf.get(upload.url) ?? null },
        }
      : upload,
  )
}

/** `null` in `parts`: not in the capture. */
function joinedOf(
  upload: UploadAnalysis,
  names: readonly string[],
  parts: readonly (UploadAnalysis | null)[],
): UploadAnalysis {
  const seen = parts.flatMap((part) => part ?? [])
  const isWhole = seen.length === parts.length && parts.length > 0
  const lengths = seen.flatMap(({ length }) => length ?? [])
  const length =
    upload.length ?? (isWhole && lengths.length === parts.length ? sumOf(lengths) : null)
  const complete = upload.complete && seen.every((part) => part.complete)
  const arrived = isWhole ? sumOf(seen.map(({ offset }) => offset)) : 0
  return {
    ...upload,
    length,
    offset: Math.max(upload.offset, arrived),
    complete,
    concatenation: { kind: 'final', parts: names },
  }
}

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)

// What a creation says of the file, as metadata of the upload: Content-Disposition, Content-Type and Content-Encoding.
import type { IncomingHttpHeaders } from 'node:http'
import { parse as parseDisposition } from 'content-disposition'
import { isMediaType, mediaTypeOf } from '../exchange.ts'
import { isMetadataKey, parseMetadata } from '../uploads/metadata.ts'

/** As long as a name may be in common file systems (characters). */
const longestName = 255

const codings = /^[\w!#$%&'*+.^`|~-]+(\s*,\s*[\w!#$%&'*+.^`|~-]+)*$/

/** How uploads are labelled on their way; that is no type of a file. */
const labels = new Set([
  'application/partial-upload',
  'application/offset+octet-stream',
  // What curl says of a body that it was told nothing of.
  'application/x-www-form-urlencoded',
])

/**
 * The upload's metadata, as an Upload-Metadata value. A client that sends that field itself, well-formed and in so many
 * bytes, is believed: tus-js-client does in its IETF modes. Nothing but clean text is taken over.
 */
export function metadataOf(headers: IncomingHttpHeaders, most: number): string {
  const own = headers['upload-metadata']
  if (typeof own === 'string' && Buffer.byteLength(own) <= most && parseMetadata(own) !== null) {
    return own
  }
  const pairs = {
    filename: fileName(headers['content-disposition']),
    filetype: fileType(headers['content-type']),
    fileencoding: fileEncoding(headers['content-encoding']),
  }
  return Object.entries(pairs)
    .flatMap(([key, value]) =>
      value === null || !isMetadataKey(key)
        ? []
        : [`${key} ${Buffer.from(value).toString('base64')}`],
    )
    .join(',')
}

/** RFC 6266: `filename*` wins. One path segment without control characters; `null` when nothing is left. */
export function fileName(header: string | undefined): string | null {
  const name = dispositionName(header)
  if (name === null) return null
  const clean = (name.split(/[/\\]/).at(-1) ?? '')
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim()
    .slice(0, longestName)
    .toWellFormed()
  return /^\.*$/.test(clean) ? null : clean
}

function dispositionName(header: string | undefined): string | null {
  if (header === undefined) return null
  try {
    const name: unknown = parseDisposition(header).parameters.filename
    return typeof name === 'string' ? asUtf8(name) : null
  } catch {
    return null
  }
}

/** Clients write a plain `filename` in UTF-8, which Node reads as Latin-1. */
function asUtf8(name: string): string {
  if (!/[\x80-\xff]/.test(name) || /[^\0-\xff]/.test(name)) return name
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(name, 'latin1'))
  } catch {
    return name
  }
}

function fileType(header: string | undefined): string | null {
  const type = mediaTypeOf(header)
  return isMediaType(type) && !labels.has(type) ? type : null
}

/** The content codings stay on the bytes as they came: this tells of them. */
function fileEncoding(header: string | undefined): string | null {
  return header !== undefined && header.length <= longestName && codings.test(header)
    ? header.toLowerCase()
    : null
}

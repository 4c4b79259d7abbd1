// What a file is called. Fields in, a name out.
import type { Fields } from '../http/exchange.ts'

const utf8 = new TextDecoder()

/** Upload-Metadata: "key base64" pairs parted by commas (tus 1.0.0, Creation). The name of the file, under either of the keys that clients use; `null`: not told, or not to be decoded. */
export function filenameOf(metadata: string | undefined): string | null {
  if (metadata === undefined) return null
  const pairs = new Map(metadata.split(',').map(pairOf))
  const encoded = pairs.get('filename') ?? pairs.get('name')
  return encoded === undefined ? null : decoded(encoded)
}

function pairOf(pair: string): readonly [string, string] {
  const [key = '', value = ''] = pair.trim().split(/\s+/)
  return [key, value]
}

function decoded(base64: string): string | null {
  try {
    return utf8.decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)))
  } catch {
    return null
  }
}

/** Content-Disposition: `filename*=UTF-8''…`, else `filename="…"` or a bare word (RFC 6266 §4.3). `null`: none that can be read. */
export function dispositionName(fields: Fields): string | null {
  const text = fields.get('content-disposition') ?? ''
  const encoded = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(text)?.[1]
  if (encoded !== undefined) {
    try {
      return decodeURIComponent(encoded)
    } catch {
      return null
    }
  }
  const [, quoted, bare] = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]+))/i.exec(text) ?? []
  return quoted?.replace(/\\(.)/g, '$1') ?? bare ?? null
}

// Upload-Metadata: "key base64" pairs parted by commas (tus 1.0.0, Creation).

const utf8 = new TextDecoder()

/** The name of the file, under either of the keys that clients use; `null`: not told, or not to be decoded. */
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

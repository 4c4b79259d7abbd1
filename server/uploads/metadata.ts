// The Upload-Metadata header: kept to the byte as the client sent it, decoded only to be shown.

/** Decoded pairs in the client's order; a key without a value has `null`. Values are raw bytes. */
export type Metadata = ReadonlyMap<string, Buffer | null>

/**
 * Reads an `Upload-Metadata` header (tus 1.0.0, Creation): pairs parted by commas, each a key, and after one
 * space a Base64 value or nothing. Keys hold no space or comma, are printable ASCII and unique.
 * `null` when the header breaks a rule.
 */
export function parseMetadata(header: string): Metadata | null {
  const pairs = new Map<string, Buffer | null>()
  if (header.trim() === '') return pairs
  for (const pair of header.split(',')) {
    const [key = '', value, ...rest] = pair.split(' ')
    if (rest.length > 0 || !isMetadataKey(key) || pairs.has(key)) return null
    if (value !== undefined && !isBase64(value)) return null
    pairs.set(key, value === undefined || value === '' ? null : Buffer.from(value, 'base64'))
  }
  return pairs
}

/** The pairs as text for people and JSON: bytes that are no UTF-8 become U+FFFD. */
export function metadataText(header: string): Record<string, string> {
  const pairs = parseMetadata(header) ?? new Map<string, Buffer | null>()
  // No prototype: a key may be called "__proto__" or "constructor".
  const text: Record<string, string> = Object.create(null)
  for (const [key, value] of pairs) text[key] = value?.toString('utf8') ?? ''
  return text
}

/** Printable ASCII without space and comma. */
export function isMetadataKey(key: string): boolean {
  return /^[\x21-\x2b\x2d-\x7e]+$/.test(key)
}

const isBase64 = (text: string) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)

// URLs as clients write them, read without a throw.

/**
 * The URL, or `null` when it is none. Not by `URL.canParse`: once V8 has compiled its caller, Node 20's takes the bytes of
 * Latin-1 for UTF-8, so that what it allows `new URL` may refuse.
 */
export function parseUrl(text: string, base?: string): URL | null {
  try {
    return new URL(text, base)
  } catch {
    return null
  }
}

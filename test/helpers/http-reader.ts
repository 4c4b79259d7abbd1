// Bytes of one direction of a connection in, HTTP/1.1 responses out (RFC 9112): nothing is hidden, nothing mended.

/** One response as it came: a 1xx one, or a final one with its body. */
export interface WireResponse {
  readonly version: string
  readonly status: number
  /** The reason phrase, '' when there is none. */
  readonly reason: string
  /** Names and values in the order and spelling of the wire. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  /** The 1xx responses that came before this final one. */
  readonly interim: readonly WireResponse[]
  /** The body as UTF-8. */
  readonly text: string
  /** A header by its name, whatever its case; repeated ones joined by ', '; `null` when absent. */
  header(name: string): string | null
}

/** What the reader needs of a connection: bytes as they come, and a way to wait for more. */
export interface ByteSource {
  /** Bytes that came and were not taken; `ended` once no more can come. */
  readonly pending: Buffer
  readonly ended: boolean
  take(length: number): Buffer
  /** Resolves when `pending` or `ended` changed; rejects at the time-out. */
  more(): Promise<void>
}

/** Something arrived that is no HTTP/1.1 response, or the connection ended inside one. */
export class WireError extends Error {
  override readonly name = 'WireError'
}

/** Reads one head: the status line and headers, up to and with the empty line. */
export async function readHead(source: ByteSource): Promise<WireResponse> {
  const end = await find(source, '\r\n\r\n')
  const [statusLine = '', ...lines] = source.take(end).toString('latin1').split('\r\n')
  source.take(4)
  // The reason phrase may be empty, the space before it may not be left out (RFC 9112 §4).
  const match = /^HTTP\/(\d\.\d) (\d{3}) (.*)$/.exec(statusLine)
  if (match === null) throw new WireError(`no status line: ${JSON.stringify(statusLine)}`)
  const headers = lines.map((line) => {
    const parts = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/.exec(line)
    if (parts === null) throw new WireError(`no header line: ${JSON.stringify(line)}`)
    return [parts[1] ?? '', parts[2] ?? ''] as const
  })
  return response(match[1] ?? '', Number(match[2]), match[3] ?? '', headers, Buffer.alloc(0), [])
}

/** Reads the body that belongs to `head`, an answer to a request with `method` (RFC 9112 §6.3). */
export async function readBody(
  source: ByteSource,
  head: WireResponse,
  method: string,
): Promise<Buffer> {
  if (method === 'HEAD' || head.status < 200 || head.status === 204 || head.status === 304) {
    return Buffer.alloc(0)
  }
  if (/(^|,)\s*chunked\s*$/i.test(head.header('transfer-encoding') ?? '')) return readChunks(source)
  const length = head.header('content-length')
  if (length !== null && !/^\d+$/.test(length)) throw new WireError(`Content-Length: ${length}`)
  return length === null ? readToEnd(source) : readExactly(source, Number(length))
}

/** Reads the next response, interim or final, with its body. */
export async function readResponse(source: ByteSource, method: string): Promise<WireResponse> {
  const head = await readHead(source)
  return withBody(head, await readBody(source, head, method), [])
}

/** Reads interim responses up to the final one, which carries them. */
export async function readFinal(source: ByteSource, method: string): Promise<WireResponse> {
  const interim: WireResponse[] = []
  while (true) {
    const next = await readResponse(source, method)
    if (next.status >= 200) return withBody(next, next.body, interim)
    interim.push(next)
  }
}

function withBody(head: WireResponse, body: Buffer, interim: readonly WireResponse[]) {
  return response(head.version, head.status, head.reason, head.headers, body, interim)
}

function response(
  version: string,
  status: number,
  reason: string,
  headers: WireResponse['headers'],
  body: Buffer,
  interim: readonly WireResponse[],
): WireResponse {
  return {
    version,
    status,
    reason,
    headers,
    body,
    interim,
    text: body.toString('utf8'),
    header(name) {
      const values = headers.filter(([key]) => key.toLowerCase() === name.toLowerCase())
      return values.length === 0 ? null : values.map(([, value]) => value).join(', ')
    },
  }
}

async function find(source: ByteSource, mark: string): Promise<number> {
  while (true) {
    const at = source.pending.indexOf(mark)
    if (at >= 0) return at
    await more(source, `before ${JSON.stringify(mark)}`)
  }
}

async function readExactly(source: ByteSource, length: number): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let left = length; left > 0; ) {
    if (source.pending.length === 0) await more(source, `${left} bytes before the end of the body`)
    const part = source.take(Math.min(left, source.pending.length))
    parts.push(part)
    left -= part.length
  }
  return Buffer.concat(parts)
}

async function readToEnd(source: ByteSource): Promise<Buffer> {
  const parts: Buffer[] = []
  while (true) {
    if (source.pending.length > 0) parts.push(source.take(source.pending.length))
    else if (source.ended) return Buffer.concat(parts)
    else await source.more()
  }
}

async function readChunks(source: ByteSource): Promise<Buffer> {
  const parts: Buffer[] = []
  while (true) {
    const line = await readLine(source)
    const size = /^([0-9A-Fa-f]+)(;.*)?$/.exec(line)?.[1]
    if (size === undefined) throw new WireError(`no chunk size: ${JSON.stringify(line)}`)
    if (Number.parseInt(size, 16) === 0) break
    parts.push(await readExactly(source, Number.parseInt(size, 16)))
    if ((await readLine(source)) !== '') throw new WireError('no CRLF after a chunk')
  }
  while ((await readLine(source)) !== '') {
    // A trailer section; its fields are not looked at.
  }
  return Buffer.concat(parts)
}

async function readLine(source: ByteSource): Promise<string> {
  const end = await find(source, '\r\n')
  const line = source.take(end).toString('latin1')
  source.take(2)
  return line
}

async function more(source: ByteSource, where: string): Promise<void> {
  if (source.ended) {
    const seen = source.pending.subarray(0, 200).toString('latin1')
    throw new WireError(`the connection ended ${where}; pending: ${JSON.stringify(seen)}`)
  }
  await source.more()
}

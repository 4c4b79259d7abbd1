// 104 (Upload Resumption Supported): an answer before the answer (RFC 9110 §15.2).
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'

type Headers = Readonly<Record<string, string>>

/** Node's own way, in newer versions of it. */
interface InformationWriter {
  writeInformation(status: number, headers: Headers): void
}

/** The way that Node's other interim answers take, and have always taken. */
interface RawWriter {
  _writeRaw(data: string, encoding: BufferEncoding): void
}

const hasInformation = (response: object): response is InformationWriter =>
  'writeInformation' in response && typeof response.writeInformation === 'function'

const hasRaw = (response: object): response is RawWriter =>
  '_writeRaw' in response && typeof response._writeRaw === 'function'

/** Sends a 104 with these fields, unless it is too late, or the client knows HTTP/1.0 and so no interim answers. */
export function sendResumptionSupported(response: ServerResponse, headers: Headers): void {
  const { httpVersionMajor, httpVersionMinor } = response.req
  const isOld = httpVersionMajor < 1 || (httpVersionMajor === 1 && httpVersionMinor < 1)
  if (isOld || response.headersSent || response.destroyed || response.writableEnded) return
  if (hasInformation(response)) {
    response.writeInformation(104, headers)
  } else if (hasRaw(response)) {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    response._writeRaw(
      `HTTP/1.1 104 Upload Resumption Supported\r\n${lines.join('')}\r\n`,
      'latin1',
    )
  }
}

export interface InterimOptions {
  /** `auto`: unless a proxy is in front. */
  readonly interim: 'auto' | 'on' | 'off'
  /** The proxies in front, as far as they are named. */
  readonly trustProxy: readonly string[]
}

/** What proxies add to a request, and a client behind one can't take away. */
const traces = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
] as const

/**
 * Whether the way back of this request takes interim answers. nginx takes any but 103 for the final answer, and what comes
 * behind it for the answer to the next request of its connection, which may be somebody else's. So behind a proxy there are
 * none, unless somebody who knows it says so.
 */
export function takesInterim(options: InterimOptions, headers: IncomingHttpHeaders): boolean {
  if (options.interim !== 'auto') return options.interim === 'on'
  return options.trustProxy.length === 0 && traces.every((name) => headers[name] === undefined)
}

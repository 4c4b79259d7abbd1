// Connections from text, and what the uploads in them come to, in lines that one can read.
import type { ExchangeUpload } from '../../../captures/analysis.ts'
import type { Exchange } from '../../../captures/http/exchange.ts'
import { type CollectedUploads, collectUploads } from '../../../captures/tus/upload.ts'
import { readText } from '../http/wire.ts'

export const server = '10.77.0.2:8080'

export interface Told extends CollectedUploads {
  /** `0.1 append /files/1 0-1000 -> 1000`: connection and exchange; `!` after an inconsistent offset, `?` after an unknown one. */
  readonly lines: readonly string[]
}

/** Of each text a connection, numbered from 0; `servers` where they differ. */
export function tellUploads(texts: readonly string[], servers: readonly string[] = []): Told {
  const connections = texts.map((text, number) => {
    const { exchanges, missed } = readText(text)
    return { number, server: servers[number] ?? server, exchanges, missed }
  })
  const collected = collectUploads(connections)
  const lines = connections.flatMap(({ number, exchanges }) =>
    exchanges.flatMap((exchange: Exchange) => {
      const upload = collected.byExchange.get(exchange)
      return upload === undefined ? [] : [`${number}.${exchange.number} ${lineOf(upload)}`]
    }),
  )
  return { ...collected, lines }
}

function lineOf(upload: ExchangeUpload): string {
  const { action, url, from, to, answeredOffset, isConsistent } = upload
  const range = from === null ? '' : ` ${from}-${to ?? '?'}`
  const mark = isConsistent === null ? '?' : isConsistent ? '' : '!'
  return `${action} ${url}${range} -> ${answeredOffset ?? '-'}${mark}`
}

const tus = 'Host: a.example\\r\\nTus-Resumable: 1.0.0\\r\\n'

export const creation = (length: number, more = '') =>
  `> POST /files HTTP/1.1\\r\\n${tus}Upload-Length: ${length}\\r\\n${more}Content-Length: 0\\r\\n\\r\\n`

export const created = (url: string) =>
  `< HTTP/1.1 201 Created\\r\\nTus-Resumable: 1.0.0\\r\\nLocation: ${url}\\r\\nContent-Length: 0\\r\\n\\r\\n`

/** The head; the body is in the lines after it. */
export const patch = (url: string, offset: number, length: number, more = '') =>
  `> PATCH ${url} HTTP/1.1\\r\\n${tus}Upload-Offset: ${offset}\\r\\nContent-Type: application/offset+octet-stream\\r\\n${more}Content-Length: ${length}\\r\\n\\r\\n`

export const stored = (offset: number) =>
  `< HTTP/1.1 204 No Content\\r\\nTus-Resumable: 1.0.0\\r\\nUpload-Offset: ${offset}\\r\\n\\r\\n`

export const head = (url: string) => `> HEAD ${url} HTTP/1.1\\r\\n${tus}\\r\\n`

export const offset = (at: number, length: number | null = null) =>
  `< HTTP/1.1 200 OK\\r\\nTus-Resumable: 1.0.0\\r\\nUpload-Offset: ${at}\\r\\n${length === null ? '' : `Upload-Length: ${length}\\r\\n`}\\r\\n`

export const body = (length: number) => `> {of ${length}}`

/** Any request; the body is in the lines after it. */
export const asked = (line: string, ...fields: readonly string[]) =>
  `> ${[`${line} HTTP/1.1`, 'Host: a.example', ...fields, '', ''].join('\\r\\n')}`

export const answered = (line: string, ...fields: readonly string[]) =>
  `< ${[`HTTP/1.1 ${line}`, ...fields, '', ''].join('\\r\\n')}`

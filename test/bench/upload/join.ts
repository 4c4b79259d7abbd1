// Parts are uploaded, then joined: only the request that joins them is timed (tus 1.0.0, concatenation).
import { readFileSync } from 'node:fs'
import { openConnection } from './connection.ts'
import { create } from './load.ts'

export interface Join {
  readonly url: string
  readonly pid: number
  readonly parts: number
  /** Bytes of all parts together. */
  readonly size: number
}

export interface JoinResult {
  readonly seconds: number
  /** Bytes that the server wrote to storage, or to its cache, meanwhile: proc(5), io, `wchar`. */
  readonly written: number
}

export async function runJoin({ url, pid, parts, size }: Join): Promise<JoinResult> {
  const connection = await openConnection(Number(new URL(url).port))
  const each = Math.floor(size / parts)
  const targets: string[] = []
  for (let n = 0; n < parts; n++) {
    const target = await create(url, { 'Upload-Length': String(each), 'Upload-Concat': 'partial' })
    await connection.patch(target, 0, each)
    targets.push(target)
  }
  connection.close()
  const before = writtenBytes(pid)
  const begin = performance.now()
  const target = await create(url, { 'Upload-Concat': `final;${targets.join(' ')}` })
  const seconds = (performance.now() - begin) / 1000
  const written = writtenBytes(pid) - before
  const head = await fetch(new URL(target, url), {
    method: 'HEAD',
    headers: { 'Tus-Resumable': '1.0.0' },
  })
  if (head.headers.get('upload-offset') !== String(each * parts)) {
    throw new Error(`the joined upload has ${head.headers.get('upload-offset')} bytes`)
  }
  return { seconds, written }
}

function writtenBytes(pid: number): number {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'latin1'))?.[1])
}

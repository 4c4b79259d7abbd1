// What it costs to send a file in parts and to join them (tus 1.0.0, Concatenation): against the same bytes in one upload,
// and against copying them, as a server does that knows no second names of files.
import { execFileSync } from 'node:child_process'
import { open, rm } from 'node:fs/promises'
import path from 'node:path'
import { formatBytes } from '../../../client/terminal/format.ts'
import { range, table } from '../markdown.ts'
import { summarise } from '../statistics.ts'
import { openConnection } from './connection.ts'
import { create } from './load.ts'
import type { UploadOptions } from './options.ts'
import { quiet } from './quiet.ts'
import { type RunningServer, startServer } from './servers.ts'

/** Seconds of one round. */
interface Round {
  readonly plain: number
  readonly parts: number
  readonly partsAtOnce: number
  /** Of the request that joins them alone. */
  readonly join: number
  /** Of the copy of the parts into one file, and its way to the disk. */
  readonly copy: number
}

const partCount = 8
const chunk = 2 ** 23
const copied = 2 ** 20

/** A table in Markdown; each round on a fresh service, with the default durability, since a join finishes an upload. */
export async function concatenationTable({
  size,
  rounds,
  dir,
  flags,
}: UploadOptions): Promise<string> {
  // 128 MiB where the whole of a measurement is 512.
  const each = Math.ceil(size / 4)
  const all: Round[] = []
  for (let n = 0; n < rounds; n++) {
    const server = await startServer('durable', { base: dir, flags, profile: null })
    try {
      all.push(await measureRound(server, each))
      console.error(`parts  ${JSON.stringify(all.at(-1))}`)
    } finally {
      await server.stop()
      execFileSync('sync', ['-f', dir])
    }
  }
  const bytes = each * partCount
  const row = (name: string, value: (round: Round) => number) => {
    const seconds = summarise(all.map(value))
    const speed = summarise(all.map((round) => bytes / 1e6 / value(round)))
    const ratio = summarise(all.map((round) => value(round) / round.plain))
    return [name, range(seconds, 3), range(speed, 0), range(ratio, 3)]
  }
  const whole = `${partCount} × ${formatBytes(each).replace('.0', '')}`
  return table(
    [`${whole}, in PATCHes of 8 MiB`, 'seconds', 'MB/s', '÷ one upload'],
    [
      row('one upload', ({ plain }) => plain),
      row('parts, one after the other, and joined', ({ parts, join }) => parts + join),
      row('parts, all at once, and joined', ({ partsAtOnce, join }) => partsAtOnce + join),
      row('the joining alone', ({ join }) => join),
      row('copying the parts in place of it', ({ copy }) => copy),
    ],
  )
}

async function measureRound(server: RunningServer, each: number): Promise<Round> {
  const plain = { 'Upload-Length': String(each * partCount) }
  const part = { 'Upload-Length': String(each), 'Upload-Concat': 'partial' }
  const targets = (count: number, headers: Record<string, string>) =>
    Promise.all(Array.from({ length: count }, () => create(server.url, headers)))

  // Everything once, small: the code is compiled.
  for (const target of await targets(64, { 'Upload-Length': String(2 ** 16) })) {
    await send(server, [target], 2 ** 16)
  }
  const ones = await targets(1, plain)
  const parts = await targets(partCount, part)
  const others = await targets(partCount, part)
  const seconds = {
    plain: await timed(server.folder, () => send(server, ones, each * partCount)),
    parts: await timed(server.folder, () => send(server, parts, each)),
    partsAtOnce: await timed(server.folder, async () => {
      await Promise.all(others.map((target) => send(server, [target], each)))
    }),
  }
  const concat = { 'Upload-Concat': `final;${parts.join(' ')}` }
  let final = ''
  const join = await timed(server.folder, async () => {
    final = await create(server.url, concat)
  })
  await expectLength(server, final, each * partCount)
  const copy = await timed(server.folder, () => copyParts(server.folder, parts))
  return { ...seconds, join, copy }
}

/** What the step before has left on its way to the disk would slow this one down. */
async function timed(folder: string, work: () => Promise<void>): Promise<number> {
  execFileSync('sync', ['-f', folder])
  await quiet()
  const begin = performance.now()
  await work()
  return (performance.now() - begin) / 1000
}

/** Over one connection. */
async function send({ url }: RunningServer, targets: readonly string[], length: number) {
  const connection = await openConnection(Number(new URL(url).port))
  for (const target of targets) {
    for (let offset = 0; offset < length; offset += chunk) {
      await connection.patch(target, offset, Math.min(chunk, length - offset))
    }
  }
  connection.close()
}

async function expectLength({ url }: RunningServer, target: string, length: number) {
  const { headers } = await fetch(new URL(target, url), {
    method: 'HEAD',
    headers: { 'Tus-Resumable': '1.0.0' },
  })
  const told = headers.get('upload-offset')
  if (told !== String(length)) throw new Error(`the joined upload has ${told} of ${length} bytes`)
}

async function copyParts(folder: string, targets: readonly string[]): Promise<void> {
  const file = path.join(folder, 'copy')
  const to = await open(file, 'w')
  const buffer = Buffer.alloc(copied)
  for (const target of targets) {
    const from = await open(path.join(folder, path.basename(target)))
    while (true) {
      const { bytesRead } = await from.read(buffer, 0, copied)
      if (bytesRead === 0) break
      await to.write(buffer, 0, bytesRead)
    }
    await from.close()
  }
  await to.datasync()
  await to.close()
  await rm(file)
}

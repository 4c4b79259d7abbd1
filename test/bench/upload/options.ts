// What `bench -- upload` can be told.
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { parseSize } from '../../../server/units.ts'
import { type ChecksumName, checksumNames } from './checksum.ts'
import { type ServerName, serverKinds } from './servers.ts'

/** Sizes in bytes. */
export interface UploadOptions {
  readonly servers: readonly ServerName[]
  readonly rounds: number
  /** Bytes of one measurement, over all its connections. */
  readonly size: number
  /** `Infinity`: the whole file in one PATCH. */
  readonly chunks: readonly number[]
  readonly connections: readonly number[]
  /** Uploads open at once in the memory test; 0 leaves it out. */
  readonly crowd: number
  /** Hash functions of which the cost is measured; none leaves that table out. */
  readonly checksums: readonly ChecksumName[]
  /** Of how many parts uploads are put together; none leaves that table out. */
  readonly parts: readonly number[]
  readonly dir: string
  readonly flags: readonly string[]
  readonly profile: string | null
  readonly write: string | null
}

export const uploadHelp = `  --servers LIST      of ${Object.keys(serverKinds).join(', ')} (ours,stock,standalone,bare)
  --rounds N          each round measures every server once (5)
  --size SIZE         bytes of one measurement, over all connections (512MiB; 64 KiB chunks: at most 128MiB)
  --chunks LIST       sizes of a PATCH, or "whole" (64KiB,1MiB,8MiB,whole)
  --connections LIST  uploads at once, each on its own connection (1,8)
  --crowd N           uploads open at once in the memory test; 0 leaves it out (200)
  --checksums LIST    PATCHes with Upload-Checksum beside those without; "" leaves it out (${checksumNames.join(',')})
  --parts LIST        uploads put together from so many parts; "" leaves it out (2,16,128)
  --dir FOLDER        where the data goes (${tmpdir()}); /dev/shm takes the disk out of it
  --flags "…"         more flags for Longhaul's serve
  --profile FOLDER    write a V8 processor profile of each server there
  --quick             2 rounds, 64MiB
  --write FILE        also replace the generated part of FILE, e.g. docs/benchmarks.md`

/** Throws where the arguments make no sense. */
export function readUploadOptions(args: readonly string[]): UploadOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      servers: { type: 'string', default: 'ours,stock,standalone,bare' },
      rounds: { type: 'string' },
      size: { type: 'string' },
      chunks: { type: 'string', default: '64KiB,1MiB,8MiB,whole' },
      connections: { type: 'string', default: '1,8' },
      crowd: { type: 'string', default: '200' },
      checksums: { type: 'string', default: checksumNames.join(',') },
      parts: { type: 'string', default: '2,16,128' },
      dir: { type: 'string', default: tmpdir() },
      flags: { type: 'string', default: '' },
      profile: { type: 'string' },
      quick: { type: 'boolean', default: false },
      write: { type: 'string' },
    },
  })
  return {
    servers: list(values.servers).map(serverName),
    rounds: count(values.rounds ?? (values.quick ? '2' : '5')),
    size: parseSize(values.size ?? (values.quick ? '64MiB' : '512MiB')),
    chunks: list(values.chunks).map((text) => (text === 'whole' ? Infinity : parseSize(text))),
    connections: list(values.connections).map(count),
    crowd: count(values.crowd),
    checksums: list(values.checksums).map(checksumName),
    parts: list(values.parts).map(count),
    dir: values.dir,
    flags: values.flags.split(' ').filter((flag) => flag !== ''),
    profile: values.profile ?? null,
    write: values.write ?? null,
  }
}

const list = (text: string) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

function checksumName(text: string): ChecksumName {
  const found = checksumNames.find((name) => name === text)
  if (!found) throw new RangeError(`there is no checksum "${text}"`)
  return found
}

function serverName(text: string): ServerName {
  if (!Object.hasOwn(serverKinds, text)) throw new RangeError(`there is no server "${text}"`)
  return text as ServerName
}

function count(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0) throw new RangeError(`"${text}" is no count`)
  return number
}

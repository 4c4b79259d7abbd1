// One body, sent as clients send it: checked or not, before or behind, right or wrong, at once or in pieces.
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Random } from '../../captures/random.ts'
import { sleep } from '../../helpers/process.ts'
import { patchParts, requestHead } from '../../helpers/tus.ts'
import type { Wire, WireResponse } from '../../helpers/wire.ts'
import { between, type Flying, type Known } from './world.ts'

const algorithms = ['sha1', 'sha256', 'sha512', 'md5', 'crc32'] as const

/** An Upload-Checksum value (tus 1.0.0, Checksum). */
export function checksum(algorithm: (typeof algorithms)[number], bytes: Uint8Array): string {
  const digest =
    algorithm === 'crc32' ? crc32Of(bytes) : createHash(algorithm).update(bytes).digest()
  return `${algorithm} ${digest.toString('base64')}`
}

function crc32Of(bytes: Uint8Array): Buffer {
  const value = Buffer.alloc(4)
  value.writeUInt32BE(crc32(bytes))
  return value
}

export interface SentBody {
  readonly counts: Flying['counts']
  readonly length: number
  readonly answer: Promise<WireResponse>
}

/** Sends the next bytes of the upload. `onLast` is called when the last of them is on its way. */
export async function sendBody(
  wire: Wire,
  random: Random,
  upload: Known & { target: string },
  length: number,
  onStart: (flying: Flying) => void,
  onLast: (counts: Flying['counts']) => void,
): Promise<SentBody> {
  const right = upload.source.subarray(upload.told, upload.told + length)
  const kind = length === 0 ? 'plain' : random.pick(['plain', 'right', 'right', 'wrong'] as const)
  const counts = ({ plain: 'prefix', right: 'whole', wrong: 'never' } as const)[kind]
  const bytes = kind === 'wrong' ? spoilt(random, right) : right
  const value = checksum(random.pick(algorithms), right)
  const isTrailer = kind !== 'plain' && random.integer(3) === 0
  const headers =
    kind === 'plain'
      ? { 'Content-Length': length }
      : isTrailer
        ? { 'Transfer-Encoding': 'chunked', Trailer: 'Upload-Checksum' }
        : { 'Content-Length': length, 'Upload-Checksum': value }
  onStart({ length, counts })
  await wire.send(requestHead(patchParts(upload.target, upload.told, '', headers)))
  const answer = wire.response('PATCH')
  answer.catch(() => undefined)
  const pieces = between(random, 1, 5)
  const piece = Math.max(1, Math.ceil(length / pieces))
  for (let from = 0; from < length; from += piece) {
    const some = bytes.subarray(from, from + piece)
    if (isTrailer) await wire.send(`${some.length.toString(16)}\r\n`)
    await wire.send(some)
    if (isTrailer) await wire.send('\r\n')
    if (random.integer(2) === 0) await sleep(random.integer(4))
  }
  if (isTrailer) await wire.send(`0\r\nUpload-Checksum: ${value}\r\n\r\n`)
  onLast(counts)
  return { counts, length, answer }
}

/** One byte is another: what a checksum is there to find. */
function spoilt(random: Random, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  const at = random.integer(copy.length)
  copy[at] = (copy[at] ?? 0) ^ (1 << random.integer(8))
  return copy
}

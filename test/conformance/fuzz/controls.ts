// Uploads that go on beside the storm: each answer, and each byte at the end, must be as if nothing else happened.
import { createHash } from 'node:crypto'
import type { Random } from '../../captures/random.ts'
import { createUpload, exchange, get, patch } from '../../helpers/tus.ts'
import { type Address, connect, type Wire, type WireResponse } from '../../helpers/wire.ts'

/** Uploads some hundred kilobytes and reads them back; gives what is wrong. */
export type Control = (server: Address, random: Random) => Promise<string[]>

/** Letters, so that no poison is in it. */
function content(random: Random): Buffer {
  const length = 80_000 + random.integer(160_000)
  return Buffer.from(Uint8Array.from({ length }, () => 97 + random.integer(26)))
}

const digest = (hash: string, bytes: Uint8Array) => createHash(hash).update(bytes).digest('base64')

function* slices(
  random: Random,
  bytes: Buffer,
): Generator<{ from: number; piece: Buffer; isLast: boolean }> {
  for (let from = 0; from < bytes.length; ) {
    const piece = bytes.subarray(from, from + 1 + random.integer(60_000))
    yield { from, piece, isLast: from + piece.length === bytes.length }
    from += piece.length
  }
}

const isNot = (answer: WireResponse, ...expected: unknown[]) => {
  const is = [answer.status, answer.header('upload-offset'), answer.header('upload-complete')]
  const some = is.slice(0, expected.length)
  return some.join(' ') === expected.join(' ')
    ? []
    : [`${some.join(' ')}, and not ${expected.join(' ')}`]
}

async function readBack(server: Address, path: string, bytes: Buffer): Promise<string[]> {
  const answer = await get(server, path)
  return answer.status === 200 && answer.body.equals(bytes)
    ? []
    : [`GET ${answer.status}: ${answer.body.length} bytes that are not the ${bytes.length} sent`]
}

/** tus 1.0.0, every body checked; now and then a wrong one, which may not count. */
export const tusControl: Control = (server, random) =>
  over(server, async (wire) => {
    const bytes = content(random)
    const path = await createUpload(wire, { length: bytes.length })
    const wrong: string[] = []
    for (const { from, piece } of slices(random, bytes)) {
      const checksum = { 'Upload-Checksum': `sha1 ${digest('sha1', piece)}` }
      if (random.integer(4) === 0) {
        wrong.push(
          ...isNot(await patch(wire, path, from, Buffer.alloc(piece.length, 1), checksum), 460),
        )
      }
      wrong.push(...isNot(await patch(wire, path, from, piece, checksum), 204, from + piece.length))
    }
    return [...wrong, ...(await readBack(server, path, bytes))].map(
      (what) => `tus control: ${what}`,
    )
  })

/** The IETF's protocol, every body checked, and the whole promised beforehand. */
export const ietfControl: Control = (server, random) =>
  over(server, async (wire) => {
    const bytes = content(random)
    const wrong: string[] = []
    const send = (method: string, target: string, headers: Record<string, string>, body: Buffer) =>
      exchange(wire, {
        method,
        target,
        headers: {
          'Upload-Draft-Interop-Version': '8',
          'Content-Digest': `sha-256=:${digest('sha256', body)}:`,
          ...headers,
        },
        body,
      })
    const created = await send(
      'POST',
      '/files',
      { 'Upload-Complete': '?0', 'Repr-Digest': `sha-256=:${digest('sha256', bytes)}:` },
      Buffer.alloc(0),
    )
    const location = created.header('location')
    if (location === null) return [`IETF control: creation ${created.status}`]
    const path = new URL(location, 'http://127.0.0.1').pathname
    for (const { from, piece, isLast } of slices(random, bytes)) {
      const headers = {
        'Content-Type': 'application/partial-upload',
        'Upload-Offset': String(from),
        'Upload-Complete': isLast ? '?1' : '?0',
      }
      const answer = await send('PATCH', path, headers, piece)
      if (answer.status >= 300 || answer.header('upload-complete') !== headers['Upload-Complete']) {
        wrong.push(`${answer.status} ${answer.header('upload-complete')} at ${from}`)
      }
    }
    return [...wrong, ...(await readBack(server, path, bytes))].map(
      (what) => `IETF control: ${what}`,
    )
  })

/** Two parts, of which one is finished after the final was made. */
export const concatenationControl: Control = (server, random) =>
  over(server, async (wire) => {
    const parts = [content(random), content(random)]
    const paths: string[] = []
    for (const { length } of parts) {
      paths.push(await createUpload(wire, { length, headers: { 'Upload-Concat': 'partial' } }))
    }
    const [first, second] = paths
    if (
      first === undefined ||
      second === undefined ||
      parts[0] === undefined ||
      parts[1] === undefined
    )
      return ['no parts']
    const wrong = isNot(await patch(wire, second, 0, parts[1]), 204, parts[1].length)
    const final = `final;${second} ${first} ${second}`
    const path = await createUpload(wire, {
      length: null,
      headers: { 'Upload-Concat': final, 'Upload-Defer-Length': null },
    })
    wrong.push(...isNot(await patch(wire, first, 0, parts[0]), 204, parts[0].length))
    const bytes = Buffer.concat([parts[1], parts[0], parts[1]])
    return [...wrong, ...(await readBack(server, path, bytes))].map((what) => `final: ${what}`)
  })

async function over(server: Address, work: (wire: Wire) => Promise<string[]>): Promise<string[]> {
  const wire = await connect(server)
  try {
    return await work(wire)
  } catch (error) {
    return [`a control was cut off: ${error}`]
  } finally {
    wire.close()
  }
}

// Long checked bodies: right, damaged at either end, cut, and many at once.
import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../helpers/process.ts'
import { cleanUp, type RunningServer, startServer } from '../helpers/server.ts'
import { createUpload, offsetOf, patch, patchParts, requestHead } from '../helpers/tus.ts'
import { connect } from '../helpers/wire.ts'

const chunk = 5 * 1024 * 1024 + 1

const checksum = (hash: string, data: Uint8Array) => ({
  'Upload-Checksum': `${hash} ${createHash(hash).update(data).digest('base64')}`,
})

function damaged(data: Buffer, at: number): Buffer {
  const copy = Buffer.from(data)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

describe.concurrent('long checked bodies', () => {
  let server: RunningServer

  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(cleanUp)

  const fileOf = (target: string) => readFile(path.join(server.dir, path.basename(target)))

  test.each(['sha256', 'sha1', 'md5', 'sha512'])(
    '%s: chunk after chunk, each after one that was damaged',
    async (hash) => {
      const data = randomBytes(2 * chunk)
      const target = await createUpload(server, { length: data.length })
      for (const from of [0, chunk]) {
        const body = data.subarray(from, from + chunk)
        for (const at of [0, body.length - 1]) {
          const refused = await patch(server, target, from, damaged(body, at), checksum(hash, body))
          expect([refused.status, await offsetOf(server, target)]).toEqual([460, from])
        }
        const taken = await patch(server, target, from, body, checksum(hash, body))
        expect([taken.status, taken.header('upload-offset')]).toEqual([204, String(from + chunk)])
      }
      expect((await fileOf(target)).equals(data)).toBe(true)
    },
  )

  test('cut in the middle: nothing counts, and the next one is not mixed with it', async () => {
    const data = randomBytes(chunk)
    const target = await createUpload(server, { length: chunk })
    const wire = await connect(server)
    const cut = patchParts(target, 0, '', {
      'Content-Length': chunk,
      ...checksum('sha256', data),
    })
    await wire.send(Buffer.concat([Buffer.from(requestHead(cut)), data.subarray(0, chunk - 1000)]))
    await until(
      'its bytes to be in the file',
      async () => (await fileOf(target)).length > chunk / 2,
    )
    wire.reset()
    const taken = await patch(server, target, 0, data, checksum('sha256', data))
    expect(taken.status).toBe(204)
    expect((await fileOf(target)).equals(data)).toBe(true)
  })

  test('many at once, every other one damaged', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const data = randomBytes(chunk)
        const target = await createUpload(server, { length: chunk })
        const body = index % 2 === 0 ? data : damaged(data, index * 1000)
        const { status } = await patch(server, target, 0, body, checksum('sha256', data))
        const isWhole = status === 204 && (await fileOf(target)).equals(data)
        return [status, isWhole, await offsetOf(server, target)]
      }),
    )
    expect(outcomes).toEqual(
      outcomes.map((_, index) => (index % 2 === 0 ? [204, true, chunk] : [460, false, 0])),
    )
  })
})

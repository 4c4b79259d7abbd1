// tus 1.0.0, PATCH, under a race: T57.
import { expect } from 'vitest'
import { createUpload, get, head, patch, patchParts, request } from '../../helpers/tus.ts'
import { connect, type WireResponse } from '../../helpers/wire.ts'
import type { Row, Subject } from '../row.ts'

export const concurrencyRows: readonly Row[] = [
  {
    id: 'T57',
    level: 'MUST',
    statement: 'of PATCHes that race for one offset at most one is 204, and bytes never mix',
    async check(server) {
      for (let round = 0; round < 60; round++) await race(server, round)
    },
  },
]

const length = 64 * 1024

/** Two clients send the whole upload at once, one of As and one of Bs. */
async function race(server: Subject, round: number): Promise<void> {
  const path = await createUpload(server, { length })
  const wires = [await connect(server), await connect(server)]
  const answers = await Promise.all(
    wires.map(async (wire, index): Promise<WireResponse | null> => {
      const body = Buffer.alloc(length, 'AB'[index])
      const bytes = request(patchParts(path, 0, body))
      // The second half later, so that the bodies overlap in time.
      const cut = bytes.length - Math.floor((length * (round % 4)) / 4)
      await wire.send(bytes.subarray(0, cut)).catch(() => undefined)
      wire.send(bytes.subarray(cut)).catch(() => undefined)
      return wire.response('PATCH').catch(() => null)
    }),
  )
  for (const wire of wires) wire.close()
  const statuses = answers.map((answer) => answer?.status)
  expect(statuses.filter((status) => status === 204).length, `${statuses}`).toBeLessThanOrEqual(1)
  for (const status of statuses) expect([204, 409, 423, undefined]).toContain(status)
  const stored = Number((await head(server, path)).header('upload-offset'))
  if (stored < length) await patch(server, path, stored, Buffer.alloc(length - stored, 'C'))
  const content = (await get(server, path)).text
  expect(content.length).toBe(length)
  expect(content.replace(/(.)\1+/g, '$1'), 'one writer, then the rest').toMatch(/^(A|B)?C?$/)
}

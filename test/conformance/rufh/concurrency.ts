// draft-ietf-httpbis-resumable-upload, Upload Cancellation and Concurrency: R38 to R42.
import { expect } from 'vitest'
import { exchange, get, request } from '../../helpers/tus.ts'
import { connect } from '../../helpers/wire.ts'
import type { Row, Subject } from '../row.ts'
import {
  append,
  appendParts,
  begin,
  cancel,
  offsetOf,
  retrieve,
  startAppend,
  startCreation,
  upload,
} from './requests.ts'

export const concurrencyRows: readonly Row[] = [
  {
    id: 'R38',
    level: 'SHOULD',
    statement: 'DELETE ends an upload, and before that what is under way',
    async check(server) {
      for (const path of [await begin(server, 'hel'), await upload(server, 'hello')]) {
        expect.soft((await cancel(server, path)).status).toBe(204)
        for (const answer of [
          await retrieve(server, path),
          await append(server, path, 3, true, 'lo'),
          await get(server, path),
          await cancel(server, path),
        ]) {
          expect.soft([404, 410]).toContain(answer.status)
        }
      }
      // As a client of the RFC to be, which names no version.
      const plain = await begin(server, 'hel')
      expect.soft((await exchange(server, { method: 'DELETE', target: plain })).status).toBe(204)
      const { wire, path } = await startCreation(server, 10, 'hello')
      expect.soft((await cancel(server, path)).status).toBe(204)
      expect.soft(await endOf(wire), 'what was under way').not.toBe(201)
      expect.soft([404, 410]).toContain((await retrieve(server, path)).status)
    },
  },
  {
    id: 'R39',
    level: 'SHOULD NOT',
    statement: 'DELETE is redirected by 301 or 302',
    async check(server) {
      const path = await begin(server, 'hel')
      for (const target of [`${path}/`, `${path}?x=1`, path, '/files', '/files/']) {
        const response = await cancel(server, target)
        expect.soft(Math.floor(response.status / 100), target).not.toBe(3)
      }
    },
  },
  {
    id: 'R40',
    level: 'MUST',
    statement: 'appends, retrievals and cancellations at the same time lose and mix no byte',
    async check(server) {
      for (let round = 0; round < 40; round++) await race(server, round)
    },
  },
  {
    id: 'R41',
    level: 'MUST NOT',
    statement: 'an offset is told that an append at it would be refused for',
    async check(server) {
      for (let round = 0; round < 10; round++) {
        const { wire, path } = await startCreation(server, 100_000, 'x'.repeat(10))
        // The old request goes on, as one does that a client has given up and the network has not.
        const old = wire.send('x'.repeat(50_000)).catch(() => undefined)
        const offset = await offsetOf(server, path)
        await old
        await wire.send('x'.repeat(100)).catch(() => undefined)
        const response = await append(server, path, offset, true, 'y'.repeat(100_000 - offset))
        expect.soft(response.status, `round ${round}, offset ${offset}`).toBe(201)
        wire.close()
      }
    },
  },
  {
    id: 'R42',
    level: 'SHOULD',
    statement: 'a new request ends the one before it at once',
    async check(server) {
      const newcomers: [string, (path: string) => Promise<unknown>][] = [
        ['HEAD', (path) => retrieve(server, path)],
        ['GET', (path) => retrieve(server, path, {}, 'GET')],
        ['PATCH', (path) => append(server, path, 5, true, 'world')],
        ['DELETE', (path) => cancel(server, path)],
      ]
      for (const [what, come] of newcomers) {
        const created = await startCreation(server, 10, 'hello')
        await come(created.path)
        expect.soft(await endOf(created.wire), `creation, ${what}`).not.toBe(201)
        const path = await begin(server)
        const { wire } = await startAppend(server, path, 0, 10, 'hello')
        await come(path)
        expect.soft(await endOf(wire), `append, ${what}`).not.toBe(201)
      }
    },
  },
]

/** How a request that was ended ends: its status, or that of its connection. */
async function endOf(wire: Awaited<ReturnType<typeof connect>>): Promise<number | string> {
  const answer = await wire.response('PATCH').catch(() => null)
  const end = await wire.closed()
  wire.close()
  return answer?.status ?? end
}

const length = 64 * 1024

/** Two clients append the whole at once, one of As and one of Bs, while a third asks for the offset, or cancels. */
async function race(server: Subject, round: number): Promise<void> {
  const path = await begin(server, '', { 'Upload-Length': length })
  const wires = [await connect(server), await connect(server)]
  const appends = wires.map(async (wire, index) => {
    const bytes = request(appendParts(path, 0, true, Buffer.alloc(length, 'AB'[index])))
    const cut = bytes.length - Math.floor((length * (round % 4)) / 4)
    await wire.send(bytes.subarray(0, cut)).catch(() => undefined)
    wire.send(bytes.subarray(cut)).catch(() => undefined)
    return (await wire.response('PATCH').catch(() => null))?.status
  })
  const isCancelled = round % 8 === 7
  const third = isCancelled ? cancel(server, path) : retrieve(server, path)
  const [statuses] = await Promise.all([Promise.all(appends), third])
  for (const wire of wires) wire.close()
  expect(statuses.filter((status) => status === 201).length, `${statuses}`).toBeLessThanOrEqual(1)
  if (isCancelled) {
    expect([404, 410]).toContain((await retrieve(server, path)).status)
    return
  }
  const looked = await retrieve(server, path)
  const stored = Number(looked.header('upload-offset'))
  if (looked.header('upload-complete') === '?0') {
    const rest = await append(server, path, stored, true, Buffer.alloc(length - stored, 'C'))
    expect(rest.status, `round ${round}`).toBe(201)
  }
  const content = (await get(server, path)).text
  expect(content.length).toBe(length)
  expect(content.replace(/(.)\1+/g, '$1'), 'in order: a writer, the next, the rest').toMatch(
    /^(A|B|AB|BA)?C?$/,
  )
}

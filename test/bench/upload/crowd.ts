// Many uploads open at once: what a server's memory does when every connection is in the middle of a PATCH.
import { openConnection, type PatchConnection, patchHead } from './connection.ts'
import { createUpload } from './load.ts'
import { payload } from './payload.ts'
import { residentBytes } from './process-figures.ts'

/** `count` uploads at once, each on its own connection. */
export interface Crowd {
  readonly url: string
  readonly pid: number
  readonly count: number
}

/** The most resident memory that the server held up to the end of each phase, in bytes. */
export type CrowdResult = Readonly<Record<PhaseName, number>>

interface Open {
  readonly target: string
  readonly connection: PatchConnection
}

/** What happens to every upload, one after the other; none is ever complete. */
const phases = [
  {
    name: 'trickling',
    // One PATCH each, 4 KiB of it at a time, all open together.
    bodies: [2 ** 17],
    piece: 2 ** 12,
  },
  {
    name: 'round robin',
    // Eight small PATCHes each.
    bodies: Array<number>(8).fill(2 ** 16),
    piece: 2 ** 16,
  },
  {
    name: 'at full speed',
    // One PATCH each, as fast as the server takes it.
    bodies: [2 ** 21],
    piece: 2 ** 21,
  },
] as const

export type PhaseName = (typeof phases)[number]['name']

export const phaseNames: readonly PhaseName[] = phases.map(({ name }) => name)

/** Opens all uploads, then takes them through the phases together. */
export async function runCrowd({ url, pid, count }: Crowd): Promise<CrowdResult> {
  const port = Number(new URL(url).port)
  const uploads: Open[] = []
  for (let n = 0; n < count; n++) {
    const target = await createUpload(url, length)
    uploads.push({ target, connection: await openConnection(port) })
  }
  const peaks: Partial<Record<PhaseName, number>> = {}
  let offset = 0
  for (const { name, bodies, piece } of phases) {
    for (const body of bodies) {
      await patchTogether(uploads, offset, body, piece)
      offset += body
    }
    peaks[name] = residentBytes(pid, 'VmHWM')
  }
  for (const { connection } of uploads) connection.close()
  return peaks as CrowdResult
}

const length = 2 ** 23

/** No upload gets its next piece before every other has got this one. */
async function patchTogether(
  uploads: readonly Open[],
  offset: number,
  body: number,
  piece: number,
) {
  const all = (work: (upload: Open) => Promise<unknown>) => Promise.all(uploads.map(work))
  await all(({ connection, target }) =>
    connection.send(Buffer.from(patchHead(target, offset, body), 'latin1')),
  )
  for (let sent = 0; sent < body - piece; sent += piece) {
    await all(({ connection }) => connection.send(payload.subarray(0, piece)))
  }
  await all(({ connection }) =>
    Promise.all([connection.expect(offset + body), connection.send(payload.subarray(0, piece))]),
  )
}

// Uploads of every kind, for requests to be aimed at.
import { createUpload, exchange, patch, remove, upload } from '../../helpers/tus.ts'
import { type Address, connect } from '../../helpers/wire.ts'
import type { Target } from './request.ts'

/** Fresh ones: the requests of a run spoil them. */
export async function makeTargets(server: Address): Promise<Target[]> {
  const wire = await connect(server)
  try {
    const part = { 'Upload-Concat': 'partial' }
    const plain = await createUpload(wire, { length: 1000 })
    const begun = await createUpload(wire, { length: 5000, metadata: 'filename YS50eHQ=' })
    await patch(wire, begun, 0, 'b'.repeat(100))
    const deferred = await createUpload(wire, { length: null })
    const finished = await upload(wire, 'finished '.repeat(100))
    const parts = [
      await upload(wire, 'one '.repeat(100), { headers: part }),
      await upload(wire, 'two '.repeat(100), { headers: part }),
      await createUpload(wire, { length: 1000, headers: part }),
      await createUpload(wire, { length: null, headers: part }),
    ]
    const finalOf = (...paths: (string | undefined)[]) =>
      createUpload(wire, {
        length: null,
        headers: { 'Upload-Defer-Length': null, 'Upload-Concat': `final;${paths.join(' ')}` },
      })
    const finals = [await finalOf(parts[0], parts[1], parts[0]), await finalOf(parts[0], parts[2])]
    const removed = await createUpload(wire, { length: 5 })
    await remove(wire, removed)
    const ietf: string[] = []
    for (const headers of [{ 'Upload-Length': 1000 }, {}]) {
      const created = await exchange(wire, {
        method: 'POST',
        target: '/files',
        headers: { 'Upload-Draft-Interop-Version': 8, 'Upload-Complete': '?0', ...headers },
        body: '',
      })
      const location = created.header('location')
      if (location === null) throw new Error(`IETF creation: ${created.status} ${created.text}`)
      ietf.push(new URL(location, 'http://127.0.0.1').pathname)
    }
    const zero = [
      plain,
      deferred,
      ...parts.slice(2),
      ...finals,
      removed,
      ...ietf,
      '/files/unknown12345',
    ]
    return [
      ...zero.map((path) => ({ path, offset: 0 })),
      { path: begun, offset: 100 },
      { path: finished, offset: 900 },
      ...parts.slice(0, 2).map((path) => ({ path, offset: 400 })),
    ]
  } finally {
    wire.close()
  }
}

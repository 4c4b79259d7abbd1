// tus 1.0.0, Termination: T49.
import { expect } from 'vitest'
import {
  createUpload,
  get,
  head,
  items,
  options,
  patch,
  patchParts,
  remove,
  requestHead,
  upload,
} from '../../helpers/tus.ts'
import { connect } from '../../helpers/wire.ts'
import type { Row } from '../row.ts'

export const terminationRows: readonly Row[] = [
  {
    id: 'T49',
    level: 'MUST',
    statement: 'DELETE is 204, advertised, and nothing is left, of finished uploads too',
    async check(server) {
      const extensions = items((await options(server)).header('tus-extension'))
      expect.soft(extensions).toContain('termination')
      const unfinished = await createUpload(server, { length: 5 })
      await patch(server, unfinished, 0, 'hel')
      const finished = await upload(server, 'hello')
      const fresh = await createUpload(server, { length: 5 })
      for (const path of [unfinished, finished, fresh]) {
        const response = await remove(server, path)
        expect.soft([response.status, response.text]).toEqual([204, ''])
        const looked = await head(server, path)
        expect.soft([404, 410]).toContain(looked.status)
        expect.soft(looked.header('upload-offset')).toBeNull()
        expect.soft([404, 410]).toContain((await get(server, path)).status)
        expect.soft([404, 410]).toContain((await patch(server, path, 0, 'x')).status)
        expect.soft([404, 410]).toContain((await remove(server, path)).status)
      }
      const live = await createUpload(server, { length: 10 })
      const wire = await connect(server)
      await wire.send(requestHead(patchParts(live, 0, '', { 'Content-Length': 10 })))
      await wire.send('hello')
      expect.soft((await remove(server, live)).status, 'while it is written').toBe(204)
      await wire.send('world').catch(() => undefined)
      const writer = await wire.response('PATCH').catch(() => null)
      wire.close()
      expect.soft(writer?.status, 'the writer is told, or cut off').not.toBe(204)
      expect.soft([404, 410], 'after that').toContain((await head(server, live)).status)
    },
  },
]

// tus 1.0.0, Expiration: T39 to T42.
import { expect } from 'vitest'
import { sleep } from '../../helpers/process.ts'
import {
  create,
  createUpload,
  get,
  head,
  items,
  options,
  patch,
  upload,
} from '../../helpers/tus.ts'
import type { WireResponse } from '../../helpers/wire.ts'
import type { Row } from '../row.ts'

const expiring = ['--expire-after', '1s'] as const

/** The time of `Upload-Expires`, which must be an IMF-fixdate (RFC 9110 §5.6.7); NaN when it is none. */
function expiryOf(response: WireResponse): number {
  const value = response.header('upload-expires') ?? ''
  const date = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/
  return date.test(value) ? Date.parse(value) : Number.NaN
}

export const expirationRows: readonly Row[] = [
  {
    id: 'T39',
    level: 'MUST',
    statement: 'expiration is advertised if and only if uploads expire',
    defects: ['D42'],
    async check(server) {
      const yes = await server.under(...expiring)
      expect(items((await options(yes)).header('tus-extension'))).toContain('expiration')
      const no = await server.under('--expire-after', '0')
      expect(items((await options(no)).header('tus-extension'))).not.toContain('expiration')
      const path = await createUpload(no, { length: 5 })
      const response = await patch(no, path, 0, 'hel')
      expect(response.header('upload-expires')).toBeNull()
    },
  },
  {
    id: 'T40',
    level: 'MUST',
    statement:
      'Upload-Expires, an IMF-fixdate, is in every answer to POST and PATCH of such an upload',
    async check(server) {
      const hour = await server.under('--expire-after', '1h')
      const created = await create(hour, { length: 10 })
      const path = new URL(created.header('location') ?? '', 'http://127.0.0.1').pathname
      const answers: [string, WireResponse][] = [
        ['POST', created],
        ['POST with bytes', await create(hour, { length: 10, body: 'hello' })],
        ['PATCH', await patch(hour, path, 0, 'hello')],
        ['PATCH refused', await patch(hour, path, 0, 'hello')],
      ]
      for (const [what, response] of answers) {
        const left = expiryOf(response) - Date.now()
        expect
          .soft(left, `${what}: ${response.header('upload-expires')}`)
          .toBeGreaterThan(3_590_000)
        expect.soft(left, what).toBeLessThan(3_610_000)
      }
    },
  },
  {
    id: 'T41',
    level: 'SHOULD',
    statement: 'an expired upload is 410 where that is known, else 404, for HEAD and PATCH',
    async check(server) {
      const soon = await server.under(...expiring)
      const path = await createUpload(soon, { length: 5 })
      await patch(soon, path, 0, 'hel')
      await sleep(2_100)
      const looked = await head(soon, path)
      expect.soft([404, 410], 'HEAD').toContain(looked.status)
      expect.soft(looked.header('upload-offset')).toBeNull()
      expect.soft([404, 410], 'PATCH').toContain((await patch(soon, path, 3, 'lo')).status)
    },
  },
  {
    id: 'T42',
    level: 'MAY',
    statement: 'unfinished uploads are removed, finished ones never',
    defects: ['D05'],
    async check(server) {
      const soon = await server.under(...expiring)
      const finished = await upload(soon, 'hello')
      const empty = await createUpload(soon, { length: 0 })
      const unfinished = await createUpload(soon, { length: 5 })
      await sleep(2_100)
      expect.soft([404, 410]).toContain((await head(soon, unfinished)).status)
      expect.soft((await head(soon, finished)).header('upload-offset')).toBe('5')
      expect.soft((await get(soon, finished)).text).toBe('hello')
      expect.soft((await head(soon, empty)).header('upload-offset')).toBe('0')
    },
  },
]

// draft-ietf-httpbis-resumable-upload, Limits: R10 to R14.
import { expect } from 'vitest'
import { endpoint, exchange, items, options } from '../../helpers/tus.ts'
import type { WireResponse } from '../../helpers/wire.ts'
import type { Row } from '../row.ts'
import { append, begin, create, dictionary, partialUpload, retrieve, upload } from './requests.ts'

const mebi = 1024 * 1024
const limitOf = (response: WireResponse) => dictionary(response.header('upload-limit'))

export const limitRows: readonly Row[] = [
  {
    id: 'R10',
    level: 'MUST',
    statement: 'Upload-Limit is a Dictionary of Integers',
    async check(server) {
      for (const flags of [
        [],
        ['--max-size', '0', '--expire-after', '0'],
        ['--max-size', '1MiB'],
        ['--max-size', '1000TiB', '--expire-after', '90.5s'],
      ]) {
        const subject = await server.under(...flags)
        const created = await create(subject, { complete: false, body: 'abc' })
        const path = created.header('location') ?? ''
        const answers = [
          created,
          ...created.interim,
          await retrieve(subject, path),
          await retrieve(subject, await upload(subject, 'abc')),
          await options(subject),
        ]
        for (const answer of answers) {
          expect.soft(limitOf(answer), `${answer.header('upload-limit')}`).not.toBeNull()
        }
      }
    },
  },
  {
    id: 'R11',
    level: 'SHOULD NOT',
    statement: 'limits become narrower, or the end of life come nearer, while an upload goes on',
    async check(server) {
      const told = limitOf(await options(server))
      const created = await create(server, { complete: false, body: 'abc' })
      const start = Date.now()
      const path = created.header('location') ?? ''
      await append(server, path, 3, false, 'def')
      const later = limitOf(await retrieve(server, path))
      expect(later?.['max-size']).toBe(told?.['max-size'])
      expect(limitOf(created)?.['max-size']).toBe(told?.['max-size'])
      // Whole seconds, so that one may be missing.
      const passed = (Date.now() - start) / 1000 + 1
      const before = limitOf(created)?.['max-age'] ?? Number.NaN
      expect((later?.['max-age'] ?? 0) + passed).toBeGreaterThanOrEqual(before)
      expect(before + 1).toBeGreaterThanOrEqual(told?.['max-age'] ?? Number.NaN)
    },
  },
  {
    id: 'R12',
    level: 'MUST',
    statement: 'OPTIONS tells Upload-Limit and Accept-Patch; min-size=0 where there are no limits',
    async check(server) {
      const limited = await server.under('--max-size', '1MiB')
      expect(limitOf(await options(limited))?.['max-size']).toBe(mebi)
      const unlimited = await server.under('--max-size', '0', '--expire-after', '0')
      const response = await options(unlimited)
      expect(response.header('upload-limit')).toBe('min-size=0')
      expect(items(response.header('accept-patch'))).toContain(partialUpload)
      expect([200, 204]).toContain(response.status)
    },
  },
  {
    id: 'R13',
    level: 'SHOULD',
    statement: 'OPTIONS * tells Upload-Limit, which is the same everywhere',
    async check(server) {
      const response = await exchange(server, { method: 'OPTIONS', target: '*' })
      expect([200, 204]).toContain(response.status)
      expect(response.header('upload-limit')).toBe(
        (await options(server, endpoint)).header('upload-limit'),
      )
      expect(items(response.header('accept-patch'))).toContain(partialUpload)
    },
  },
  {
    id: 'R14',
    level: 'MUST',
    statement: '413 for a limit of ours carries Upload-Limit',
    async check(server) {
      const limited = await server.under('--max-size', '1MiB')
      const large = 'x'.repeat(mebi + 1)
      const chunked = {
        body: `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`,
        headers: { 'Transfer-Encoding': 'chunked' },
      }
      const path = await begin(limited, 'abc')
      const declared = { 'Upload-Length': mebi + 1 }
      const answers: [string, WireResponse][] = [
        ['declared', await create(limited, { complete: false, headers: declared })],
        ['whole', await create(limited, { complete: true, body: large })],
        ['in part', await create(limited, { complete: false, body: large })],
        ['chunked', await create(limited, { complete: true, ...chunked })],
        ['append', await append(limited, path, 3, false, large)],
        ['append chunked', await append(limited, path, 3, false, chunked.body, chunked.headers)],
      ]
      for (const [what, answer] of answers) {
        expect.soft(answer.status, what).toBe(413)
        expect.soft(limitOf(answer)?.['max-size'], what).toBe(mebi)
      }
    },
  },
]

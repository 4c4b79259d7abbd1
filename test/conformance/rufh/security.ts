// draft-ietf-httpbis-resumable-upload, Security Considerations, and what outlives an upload: R50 to R54.
import { expect } from 'vitest'
import { until } from '../../helpers/process.ts'
import { exchange, get, pathOf } from '../../helpers/tus.ts'
import type { Row } from '../row.ts'
import {
  append,
  appendParts,
  begin,
  cancel,
  create,
  creation,
  problemIn,
  retrieve,
  start,
  storedAt,
} from './requests.ts'

const bearer = { Authorization: 'Bearer secret-of-the-test' }

export const securityRows: readonly Row[] = [
  {
    id: 'R50',
    level: 'SHOULD',
    statement: 'only who may reaches an upload; its URL can’t be guessed and tells nothing',
    async check(server) {
      const guarded = await server.under('--token', 'secret-of-the-test')
      const path = await begin(guarded, 'abc', bearer)
      for (const answer of [
        await create(guarded, { complete: true, body: 'x' }),
        await retrieve(guarded, path),
        await retrieve(guarded, path, {}, 'GET'),
        await append(guarded, path, 3, true, 'x'),
        await cancel(guarded, path),
      ]) {
        expect.soft(answer.status).toBe(401)
        expect.soft(answer.header('upload-offset')).toBeNull()
        expect.soft(answer.header('location')).toBeNull()
        expect.soft(answer.interim).toEqual([])
      }
      const looked = await retrieve(guarded, path, bearer)
      expect(looked.header('upload-offset')).toBe('3')
      const paths = [await begin(server), await begin(server), await begin(server)]
      for (const one of paths)
        expect.soft(one, '128 bits of chance').toMatch(/^\/files\/[0-9a-f]{32}$/)
      expect(new Set(paths.map((one) => one.slice(0, 12))).size).toBe(3)
    },
  },
  {
    id: 'R51',
    level: 'MUST',
    statement: 'what is told of the file is cleaned before it is used',
    async check(server) {
      const names: [string, string][] = [
        ['inline; filename="report.pdf"', 'report.pdf'],
        [`inline; filename="x"; filename*=UTF-8''%C3%A4%20b.txt`, 'ä b.txt'],
        ['inline; filename="../../etc/passwd"', 'passwd'],
        ['inline; filename="C:\\\\dir\\\\file.txt"', 'file.txt'],
        [`inline; filename*=UTF-8''a%0D%0AX-Evil:%201.txt`, 'aX-Evil: 1.txt'],
        [`inline; filename*=UTF-8''..`, ''],
        ['inline; filename="..."; ; broken', ''],
        [`attachment; filename="${'x'.repeat(400)}"`, 'x'.repeat(255)],
      ]
      for (const [disposition, name] of names) {
        const path = pathOf(
          await create(server, {
            complete: true,
            body: 'x',
            headers: { 'Content-Disposition': disposition, 'Content-Type': 'text/html; charset=x' },
          }),
        )
        const target = path.replace('/files/', '/api/uploads/')
        const view = JSON.parse((await get(server, target)).text)
        expect.soft(view.name ?? '', disposition).toBe(name)
        expect.soft(view.type, disposition).toBe('text/html')
        const file = await get(server, path)
        expect.soft(file.status, disposition).toBe(200)
        expect.soft(file.header('x-evil')).toBeNull()
        expect.soft(file.header('content-disposition'), 'no page of ours').toMatch(/^attachment/)
      }
      const odd = await create(server, {
        complete: true,
        body: 'x',
        headers: { 'Content-Type': 'no/type/at all' },
      })
      expect((await get(server, pathOf(odd))).header('content-type')).toBe(
        'application/octet-stream',
      )
    },
  },
  {
    id: 'R52',
    level: 'SHOULD',
    statement: 'who completes an upload must be allowed to, then and there',
    async check(server) {
      const guarded = await server.under('--token', 'secret-of-the-test')
      const path = await begin(guarded, 'abc', bearer)
      for (const authorization of [null, 'Bearer other', 'Basic c2VjcmV0']) {
        const last = await append(guarded, path, 3, true, '', { Authorization: authorization })
        expect.soft(last.status, `${authorization}`).toBe(401)
      }
      expect((await retrieve(guarded, path, bearer)).header('upload-complete')).toBe('?0')
      expect((await append(guarded, path, 3, true, '', bearer)).status).toBe(201)
      const limited = await server.under('--max-size', '1MiB')
      const large = await begin(limited, 'x'.repeat(1024 * 1024))
      const beyond = await append(limited, large, 1024 * 1024, true, 'x')
      expect(beyond.status, 'the limit of the whole, at the last part').toBe(413)
    },
  },
  {
    id: 'R53',
    level: 'SHOULD',
    statement: 'content that comes too slowly is cut off, what came is kept; idle uploads end',
    async check(server) {
      const strict = await server.under('--read-timeout', '300ms')
      const wire = await start(strict, creation({ complete: true }), 100, 'hello')
      const interim = await wire.next('POST')
      const answer = await wire.response('POST')
      expect(answer.status).toBe(503)
      expect(problemIn(answer)?.status).toBe(503)
      expect(answer.header('upload-offset')).toBe('5')
      expect(await wire.closed()).toMatch(/fin|reset/)
      wire.close()
      const path = interim.header('location') ?? ''
      expect((await retrieve(strict, path)).header('upload-offset')).toBe('5')
      const soon = await server.under('--expire-after', '1s')
      const idle = await begin(soon, 'abc')
      await until('the end of an idle upload', async () => {
        const { status } = await retrieve(soon, idle)
        return status === 404 || status === 410
      })
    },
  },
  {
    id: 'R54',
    level: 'SHOULD',
    statement: 'a complete upload stays, for a client that lost the last answer',
    async check(server) {
      const path = await begin(server, 'hello')
      const wire = await start(server, appendParts(path, 5, true), 6, ' world')
      await until('the end', async () => (await storedAt(server, path)) === 11)
      wire.reset()
      const looked = await retrieve(server, path)
      expect(looked.header('upload-complete')).toBe('?1')
      expect(looked.header('upload-offset')).toBe('11')
      const soon = await server.under('--expire-after', '1s')
      const done = pathOf(await exchange(soon, creation({ complete: true, body: 'hello' })))
      const other = await begin(soon, 'x')
      await until(
        'the end of an idle upload',
        async () => (await retrieve(soon, other)).status >= 400,
      )
      expect((await retrieve(soon, done)).header('upload-complete')).toBe('?1')
    },
  },
]

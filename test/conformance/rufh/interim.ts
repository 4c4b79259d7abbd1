// draft-ietf-httpbis-resumable-upload, Status Code 104 and Draft Version Identification: R43 to R45.
import { expect } from 'vitest'
import { exchange, requestHead } from '../../helpers/tus.ts'
import { connect } from '../../helpers/wire.ts'
import type { Row } from '../row.ts'
import { append, appendParts, begin, create, creation, offsetOf } from './requests.ts'

export const interimRows: readonly Row[] = [
  {
    id: 'R43',
    level: 'MUST NOT',
    statement: '100 Continue is left out because a 104 was sent; nor sent before a refusal',
    async check(server) {
      const expecting = { Expect: '100-continue', 'Content-Length': 5 }
      const path = await begin(server)
      const welcome = [
        creation({ complete: true, headers: expecting }),
        appendParts(path, 0, true, '', expecting),
      ]
      for (const parts of welcome) {
        const wire = await connect(server)
        await wire.send(requestHead(parts))
        let next = await wire.next(parts.method)
        if (parts.method === 'POST') {
          expect.soft(next.status).toBe(104)
          next = await wire.next(parts.method)
        }
        expect.soft(next.status, parts.method).toBe(100)
        await wire.send('hello')
        expect.soft((await wire.response(parts.method)).status, parts.method).toBe(201)
        wire.close()
      }
      for (const parts of [
        creation({ complete: null, headers: expecting }),
        appendParts(path, 9, false, '', expecting),
      ]) {
        const wire = await connect(server)
        await wire.send(requestHead(parts))
        const first = await wire.next(parts.method)
        expect.soft(Math.floor(first.status / 100), `${parts.method} refused`).toBe(4)
        wire.close()
      }
    },
  },
  {
    id: 'R44',
    level: 'MUST NOT',
    statement: '104 is sent where the version is missing or not known',
    async check(server) {
      for (const version of [null, '2', '9', '99', 'abc', '8.0', '"8"', '?1', '8, 8', '']) {
        const response = await create(server, {
          complete: true,
          body: 'hello',
          headers: { 'Upload-Draft-Interop-Version': version },
        })
        expect.soft(response.status, `${version}`).toBe(201)
        expect.soft(response.interim, `${version}`).toEqual([])
      }
      const old = requestHead(creation({ complete: true, body: 'hello' })).replace('/1.1', '/1.0')
      const wire = await connect(server)
      await wire.send(`${old}hello`)
      expect.soft((await wire.next('POST')).status, 'HTTP/1.0 has no interim answers').toBe(201)
      wire.close()
    },
  },
  {
    id: 'R45',
    level: 'MUST',
    statement: '104 carries the version of the request',
    async check(server) {
      for (const version of ['3', '4', '5', '6', '7', '8']) {
        const headers = {
          'Upload-Draft-Interop-Version': version,
          ...(version === '3' ? { 'Upload-Incomplete': '?1', 'Upload-Complete': null } : {}),
        }
        const response = await create(server, { complete: false, body: 'hello', headers })
        expect.soft(response.interim.length, version).toBe(1)
        const [interim] = response.interim
        expect.soft(interim?.header('upload-draft-interop-version')).toBe(version)
        const path = response.header('location') ?? ''
        expect.soft(await offsetOf(server, path), version).toBe(5)
        const last = await append(server, path, 5, true, 'x', {
          'Upload-Draft-Interop-Version': version,
          ...(version === '3' ? { 'Upload-Incomplete': '?0', 'Upload-Complete': null } : {}),
        })
        expect.soft(last.status, version).toBe(201)
      }
      const [method, target] = ['HEAD', await begin(server)]
      expect((await exchange(server, { method, target })).status).toBe(204)
    },
  },
]

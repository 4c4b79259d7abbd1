// tus 1.0.0, Creation, Upload-Metadata: T30 to T32.
import { expect } from 'vitest'
import { create, createUpload, get, head, metadata, upload } from '../../helpers/tus.ts'
import type { Row } from '../row.ts'

const verbatim = {
  'one pair': metadata({ filename: 'holiday.mp4' }),
  'odd order': metadata({ zebra: 'z', filename: 'f', alpha: 'a' }),
  'a binary value': `blob ${Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0x0d, 0x0a]).toString('base64')}`,
  'all bytes': `blob ${Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('base64')}`,
  'a key without a value': 'is_confidential',
  'keys without a value, among others': `a,${metadata({ b: 'x' })},c`,
  'a key with a space and no value': 'a ,b eA==',
  'names of Object.prototype': 'constructor eA==,toString eQ==,__proto__ eg==,hasOwnProperty',
  'every script': metadata({ filename: 'słońce 日本語 тест 😀.txt' }),
  'keys with signs': 'a/b:c;d="e" eA==,{f} eQ==',
  'keys by case': 'name eA==,Name eQ==',
} as const

const broken = {
  'a space after the comma, which makes the key empty': 'a eA==, b eQ==',
  'an empty pair': 'a eA==,,b eQ==',
  'a comma at the end': 'a eA==,',
  'a comma at the start': ',a eA==',
  'two spaces': 'a  eA==',
  'three parts': 'a eA== eQ==',
  'no Base64': 'a !!!!',
  'Base64 of the URL alphabet': 'a _-8=',
  'no padding': 'a eA',
  'padding in the middle': 'a eA==eQ==',
  'the same key twice': 'a eA==,a eQ==',
  'the same key twice, without values': 'a,a',
} as const

export const metadataRows: readonly Row[] = [
  {
    id: 'T30',
    level: 'MUST',
    statement: 'HEAD tells Upload-Metadata to the byte as the client gave it',
    defects: ['D33'],
    async check(server) {
      for (const [what, value] of Object.entries(verbatim)) {
        const created = await create(server, { length: 1, metadata: value })
        expect.soft(created.status, what).toBe(201)
        if (created.status !== 201) continue
        const path = new URL(created.header('location') ?? '', 'http://127.0.0.1').pathname
        expect.soft((await head(server, path)).header('upload-metadata'), what).toBe(value)
      }
      const none = await createUpload(server, { length: 1 })
      expect.soft((await head(server, none)).header('upload-metadata'), 'none').toBeNull()
      const value = verbatim['a binary value']
      const finished = await upload(server, 'x', { metadata: value })
      expect.soft((await head(server, finished)).header('upload-metadata')).toBe(value)
    },
  },
  {
    id: 'T31',
    level: 'MUST',
    statement: 'metadata that breaks a rule is 400 and creates nothing',
    async check(server) {
      for (const [what, value] of Object.entries(broken)) {
        const response = await create(server, { length: 1, metadata: value })
        expect.soft(response.status, what).toBe(400)
        expect.soft(response.header('location'), what).toBeNull()
      }
    },
  },
  {
    id: 'T32',
    level: 'SHOULD',
    statement: 'no value of the metadata can add or break a header',
    defects: ['D12'],
    async check(server) {
      const names = [
        'a\r\nX-Injected: 1.txt',
        'a\nX-Injected: 1.txt',
        'a\r\n\r\n<script>alert(1)</script>',
        'a\0b.txt',
        'a"; filename="b.txt',
        'a\\".txt',
        '\u0085\u2028.txt',
        '../../etc/passwd',
        '\ud800.txt',
      ]
      for (const filename of names) {
        const value = metadata({ filename, filetype: 'text/html\r\nX-Injected: 1' })
        const response = await get(server, await upload(server, 'content', { metadata: value }))
        const what = JSON.stringify(filename)
        expect.soft(response.status, what).toBe(200)
        expect.soft(response.header('x-injected'), what).toBeNull()
        expect.soft(response.text, what).toBe('content')
        const disposition = response.header('content-disposition') ?? ''
        expect.soft(disposition, what).not.toMatch(/[^\x20-\x7e]/)
        expect.soft(disposition, what).not.toMatch(/passwd.*\/|\/.*passwd/)
      }
    },
  },
]

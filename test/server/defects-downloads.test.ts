// Stock defects of downloads: D01, D12, D13, D14.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isAlive, openFiles, until } from '../helpers/process.ts'
import { cleanUp, type RunningServer } from '../helpers/server.ts'
import { startSubject } from '../helpers/subject.ts'
import { createUpload, get, head, metadata, patch, requestHead, upload } from '../helpers/tus.ts'
import { connect } from '../helpers/wire.ts'

let server: RunningServer
let small: string
let large: string

const smallContent = Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 7) % 256))

beforeAll(async () => {
  server = await startSubject({ flags: ['--log-level', 'error'] })
  small = await upload(server, smallContent)
  large = await upload(server, Buffer.alloc(8 * 2 ** 20, 'L'))
})
afterAll(cleanUp)

/** Runs `work` so many times, eight at once. */
async function times(count: number, work: () => Promise<void>): Promise<void> {
  let left = count
  const worker = async () => {
    while (left-- > 0) await work()
  }
  await Promise.all(Array.from({ length: 8 }, worker))
}

/** Resolves when no more files and sockets are open than before. */
async function nothingLeaks(before: readonly string[]): Promise<void> {
  const leaked = async () => (await openFiles(server.pid)).length - before.length
  // The kernel's and libuv's own descriptors may come once: a handful, not one for each request.
  await until('the descriptors are closed', async () => (await leaked()) <= 3, 5_000)
}

const download = (target: string, version: string, headers: Record<string, string>) =>
  requestHead({ method: 'GET', target, headers }).replace('HTTP/1.1', version)

/** Ways to end a download that killed a stock process within 2 to 52 of them. */
const endings: Record<string, { readonly count: number; run(): Promise<void> }> = {
  'closed by the client after the last byte, as by curl': {
    count: 1000,
    async run() {
      const wire = await connect(server)
      await wire.send(download(small, 'HTTP/1.1', {}))
      const response = await wire.response()
      wire.close()
      if (!response.body.equals(smallContent)) throw new Error(`${response.status}: other bytes`)
    },
  },
  'of HTTP/1.0, as by a plain nginx': {
    count: 500,
    async run() {
      const wire = await connect(server)
      await wire.send(download(small, 'HTTP/1.0', {}))
      const response = await wire.response()
      wire.close()
      if (!response.body.equals(smallContent)) throw new Error(`${response.status}: other bytes`)
    },
  },
  'reset in the middle': {
    count: 750,
    async run() {
      const wire = await connect(server)
      await wire.send(download(large, 'HTTP/1.1', {}))
      await wire.head()
      wire.reset()
    },
  },
  'left by FIN in the middle of a range': {
    count: 750,
    async run() {
      const wire = await connect(server)
      await wire.send(download(large, 'HTTP/1.1', { Range: 'bytes=1000-' }))
      await wire.head()
      wire.close()
    },
  },
}

// Stock hands a file stream to the web's Response and closes its controller twice: an uncaught error.
for (const [ending, { count, run }] of Object.entries(endings)) {
  test(`D01: the server survives ${count} downloads ${ending}`, async () => {
    const before = await openFiles(server.pid)
    await times(count, run)
    expect(await isAlive(server.pid)).toBe(true)
    expect((await get(server, small)).body.equals(smallContent)).toBe(true)
    await nothingLeaks(before)
  })
}

const names = [
  'report.pdf',
  'słońce.txt',
  'тест.txt',
  '日本語.txt',
  'العربية.txt',
  'naïve café.txt',
  '😀.txt',
  "it's 100% great (final).txt",
  'a"b\\c.txt',
  'a\\".txt',
  '50%25.txt',
  'semi;colon,comma=equals.txt',
]

/** The file name that a client takes from a Content-Disposition (RFC 6266 §4.3): `filename*` before `filename`. */
function fileName(disposition: string): string | null {
  const extended = /;\s*filename\*\s*=\s*UTF-8''([^;\s]*)/i.exec(disposition)?.[1]
  if (extended !== undefined) return decodeURIComponent(extended)
  const quoted = /;\s*filename\s*=\s*"((?:[^"\\]|\\.)*)"/i.exec(disposition)?.[1]
  if (quoted !== undefined) return quoted.replace(/\\(.)/g, '$1')
  return /;\s*filename\s*=\s*([^;\s"]+)/i.exec(disposition)?.[1] ?? null
}

// Stock answers 500 to the download of every name beyond Latin-1, and escapes quotes but not backslashes.
test('D12: a download bears its name in any script (RFC 6266, RFC 8187)', async () => {
  for (const name of names) {
    const target = await upload(server, 'hello', { metadata: metadata({ filename: name }) })
    const response = await get(server, target)
    const disposition = response.header('content-disposition') ?? ''
    expect.soft([response.status, response.text], name).toEqual([200, 'hello'])
    expect.soft(disposition, name).toMatch(/^(attachment|inline);[\x20-\x7e]+$/)
    // A backslash may be replaced: it parts paths on some systems (RFC 6266 §4.3).
    expect.soft([name, name.replaceAll('\\', '_')], disposition).toContain(fileName(disposition))
    const extended = /filename\*\s*=\s*([^;]*)/i.exec(disposition)?.[1]
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is asked
    if (/[^\x00-\x7f]/.test(name)) expect.soft(extended, name).toBeDefined()
    if (extended !== undefined) {
      expect.soft(extended).toMatch(/^UTF-8''(?:[A-Za-z0-9!#$&+\-.^_`|~]|%[0-9A-Fa-f]{2})*$/)
    }
  }
})

// Stock opens the file before it fails: 50 downloads of such a name leave 50 descriptors open.
test('D13: refused and failed downloads leave no descriptor open', async () => {
  const named = metadata({ filename: 'тест\r\n.txt' })
  const target = await upload(server, 'hello', { metadata: named })
  const unfinished = await createUpload(server, { length: 5 })
  const before = await openFiles(server.pid)
  await times(60, async () => {
    await get(server, target)
    await get(server, target, { Range: 'bytes=99-' })
    await get(server, target, { 'If-None-Match': '*' })
    await get(server, unfinished)
    await get(server, '/files/no-such-upload-0123456789')
  })
  await nothingLeaks(before)
})

// Stock sends the whole file for every range, and no ETag.
test('D14: ranges (RFC 9110 §14)', async () => {
  const target = await upload(server, '0123456789')
  const whole = await get(server, target)
  expect(whole.header('accept-ranges')).toBe('bytes')
  expect(whole.header('content-length')).toBe('10')
  const etag = whole.header('etag') ?? ''
  const cases: [range: string, status: number, content: string, range: string | null][] = [
    ['bytes=0-1', 206, '01', 'bytes 0-1/10'],
    ['bytes=5-', 206, '56789', 'bytes 5-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=0-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=9-9', 206, '9', 'bytes 9-9/10'],
    ['lines=1-2', 200, '0123456789', null],
  ]
  for (const [range, status, content, contentRange] of cases) {
    const response = await get(server, target, { Range: range })
    expect.soft([response.status, response.text], range).toEqual([status, content])
    expect.soft(response.header('content-range'), range).toBe(contentRange)
  }
  const beyond = await get(server, target, { Range: 'bytes=10-' })
  expect([beyond.status, beyond.header('content-range')]).toEqual([416, 'bytes */10'])
  const same = await get(server, target, { Range: 'bytes=0-1', 'If-Range': etag })
  expect([same.status, same.text], 'If-Range, the same').toEqual([206, '01'])
  const other = await get(server, target, { Range: 'bytes=0-1', 'If-Range': '"other"' })
  expect([other.status, other.text], 'If-Range, another').toEqual([200, '0123456789'])
  const far = await get(server, large, { Range: `bytes=${8 * 2 ** 20 - 3}-` })
  expect([far.status, far.text]).toEqual([206, 'LLL'])
})

test('D14: conditional requests (RFC 9110 §13)', async () => {
  const target = await upload(server, 'hello')
  const whole = await get(server, target)
  const etag = whole.header('etag') ?? ''
  expect(etag).toMatch(/^(W\/)?"[\x21\x23-\x7e]+"$/)
  const modified = whole.header('last-modified') ?? ''
  expect(Date.parse(modified)).not.toBeNaN()
  const asked = async (headers: Record<string, string>) => {
    const response = await get(server, target, headers)
    return [response.status, response.text]
  }
  expect(await asked({ 'If-None-Match': etag })).toEqual([304, ''])
  expect(await asked({ 'If-None-Match': '"other"' })).toEqual([200, 'hello'])
  expect(await asked({ 'If-Modified-Since': modified })).toEqual([304, ''])
  expect((await asked({ 'If-Match': '"other"' }))[0]).toBe(412)
  const others = await get(server, await upload(server, 'other'))
  expect(others.header('etag'), 'another upload, another ETag').not.toBe(etag)
})

// Stock sends no nosniff and lets a browser run what was uploaded as HTML.
test('D14: no upload runs as a page of this origin', async () => {
  const types = [
    'text/html',
    'image/svg+xml',
    'application/xhtml+xml',
    'text/xml',
    'text/javascript',
  ]
  for (const filetype of [...types, 'nonsense', 'text/html; charset="', '']) {
    const value = metadata({ filename: 'page.html', filetype })
    const response = await get(
      server,
      await upload(server, '<script>1</script>', { metadata: value }),
    )
    expect.soft(response.header('x-content-type-options'), filetype).toBe('nosniff')
    expect.soft(response.header('content-security-policy'), filetype).toMatch(/\bsandbox\b/)
    expect.soft(response.header('content-disposition'), filetype).toMatch(/^attachment\b/)
  }
})

test('D14: an unfinished upload is no download', async () => {
  const target = await createUpload(server, { length: 10 })
  await patch(server, target, 0, 'hello')
  const response = await get(server, target)
  expect(response.status).toBeGreaterThanOrEqual(400)
  expect(response.status).toBeLessThan(500)
  expect(response.text).not.toContain('hello')
  expect((await head(server, target)).header('upload-offset')).toBe('5')
})

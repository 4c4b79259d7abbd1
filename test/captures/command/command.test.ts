// The commands on captures, run as processes: what they print, where, and their exit status.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { explain } from '../helpers/explain.ts'
import { longhaul } from './longhaul.ts'
import { uploadCapture } from './upload.ts'

let folder = ''
const at = (name: string) => path.join(folder, name)

async function file(name: string, bytes: Uint8Array | string): Promise<string> {
  await writeFile(at(name), bytes)
  return at(name)
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'longhaul-captures-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('explain', () => {
  test('tells the three phases with frame numbers, and the upload', async () => {
    const { status, out, err } = await longhaul([
      'explain',
      await file('upload.pcap', uploadCapture),
    ])
    expect([status, err]).toEqual([0, ''])
    expect(out).toContain('2 PATCHes on 1 connection')
    for (const phase of ['Initiation', 'Maintenance', 'Termination']) expect(out).toContain(phase)
    expect(out).toMatch(/Upload +\/files\/abc/)
    expect(out).not.toContain('\u001b')
  })

  test('--json is one document, the same from a file, gzipped and from standard input', async () => {
    const plain = await longhaul(['explain', '--json', await file('a.pcap', uploadCapture)])
    const document = JSON.parse(plain.out)
    expect(document).toEqual(JSON.parse(JSON.stringify(explain(uploadCapture).analysis)))
    expect(document.uploads).toMatchObject([
      {
        url: '/files/abc',
        length: 2000,
        offset: 2000,
        patches: 2,
        connections: [0],
        complete: true,
      },
    ])
    const zipped = await longhaul([
      'explain',
      '--json',
      await file('a.pcap.gz', gzipSync(uploadCapture)),
    ])
    const piped = await longhaul(['explain', '--json', '-'], uploadCapture)
    for (const { status, out, err } of [plain, zipped, piped])
      expect([status, out, err]).toEqual([0, plain.out, ''])
  })

  test('--connection picks one, and says which there are', async () => {
    const capture = await file('c.pcap', uploadCapture)
    const one = await longhaul(['explain', capture, '--connection', '0', '--json'])
    expect(JSON.parse(one.out).connections).toHaveLength(1)
    const none = await longhaul(['explain', capture, '--connection', '7'])
    expect([none.status, none.out]).toEqual([2, ''])
    expect(none.err).toContain('has no connection 7')
    const wrong = await longhaul(['explain', capture, '--connection', 'x'])
    expect(wrong.status).toBe(2)
  })

  test('a capture that is cut is explained up to the damage, which is named by its byte', async () => {
    const cut = await file('cut.pcap', uploadCapture.subarray(0, uploadCapture.length - 10))
    const { status, out } = await longhaul(['explain', cut, '--json'])
    const { file: told, warnings } = JSON.parse(out)
    expect([status, told.packets]).toEqual([0, 11])
    expect(warnings[0].text).toMatch(/^damaged at byte \d+/)
  })

  test('a gzip file that is cut gives what could be read', async () => {
    const zipped = gzipSync(uploadCapture)
    const cut = await file('cut.gz', zipped.subarray(0, zipped.length - 8))
    const { status, out } = await longhaul(['explain', cut, '--json'])
    expect(status).toBe(0)
    const document = JSON.parse(out)
    expect(document.connections).toHaveLength(1)
    expect(document.warnings[0].text).toContain('gzip')
  })

  const jpeg = Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex')
  test.for<readonly [string, Uint8Array | null]>([
    ['that is not there', null],
    ['that is empty', new Uint8Array(0)],
    ['that is a picture', jpeg],
    ['of noise', randomBytes(3000)],
  ])('a file %s is exit status 2 and one line of what to do', async ([name, bytes]) => {
    const given = bytes === null ? at('nowhere.pcap') : await file(`${name}.pcap`, bytes)
    for (const args of [
      ['explain', given],
      ['explain', '--json', given],
      ['trim', given, at('t')],
    ]) {
      const { status, out, err } = await longhaul(args)
      expect([status, out]).toEqual([2, ''])
      expect(err).toMatch(/^longhaul: .+\n$/)
    }
  })

  test('a folder is no capture', async () => {
    const { status, err } = await longhaul(['explain', folder])
    expect(status).toBe(2)
    expect(err).toContain('it is a folder')
  })
})

describe('compare', () => {
  test('accounts for the difference between two captures', async () => {
    const capture = await file('b.pcap', uploadCapture)
    const { status, out } = await longhaul(['compare', capture, capture])
    expect(status).toBe(0)
    expect(out.length).toBeGreaterThan(100)
    const json = await longhaul(['compare', capture, capture, '--json'])
    expect(JSON.parse(json.out)).toMatchObject({ version: 1 })
  })
})

describe('compare, several runs a side', () => {
  test('the median of each side, with the spread', async () => {
    const [a, b] = [await file('m1.pcap', uploadCapture), await file('m2.pcap', uploadCapture)]
    const { status, out } = await longhaul(['compare', a, b, a, '--with', b, a, '--json'])
    expect(status).toBe(0)
    expect(JSON.parse(out).runs).toMatchObject({ a: { counted: 3 }, b: { counted: 2 } })
    const text = await longhaul(['compare', a, b, '--with', a])
    expect(text.out.replace(/\s+/g, ' ')).toContain('Median of 2 and 1 run')
  })

  test.each([1, 3])(
    '%i captures without --with is wrong usage, and says what is right',
    async (count) => {
      const capture = await file('w.pcap', uploadCapture)
      const { status, out, err } = await longhaul(['compare', ...Array(count).fill(capture)])
      expect([status, out]).toEqual([2, ''])
      expect(err).toMatch(
        /^longhaul: two captures are held against each other: compare A B\..*--with B1 B2 B3\n$/,
      )
    },
  )
})

describe('trim', () => {
  test('keeps heads and lengths, no byte of the file, and reads the same', async () => {
    const input = await file('t.pcap', uploadCapture)
    const output = at('t.pcapng')
    const { status, out } = await longhaul(['trim', input, output])
    expect(status).toBe(0)
    expect(out).toContain('12 packets')
    const trimmed = await readFile(output)
    expect(trimmed.length).toBeLessThan(uploadCapture.length)
    const [before, after] = [explain(uploadCapture).analysis, explain(trimmed).analysis]
    expect(after.connections).toEqual(before.connections)
    expect(after.uploads).toEqual(before.uploads)
    // Comments are there for Wireshark to show.
    expect(trimmed.includes('Connection 0, initiation: SYN')).toBe(true)
  })

  test('never overwrites unasked, and leaves nothing half-written', async () => {
    const input = await file('u.pcap', uploadCapture)
    const there = await file('there.pcapng', 'precious')
    const refused = await longhaul(['trim', input, there])
    expect(refused.status).toBe(2)
    expect(refused.err).toContain('--force')
    expect(await readFile(there, 'utf8')).toBe('precious')
    expect((await longhaul(['trim', input, there, '--force'])).status).toBe(0)
    expect((await stat(there)).size).toBeGreaterThan(1000)
    const nowhere = await longhaul(['trim', input, at('no/such/folder.pcapng')])
    expect(nowhere.status).toBe(2)
    const ontoFolder = await longhaul(['trim', input, folder, '--force'])
    expect([ontoFolder.status, ontoFolder.err]).toEqual([
      2,
      `longhaul: ${folder} can not be written: it is a folder\n`,
    ])
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  test('damage of gzip data is told', async () => {
    const zipped = gzipSync(uploadCapture)
    const cut = await file('cut-to-trim.gz', zipped.subarray(0, zipped.length - 8))
    const { status, err } = await longhaul(['trim', cut, at('from-cut.pcapng')])
    expect(status).toBe(0)
    expect(err).toContain('note: the gzip data of')
  })

  test('a full disk is told in one line, and nothing is left', async (context) => {
    if (process.getuid?.() !== 0) context.skip('mounting a small tmpfs needs root')
    const small = at('small')
    await mkdir(small)
    const mount = ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', small]
    if (spawnSync('mount', mount).status !== 0) context.skip('a small tmpfs can not be mounted')
    try {
      await writeFile(path.join(small, 'filler'), new Uint8Array(4096))
      const input = await file('full.pcap', uploadCapture)
      const { status, out, err } = await longhaul(['trim', input, path.join(small, 'out.pcapng')])
      expect([status, out]).toEqual([1, ''])
      expect(err).toMatch(/^longhaul: .+ the disk is full\. .+\n$/)
      expect(await readdir(small)).toEqual(['filler'])
    } finally {
      spawnSync('umount', [small])
    }
  })

  test('may write over its own input, which it has read by then', async () => {
    const input = await file('own.pcap', uploadCapture)
    expect((await longhaul(['trim', input, input, '--force'])).status).toBe(0)
    expect(explain(await readFile(input)).analysis.uploads).toHaveLength(1)
  })
})

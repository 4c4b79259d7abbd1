// The whole text, looked at as a file; and what must hold for any of them.
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { explainText } from '../../../captures/report/explain-text.ts'
import { columnsOf } from '../../../captures/report/layout.ts'
import { aConnection, anAnalysis, anExchange, anUpload, anUploadPart } from './build-analysis.ts'
import { scenarios } from './scenarios.ts'

const expected = (name: string) =>
  fileURLToPath(new URL(`../../expected/captures/${name}.txt`, import.meta.url))
const plain = { colour: false, width: 80 }
const names = Object.keys(scenarios)
const scenario = (name: string) => scenarios[name]?.() ?? anAnalysis()
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of colours.
const withoutColour = (text: string) => text.replace(/\x1b\[[0-9;]*m/g, '')

test.each(names)('%s, 80 columns', async (name) => {
  const text = explainText(scenario(name), { ...plain, name: `${name}.pcapng` })
  await expect(text).toMatchFileSnapshot(expected(name))
})

test('kept-alive, 120 columns', async () => {
  const text = explainText(scenario('kept-alive'), { colour: false, width: 120 })
  await expect(text).toMatchFileSnapshot(expected('kept-alive-120'))
})

test('the first line says what the project is about', () => {
  const [first, second] = explainText(scenario('kept-alive'), { ...plain, width: 200 }).split('\n')
  expect(first).toBe(
    '20 PATCHes on 1 connection · 1 handshake (40.4 ms) · closed by the server after 6.0 s idle · capture complete, no drops',
  )
  expect(second).toBe(
    'Keeping the connection saved 19 handshakes (19 × 40.4 ms = 768 ms), and a slow start after each.',
  )
})

test.each(names)('%s says the same with colour', (name) => {
  const text = explainText(scenario(name), plain)
  expect(withoutColour(explainText(scenario(name), { ...plain, colour: true }))).toBe(text)
})

test.each(names.flatMap((name) => [60, 80, 100, 140].map((width) => [name, width] as const)))(
  '%s fits into %d columns',
  (name, width) => {
    const lines = explainText(scenario(name), { ...plain, width }).split('\n')
    // Tables keep their figures whole; they need up to 80 columns.
    const widest = Math.max(80, width)
    expect(lines.filter((line) => columnsOf([line]) > widest)).toEqual([])
  },
)

test('no line ends with a space, the text with one line break', () => {
  const text = explainText(scenario('kept-alive'), plain)
  expect(text.split('\n').filter((line) => /\s$/.test(line))).toEqual([])
  expect(text).toMatch(/[^\n]\n$/)
})

test('one connection can be asked for', () => {
  const text = explainText(scenario('closed-200'), { ...plain, connection: 57 })
  expect(text).toContain('Connection 57 · client 10.77.0.1:38150')
  expect(text).not.toContain('Connection 0 ·')
  expect(text).not.toContain('--connection')
})

test('a connection that is not there is said to be missing', () => {
  expect(explainText(scenario('refused'), { ...plain, connection: 7 })).toContain(
    'There is no connection 7: they are numbered 0 to 0.',
  )
  expect(explainText(anAnalysis(), { ...plain, connection: 7 })).toContain(
    'There is no connection 7: the capture has none.',
  )
})

test('of hundreds of alike connections the first and the last are told, and how to see another', () => {
  const text = explainText(scenario('closed-200'), plain)
  expect(text).toContain('… 194 more alike: 1 PATCH each, handshake 40.4 ms, ended: FIN client')
  expect(text).toContain('Connection 0 ·')
  expect(text).toContain('Connection 199 ·')
  expect(text).toContain(
    'Told in full: connections 0 and 199. Any of the 198 others: --connection N.',
  )
})

test('a name from the capture cannot steer the terminal', () => {
  const target = '/files/\x1b[2J\x07\u202ex'
  const text = explainText(
    anAnalysis({
      connections: [aConnection({ exchanges: [anExchange({ target, upload: null })] })],
      uploads: [anUpload({ filename: 'a\nb\x9b1m' })],
    }),
    plain,
  )
  expect(text).toContain('/files/\uFFFD[2J\uFFFD\uFFFDx')
  expect(text).toContain('"a\uFFFDb\uFFFD1m"')
})

test('a capture without packets is no riddle', () => {
  expect(explainText(anAnalysis({ file: { start: null } }), plain)).toMatch(
    /^no packet in this capture · capture complete, no drops\n/,
  )
})

test('more than 40 exchanges are folded, the exceptional ones shown', () => {
  const exchanges = Array.from({ length: 100 }, (_, index) =>
    anExchange({
      number: index + 1,
      requestPacket: 10 * index + 4,
      lastRequestPacket: 10 * index + 8,
      responsePacket: 10 * index + 9,
      lastResponsePacket: 10 * index + 9,
      status: index === 49 ? 423 : 204,
      upload: anUploadPart({
        from: index * 1000,
        to: index * 1000 + 1000,
        answeredOffset: index === 49 ? null : index * 1000 + 1000,
      }),
    }),
  )
  const text = explainText(anAnalysis({ connections: [aConnection({ exchanges })] }), plain)
  expect(text).toContain('… 44 more PATCHes, frames 54–489, same pattern (1.0 MiB each, 204)')
  expect(text).toMatch(/ 50 {2}PATCH {3}49000 → 50000 .* 423\n/)
  expect(text).toContain('… 45 more PATCHes, frames 504–949, same pattern (1.0 MiB each, 204)')
})

test('hundreds of thousands of connections are folded too', () => {
  const connections = Array.from({ length: 200_000 }, (_, number) =>
    aConnection({
      number,
      start: number,
      end: number + 1,
      purpose: { reason: 'unknown', connection: null },
    }),
  )
  const text = explainText(anAnalysis({ connections }), plain)
  expect(text.split('\n').length).toBeLessThan(400)
  expect(text).toContain('199 994 more alike')
})

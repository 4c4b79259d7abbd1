// Sizes and durations: what people write, what they mistype, and the way back.
import { describe, expect, test } from 'vitest'
import { parseDuration, parseSize } from '../../server/units.ts'

describe('parseSize', () => {
  test.for([
    ['0', 0],
    ['1', 1],
    ['65536', 65_536],
    ['1B', 1],
    ['8MiB', 8_388_608],
    ['8 MiB', 8_388_608],
    ['8mib', 8_388_608],
    [' 8MiB\n', 8_388_608],
    ['1.5 GiB', 1_610_612_736],
    ['1.5KiB', 1536],
    ['007', 7],
    ['1TiB', 1_099_511_627_776],
    ['8191TiB', 8191 * 2 ** 40],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ] as const)('%j is %d bytes', ([text, bytes]) => {
    expect(parseSize(text)).toBe(bytes)
  })

  test.for([
    '',
    ' ',
    '-1',
    '+1',
    '1e3',
    '0x10',
    'MiB',
    '1.',
    '.5',
    '1.5.2',
    '1,5MiB',
    '1 000',
    '1_000',
    '1MB',
    '1M',
    '1 MiB extra',
    '1PiB',
    'Infinity',
    'NaN',
    '１２',
    '9007199254740992',
    '8192TiB',
    '9'.repeat(400),
    '1toString',
    '1constructor',
  ])('%j is refused with words that help', (text) => {
    expect(() => parseSize(text)).toThrow(RangeError)
    expect(() => parseSize(text)).toThrow(/is no size: write a number and B, KiB/)
  })

  // 0 means "no limit" where a size is a limit: something above it must not become it.
  test('a fraction of a byte does not become 0', () => {
    const read = () => parseSize('0.0001KiB')
    let bytes = 1
    try {
      bytes = read()
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError)
    }
    expect(bytes).toBeGreaterThan(0)
  })
})

describe('parseDuration', () => {
  test.for([
    ['0', 0],
    ['0s', 0],
    ['500ms', 0.5],
    ['75s', 75],
    ['75 S', 75],
    ['1.5m', 90],
    ['2h', 7200],
    ['7d', 604_800],
  ] as const)('%j is %d seconds', ([text, seconds]) => {
    expect(parseDuration(text)).toBeCloseTo(seconds, 9)
  })

  test.for([
    '',
    '75',
    '1',
    '-1s',
    '1w',
    '1y',
    's',
    'ms',
    '1 s 2',
    '1e3s',
    'forever',
    '1min',
    '9'.repeat(400),
  ])('%j is refused with words that help', (text) => {
    expect(() => parseDuration(text)).toThrow(RangeError)
    expect(() => parseDuration(text)).toThrow(/is no duration: write a number and ms, s, m, h or d/)
  })
})

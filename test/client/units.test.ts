// Numbers as people read them.
import { expect, test } from 'vitest'
import { ago, bytes, bytesOf, duration, plural } from '../../client/upload/units.ts'

test('bytes carry their unit and are never rounded up to what isn’t there yet', () => {
  expect(bytes(0)).toBe('0 B')
  expect(bytes(999)).toBe('999 B')
  expect(bytes(1536)).toBe('1.5 KiB')
  expect(bytes(8 << 20)).toBe('8.0 MiB')
  expect(bytes(150 * 2 ** 20)).toBe('150 MiB')
  expect(bytesOf(8 * 2 ** 30 - 1, 8 * 2 ** 30)).toBe('7.9 of 8.0 GiB')
  expect(bytesOf(0, 0)).toBe('0 of 0 B')
})

test('durations are as exact as they need to be', () => {
  expect([0.4, 52, 75, 200, 660, 3600, 7500, 90_000, 604_800].map(duration)).toEqual([
    '0 s',
    '52 s',
    '1 min 15 s',
    '3 min 20 s',
    '11 min',
    '1 h',
    '2 h 5 min',
    '1 day 1 h',
    '7 days',
  ])
})

test('past moments are relative', () => {
  const now = Date.parse('2026-01-01T12:00:00Z')
  expect(ago(now - 3000, now)).toBe('just now')
  expect(ago(now - 42_000, now)).toBe('42 s ago')
  expect(ago(now - 3 * 3_600_000, now)).toBe('3 h ago')
})

test('one is one', () => {
  expect([plural(1, 'chunk'), plural(1392, 'chunk')]).toEqual(['1 chunk', '1,392 chunks'])
})

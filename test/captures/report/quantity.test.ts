import { expect, test } from 'vitest'
import {
  amount,
  count,
  dateAndTime,
  duration,
  listed,
  median,
  moment,
  signed,
  size,
} from '../../../captures/report/quantity.ts'

const spaced = (text: string) => text.replaceAll('\u00a0', ' ')

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1 000'],
  [147404, '147 404'],
  [1234567, '1 234 567'],
  [-39, '−39'],
])('the amount %d', (value, text) => {
  expect(spaced(amount(value))).toBe(text)
})

test.each([
  [0, '0 B'],
  [512, '512 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1048000, '1023 KiB'],
  [1048576, '1.0 MiB'],
  [335007449088, '312 GiB'],
])('the size %d', (bytes, text) => {
  expect(spaced(size(bytes))).toBe(text)
})

test.each([
  [0, '0 s'],
  [3.5e-6, '3.5 µs'],
  [30e-6, '30 µs'],
  [0.99949e-3, '999 µs'],
  [0.9996e-3, '1.00 ms'],
  [0.00402, '4.02 ms'],
  [0.0402, '40.2 ms'],
  [0.0999, '99.9 ms'],
  [0.4021, '402 ms'],
  [0.9994, '999 ms'],
  [0.9996, '1.0 s'],
  [6.0001, '6.0 s'],
  [99.96, '100 s'],
  [599, '599 s'],
  [1800, '30 min'],
  [7500, '2 h 05 min'],
  [-0.04, '−40.0 ms'],
])('the duration %d s', (seconds, text) => {
  expect(spaced(duration(seconds))).toBe(text)
})

test('one of a kind is singular', () => {
  expect(spaced(count(1, 'PATCH', 'PATCHes'))).toBe('1 PATCH')
  expect(spaced(count(20, 'PATCH', 'PATCHes'))).toBe('20 PATCHes')
  expect(spaced(count(0, 'handshake'))).toBe('0 handshakes')
})

test('a difference has its sign, nothing has none', () => {
  expect(signed(39)).toBe('+39')
  expect(signed(-3)).toBe('−3')
  expect(signed(0)).toBe('0')
})

test('a moment reads as in the Time column of Wireshark', () => {
  expect(moment(11.9001234)).toBe('11.900123')
})

test('a time of day is told to the millisecond, in UTC', () => {
  expect(spaced(dateAndTime('2026-03-02T09:15:00.250123456Z'))).toBe('2026-03-02 09:15:00.250 UTC')
  expect(spaced(dateAndTime('2026-03-02T09:15:00Z'))).toBe('2026-03-02 09:15:00 UTC')
})

test('the median of an even number is between the two in the middle', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(median([9, 1, 5])).toBe(5)
})

test('a list ends with "and"', () => {
  expect(listed(['a'])).toBe('a')
  expect(listed(['a', 'b', 'c'])).toBe('a, b and c')
})

// The line that a user pastes to go on: a shell must make of it what was said the first time.
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { continueCommand } from '../../client/terminal/shell.ts'
import { uploadDefaults } from '../../client/terminal/upload.ts'

/** The words that a shell makes of it, from `upload` on. */
function wordsOf(command: string): string[] {
  const script = `print_words() { printf '%s\\0' "$@"; }; print_words ${command}`
  const words = execFileSync('sh', ['-c', script]).toString().split('\0').slice(0, -1)
  return words.slice(words.indexOf('upload'))
}

const endpoint = 'http://127.0.0.1:8080/files'

test('what was said by default is not said again', () => {
  const command = continueCommand(['a.iso'], endpoint, uploadDefaults, uploadDefaults)
  expect(wordsOf(command)).toEqual(['upload', 'a.iso', '--to', endpoint])
})

test('odd names come through a shell whole, and are no options', () => {
  const names = ["it's $HOME.iso", 'a b', '*', '-n', '--json', 'ü\nz', '`id`', '"']
  const command = continueCommand(names, endpoint, uploadDefaults, uploadDefaults)
  const expected = names.map((name) => (name.startsWith('-') ? `./${name}` : name))
  expect(wordsOf(command)).toEqual(['upload', ...expected, '--to', endpoint])
})

test('everything else that was said is said again, exactly', () => {
  const said = { chunkSize: 2 ** 20, retryFor: 90, stallTimeout: 0.5, checksum: 'crc32' }
  const given = { ...uploadDefaults, ...said, quiet: true, json: true, resume: false }
  const wordsFor = (chunkSize: number) =>
    wordsOf(continueCommand(['a'], endpoint, { ...given, chunkSize }, uploadDefaults)).slice(4)
  const rest = ['--retry-for', '90s', '--stall-timeout', '0.5s', '--checksum', 'crc32']
  for (const [bytes, size] of [
    [0, '0'],
    [2 ** 20, '1MiB'],
    [3 * 2 ** 10, '3KiB'],
    [1000, '1000'],
  ] as const) {
    expect(wordsFor(bytes)).toEqual(['--chunk-size', size, ...rest, '--quiet', '--json'])
  }
})

// Where the commands' output goes: readers that go away, full disks, links and devices.
import { spawnSync } from 'node:child_process'
import { lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { cliPath } from '../../helpers/server.ts'
import { uploadCapture } from './upload.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-output-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const capture = path.join(folder, 'upload.pcap')
writeFileSync(capture, uploadCapture)

/** What a shell makes of it: exit status of the command, standard error. */
function shell(rest: string): { readonly status: number | null; readonly err: string } {
  const script = `set -o pipefail; "$0" "$1" ${rest}`
  const { status, stderr } = spawnSync('bash', ['-c', script, process.execPath, cliPath, capture], {
    encoding: 'utf8',
  })
  return { status, err: stderr }
}

const full = "longhaul: standard output can't be written: the disk is full\n"

test.each([
  'explain "$2"',
  'explain --json "$2"',
  'compare --json "$2" "$2"',
  '--help',
  '--version',
])('%s says that its output could not be written', (command) => {
  expect(shell(`${command} > /dev/full`)).toEqual({ status: 1, err: full })
})

test.each(['explain "$2"', 'explain --json "$2"', 'explain --help', 'serve --help', '--version'])(
  'a reader of %s that goes away is no failure',
  (command) => {
    expect(shell(`${command} | true`)).toEqual({ status: 0, err: '' })
  },
)

test('a link that is written to stays one', () => {
  const [target, link] = [path.join(folder, 'target.pcapng'), path.join(folder, 'link.pcapng')]
  writeFileSync(target, 'old')
  symlinkSync('target.pcapng', link)
  expect(shell(`trim "$2" "${link}" --force`).status).toBe(0)
  expect(lstatSync(link).isSymbolicLink()).toBe(true)
  expect(readFileSync(target).readUInt32LE()).toBe(0x0a0d0d0a)
})

test('a device or pipe is never replaced by a file', () => {
  const pipe = path.join(folder, 'pipe')
  spawnSync('mkfifo', [pipe])
  const { status, err } = shell(`trim "$2" "${pipe}" --force`)
  expect([status, err]).toEqual([2, expect.stringContaining('no file, but a device or pipe')])
  expect(lstatSync(pipe).isFIFO()).toBe(true)
})

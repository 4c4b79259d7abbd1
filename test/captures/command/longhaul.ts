// Runs the built `longhaul` as a person would: arguments in, what it printed and its exit status out.
import { spawn } from 'node:child_process'
import { cliPath } from '../../helpers/server.ts'

export interface Run {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

export function longhaul(args: readonly string[], input?: Uint8Array): Promise<Run> {
  const child = spawn(process.execPath, [cliPath, ...args], {
    env: { ...process.env, NO_COLOR: '1' },
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  // A command that doesn't read its input ends before it is through.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, out, err }))
  })
}

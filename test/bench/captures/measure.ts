// One run of one program on one file: a whole process, from its start to its end, and the most memory it held.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { machineCpuSeconds } from '../upload/process-figures.ts'
import { quiet } from '../upload/quiet.ts'
import { type Program, type ProgramName, programs } from './programs.ts'

export interface Measurement {
  readonly seconds: number
  /** Bytes of memory at the worst moment; `null`: not seen. */
  readonly peak: number | null
  /** Of one core, taken by other processes meanwhile. */
  readonly others: number
}

/** Of one core: above this a measurement is taken again. */
const mostOthers = 0.15
const attempts = 3
const pollMs = 10
const peakAtExit = fileURLToPath(new URL('peak-at-exit.cjs', import.meta.url))

/** Waits for a quiet machine; takes a disturbed measurement of a quick program again, and keeps the quietest. */
export async function measure(name: ProgramName, file: string): Promise<Measurement> {
  const program: Program = programs[name]
  const once = async () => {
    await quiet()
    return await run(program, file)
  }
  let best = await once()
  for (let n = 1; n < attempts && best.others > mostOthers && !program.isSlow; n++) {
    const again = await once()
    if (again.others < best.others) best = again
  }
  return best
}

/** The peak of ours, told by itself at its very end. */
export async function exactPeak(file: string): Promise<number> {
  const { command, arguments: argumentsFor } = programs.ours
  const child = spawn(command, ['--require', peakAtExit, ...argumentsFor(file)], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  })
  let told = ''
  const pipe = child.stdio[3]
  if (pipe === undefined || pipe === null) throw new Error('no pipe to the child')
  pipe.on('data', (piece: Buffer) => {
    told += piece.toString('latin1')
  })
  await new Promise((resolve) => child.once('close', resolve))
  return Number(told) * 1024
}

async function run(program: Program, file: string): Promise<Measurement> {
  const cpuBefore = machineCpuSeconds()
  const ownBefore = ownCpuSeconds()
  const start = performance.now()
  const child = spawn(program.command, program.arguments(file), {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...program.environment },
  })
  let errors = ''
  child.stderr.on('data', (piece: Buffer) => {
    if (errors.length < 2000) errors += piece.toString('utf8')
  })
  let peak: number | null = null
  const poll = setInterval(() => {
    peak = peakSoFar(child.pid) ?? peak
  }, pollMs)
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  }).finally(() => clearInterval(poll))
  const seconds = (performance.now() - start) / 1000
  if (status !== 0) throw new Error(`${program.command} ended with ${status}:\n${errors}`)
  const others = machineCpuSeconds() - cpuBefore - (ownCpuSeconds() - ownBefore)
  return { seconds, peak, others: others / seconds }
}

/** Processor seconds of this process and of the children that have ended (proc(5), stat). */
function ownCpuSeconds(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return [11, 12, 13, 14].reduce((sum, n) => sum + Number(fields[n]), 0) / 100
}

/** `null`: it has just ended. */
function peakSoFar(pid: number | undefined): number | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
    return kilobytes === undefined ? null : Number(kilobytes) * 1024
  } catch {
    return null
  }
}

// What `bench -- captures` can be told.
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { type ProgramName, programNames } from './programs.ts'

export type FileName = 'A' | 'B'

export interface CaptureOptions {
  readonly programs: readonly ProgramName[]
  readonly files: readonly FileName[]
  readonly rounds: number
  /** The memory of ours on a file ten times as large, too. */
  readonly isLarge: boolean
  readonly folder: string
  readonly write: string | null
}

const defaultFolder = path.join(tmpdir(), 'longhaul-bench-captures')

export const captureHelp = `  --programs LIST  of ours; tcptrace; tshark; "tshark, no bodies", separated by semicolons (all)
  --files LIST     of A,B (both)
  --rounds N       each round measures every program once; the two slow ones only in the first (5)
  --large          also our memory on a file of 11 GB, which is deleted afterwards
  --folder FOLDER  where the captures are made, and kept for the next time: 1.5 GB (${defaultFolder})
  --write FILE     also replace the generated part of FILE, e.g. docs/benchmarks.md`

/** Throws where the arguments make no sense. */
export function readCaptureOptions(args: readonly string[]): CaptureOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      programs: { type: 'string', default: programNames.join(';') },
      files: { type: 'string', default: 'A,B' },
      rounds: { type: 'string', default: '5' },
      large: { type: 'boolean', default: false },
      folder: { type: 'string', default: defaultFolder },
      write: { type: 'string' },
    },
  })
  return {
    programs: values.programs.split(';').map(programName),
    files: values.files.split(',').map(fileName),
    rounds: count(values.rounds),
    isLarge: values.large,
    folder: values.folder,
    write: values.write ?? null,
  }
}

function programName(text: string): ProgramName {
  const name = programNames.find((one) => one === text.trim())
  if (name === undefined) throw new RangeError(`there is no program "${text}"`)
  return name
}

function fileName(text: string): FileName {
  if (text !== 'A' && text !== 'B') throw new RangeError(`there is no file "${text}"`)
  return text
}

function count(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new RangeError(`"${text}" is no count`)
  return number
}

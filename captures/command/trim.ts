// `longhaul trim IN OUT`: a small capture to share.
import {
  closeSync,
  existsSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import { CaptureFormatError } from '../format/errors.ts'
import { labelsOf } from '../report/labels.ts'
import { createSurveyor, createTrimmer, type Survey } from '../trim/trim.ts'
import { print } from './output.ts'
import { notReadable, readCapture, UnreadableCaptureError } from './read-capture.ts'
import { whyNotWritable } from './writable.ts'

export interface TrimOptions {
  readonly force?: boolean
}

const writeBytes = 256 * 1024

const signals = ['SIGINT', 'SIGTERM'] as const
const leave = () => process.exit(1)

/** Exit status 1: it failed in the middle; nothing is left of it. */
class UnwritableCaptureError extends Error {
  override readonly name = 'UnwritableCaptureError'
  readonly exitStatus = 1
  constructor(output: string, cause: unknown) {
    super(`${output} can not be written: the disk is full. Make room, or choose another place`, {
      cause,
    })
  }
}

const isNoSpace = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')

export async function runTrim(input: string, output: string, options: TrimOptions): Promise<void> {
  if (input === '-') {
    throw new UnreadableCaptureError(
      'trim reads its input twice: give it a file, not standard input',
    )
  }
  if (existsSync(output) && options.force !== true) {
    throw new UnreadableCaptureError(
      `${output} is there already: choose another name, or give --force`,
    )
  }
  const reason = whyNotWritable(output)
  if (reason !== null) throw new UnreadableCaptureError(`${output} can not be written: ${reason}`)
  const damages: string[] = []
  const survey = await surveyOf(input, damages)
  const { packets, bytes } = await write(input, targetOf(output), survey)
  const share = survey.summary.bytes === 0 ? 0 : (100 * bytes) / survey.summary.bytes
  await print(
    `${output}: ${packets} packets in ${bytes} bytes, ${share.toFixed(1)} % of ${survey.summary.bytes}. Headers and HTTP heads are in it, no byte of a file.`,
  )
  const warnings = survey.analysis.warnings.slice(0, 5).map(({ text }) => text)
  for (const text of [...damages, ...warnings]) process.stderr.write(`note: ${text}\n`)
}

/** Where it is written in fact: a link stays a link. */
const targetOf = (output: string): string => (existsSync(output) ? realpathSync(output) : output)

async function surveyOf(input: string, damages: string[]): Promise<Survey> {
  const surveyor = createSurveyor()
  try {
    await readCapture(input, surveyor.push, (text) => damages.push(text))
    return surveyor.end()
  } catch (error) {
    if (!(error instanceof CaptureFormatError)) throw error
    throw notReadable(input, error, damages)
  }
}

/** To a temporary file first: whoever stops it in the middle finds nothing half-written under the name. */
async function write(input: string, output: string, survey: Survey) {
  const temporary = path.join(path.dirname(output), `.${path.basename(output)}.${process.pid}.tmp`)
  const descriptor = create(temporary, output)
  const removeIt = () => rmSync(temporary, { force: true })
  process.once('exit', removeIt)
  // An end by a signal is no exit for Node unless somebody listens.
  for (const signal of signals) process.once(signal, leave)
  try {
    const buffer = new Uint8Array(writeBytes)
    let filled = 0
    const flush = () => {
      for (let done = 0; done < filled; ) done += writeSync(descriptor, buffer, done, filled - done)
      filled = 0
    }
    const trimmer = createTrimmer(survey, labelsOf(survey.analysis), (bytes) => {
      if (filled + bytes.length > buffer.length) flush()
      if (bytes.length > buffer.length) {
        for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done)
        return
      }
      buffer.set(bytes, filled)
      filled += bytes.length
    })
    await readCapture(input, trimmer.push)
    const result = trimmer.end()
    flush()
    renameSync(temporary, output)
    closeSync(descriptor)
    return result
  } catch (error) {
    closeSync(descriptor)
    removeIt()
    throw isNoSpace(error) ? new UnwritableCaptureError(output, error) : error
  } finally {
    process.off('exit', removeIt)
    for (const signal of signals) process.off(signal, leave)
  }
}

function create(temporary: string, output: string): number {
  try {
    return openSync(temporary, 'wx')
  } catch (error) {
    if (isNoSpace(error)) throw new UnwritableCaptureError(output, error)
    const reason = 'its folder takes no file of such a name'
    throw new UnreadableCaptureError(`${output} can not be written: ${reason}`, { cause: error })
  }
}

// `longhaul upload`: files in, one after the other over one kept connection; words, URLs and an exit status out.
import { lookup } from 'mime-types'
import { type Input, readInputs, readTarget, type Target, UsageError } from './arguments.ts'
import { type ByteSource, createStreamSource, openFileSource } from './byte-source.ts'
import { type CheckWish, type Chooser, createChooser, readChecksum } from './checking.ts'
import { type Proof, prove } from './checksums.ts'
import { type Compared, compare } from './comparison.ts'
import { printable } from './format.ts'
import { createHttpStack, type KeptAliveStack } from './http-stack.ts'
import { interruptible } from './interruption.ts'
import { createProgress, type Progress } from './progress.ts'
import {
  type FileReport,
  failedSentence,
  finishedSentence,
  interruptedSentence,
  proofSentence,
  totalSentence,
} from './report.ts'
import { type Outcome, sendFile } from './send-file.ts'
import { continueCommand, type Said } from './shell.ts'
import { notContinued, takeUp } from './take-up.ts'

/** What `longhaul upload` can be told. Sizes are bytes, durations seconds. */
export interface UploadCommandOptions {
  /** Where uploads are created: an http or https URL; of a server's bare address, `/files` is meant. */
  readonly to: string
  /** The body of one PATCH, default 8 MiB; 0 sends each file in one. */
  readonly chunkSize?: number | undefined
  /** Bearer token; default: the environment's `LONGHAUL_TOKEN`. */
  readonly token?: string | undefined
  /** How long to try without a byte of progress, default 1 h. */
  readonly retryFor?: number | undefined
  /** A request on which nothing moves for so long is given up and tried again, default 2 min. */
  readonly stallTimeout?: number | undefined
  /** Only errors on standard error. */
  readonly quiet?: boolean | undefined
  /** One JSON document on standard output at the end, in place of the upload URLs. */
  readonly json?: boolean | undefined
  /** Hash function for the checksum of each PATCH; `none`: neither that nor a comparison in the end. Default: SHA-256 if offered. */
  readonly checksum?: string | undefined
  /** False: an upload that an earlier run began is left alone, and a new one begun. */
  readonly resume?: boolean | undefined
}

interface Settings extends Said {
  readonly resume: boolean
}

export const uploadDefaults: Settings = {
  chunkSize: 8 * 2 ** 20,
  retryFor: 3600,
  stallTimeout: 120,
  checksum: null,
  quiet: false,
  json: false,
  resume: true,
}

interface Run {
  readonly options: Settings
  /** Tells the hash function of the PATCHes; null: uploads aren't proved at all. */
  readonly chooser: Chooser | null
  readonly target: Target
  readonly stack: KeptAliveStack
  readonly progress: Progress
  readonly signal: AbortSignal
}

const now = () => performance.now()

/**
 * Uploads the files (`-` is standard input) and tells on standard error how it goes.
 * Exit status: 0 every file is on the server · 1 some are not · 2 wrong usage, nothing was sent.
 */
export async function runUpload(
  files: readonly string[],
  options: UploadCommandOptions,
): Promise<number> {
  // A reader that went away (`| head`, a closed terminal) must not end the upload.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  try {
    const checksum = readChecksum(options.checksum)
    const target = readTarget(options.to, options.token ?? process.env.LONGHAUL_TOKEN)
    return await uploadAll(await readInputs(files), target, options, checksum)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    complain(error.message)
    return 2
  }
}

async function uploadAll(
  inputs: readonly Input[],
  target: Target,
  given: UploadCommandOptions,
  wish: CheckWish,
): Promise<number> {
  const options: Settings = {
    chunkSize: given.chunkSize ?? uploadDefaults.chunkSize,
    retryFor: given.retryFor ?? uploadDefaults.retryFor,
    stallTimeout: given.stallTimeout ?? uploadDefaults.stallTimeout,
    checksum: given.checksum ?? uploadDefaults.checksum,
    quiet: given.quiet ?? uploadDefaults.quiet,
    json: given.json ?? uploadDefaults.json,
    resume: given.resume ?? uploadDefaults.resume,
  }
  const interruption = interruptible()
  const stack = createHttpStack({ ...target, stallTimeout: options.stallTimeout })
  const progress = createProgress(process.stderr, {
    quiet: options.quiet,
    unicode: hasUnicode(process.env),
    now,
  })
  const chooser = wish === 'none' ? null : createChooser(stack, target.endpoint, wish)
  const run: Run = { options, chooser, target, stack, progress, signal: interruption.signal }
  const begun = now()
  const reports: FileReport[] = []
  let stopped = false
  try {
    for (const input of inputs) {
      if (stopped || run.signal.aborted) {
        reports.push(notBegun(input))
        continue
      }
      const { everyFile, ...report } = await uploadOne(input, run)
      reports.push(report)
      stopped = everyFile
    }
  } finally {
    stack.close()
    interruption.end()
  }
  const seconds = (now() - begun) / 1000
  tellEnd(inputs, reports, run, seconds)
  if (options.json) {
    const endpoint = target.endpoint.href
    const document = { version: 1, endpoint, files: reports, ...stack.traffic, seconds }
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
  }
  return reports.every((report) => report.state === 'finished') ? 0 : 1
}

async function uploadOne(input: Input, run: Run): Promise<FileReport & { everyFile: boolean }> {
  const { traffic } = run.stack
  const before = { ...traffic, at: now() }
  const { outcome, size } = await (input.file === null
    ? uploadStream(input, run)
    : uploadFile(input, input.file, run)
  ).catch((error: unknown) => ({ outcome: failed(error), size: null }))
  const report = {
    file: input.argument,
    name: input.name,
    ...outcome,
    safe: outcome.state === 'interrupted' ? await askSafe(outcome, run) : outcome.safe,
    size: outcome.state === 'finished' ? outcome.safe : size,
    seconds: (now() - before.at) / 1000,
    patches: traffic.patches - before.patches,
  }
  tellFile(report, traffic.connections - before.connections, run)
  return report
}

async function uploadFile(
  input: Input,
  file: string,
  run: Run,
): Promise<{ outcome: Proved; size: number }> {
  const source = await openFileSource(file)
  const previous = await takeUp(file, run.target.endpoint.href, source).catch(
    async (error: unknown) => {
      await source.handle.close()
      throw error
    },
  )
  const { identity } = previous
  if (previous.warning !== null) {
    run.progress.say(`${printable(input.name)}: ${previous.warning}`)
  }
  try {
    const outcome = await send(input, source, run, {
      uploadUrl: run.options.resume ? previous.uploadUrl : null,
      // Whole milliseconds, as a browser's File.lastModified has them.
      metadata: {
        lastModified: String(Math.floor(identity.modified)),
        fingerprint: identity.fingerprint,
      },
      onCreated(url) {
        try {
          previous.save(url)
        } catch (error) {
          // Its own disk is no reason to end an upload that the server takes.
          run.progress.say(`${printable(input.name)}: ${notContinued(error)}`)
        }
      },
    })
    // Also one that turned out to be another content: the next run begins anew.
    if (outcome.state === 'finished' || outcome.isEqual === false) previous.forget()
    return { outcome, size: source.size }
  } finally {
    previous.release()
    await source.handle.close()
  }
}

async function uploadStream(input: Input, run: Run): Promise<{ outcome: Proved; size: null }> {
  const outcome = await send(input, createStreamSource(process.stdin), run, {
    uploadUrl: null,
    metadata: {},
    onCreated() {},
  })
  // After an interruption a read of it may wait for ever and keep the process alive.
  process.stdin.destroy()
  return { outcome, size: null }
}

async function send(
  input: Input,
  source: ByteSource,
  run: Run,
  upload: {
    readonly uploadUrl: string | null
    readonly metadata: Readonly<Record<string, string>>
    onCreated(url: string): void
  },
): Promise<Proved> {
  // A stream's chunk is held in memory until it is confirmed: it has to end somewhere.
  const whole = source.size === null ? uploadDefaults.chunkSize : Number.POSITIVE_INFINITY
  // A whole file in one PATCH would count as a whole or not at all: only its end is proved.
  const isChecked = run.options.chunkSize > 0 || source.size === null
  const proof = run.chooser && prove(source, isChecked ? run.chooser.choose : async () => null)
  const outcome = await sendFile(
    {
      ...upload,
      name: input.name,
      source: proof?.source ?? source,
      endpoint: run.target.endpoint.href,
      metadata: {
        filename: input.name,
        filetype: lookup(input.name) || 'application/octet-stream',
        ...upload.metadata,
      },
      chunkSize: run.options.chunkSize || whole,
      retryFor: run.options.retryFor,
    },
    { stack: run.stack, progress: run.progress, signal: run.signal, now },
  )
  return proof ? proveFinished(outcome, proof, source, run) : { ...outcome, ...unproved }
}

type Proved = Outcome & Pick<FileReport, 'sha256' | 'isEqual' | 'notCompared'>

const unproved = { sha256: null, isEqual: null, notCompared: null } as const

async function proveFinished(
  outcome: Outcome,
  proof: Proof,
  source: ByteSource,
  { stack, signal }: Run,
): Promise<Proved> {
  if (outcome.state !== 'finished' || outcome.url === null) return { ...outcome, ...unproved }
  const readAgain = async () =>
    source.size === null ? null : prove(source, async () => null).whole()
  const isResumed = (outcome.resumedFrom ?? 0) > 0
  const found: Compared = await compare(outcome.url, proof, {
    stack,
    signal,
    isResumed,
    readAgain,
  })
  const { isEqual, ours: sha256, sentence } = found
  if (isEqual !== false) return { ...outcome, sha256, isEqual, notCompared: sentence }
  return { ...outcome, state: 'failed', error: sentence, sha256, isEqual, notCompared: null }
}

/** What is safe now that the connection is cut: the server may have got more than it could confirm. */
async function askSafe({ url, safe }: Outcome, run: Run): Promise<number> {
  run.stack.close()
  if (url === null) return safe
  const stack = createHttpStack({ ...run.target, stallTimeout: 2 })
  try {
    const request = stack.createRequest('HEAD', url)
    request.setHeader('Tus-Resumable', '1.0.0')
    const answer = await request.send(null)
    const offset = Number(answer.getHeader('Upload-Offset'))
    return answer.getStatus() === 200 && offset >= safe ? offset : safe
  } catch {
    return safe
  } finally {
    stack.close()
  }
}

function tellFile(report: FileReport, opened: number, { progress, options }: Run): void {
  if (report.state === 'failed') complain(failedSentence(report))
  if (report.state !== 'finished') return
  progress.say(finishedSentence(report, opened))
  const proof = proofSentence(report)
  if (proof !== null) progress.say(proof)
  if (!options.json) process.stdout.write(`${report.url}\n`)
}

function tellEnd(
  inputs: readonly Input[],
  reports: readonly FileReport[],
  { progress, stack, target, options, chooser }: Run,
  seconds: number,
): void {
  if (reports.length > 1) progress.say(totalSentence(reports, stack.traffic, seconds))
  const interrupted = reports.find((report) => report.state === 'interrupted')
  if (interrupted) complain(interruptedSentence(interrupted))
  const rest = inputs.filter(
    ({ file }, index) => file !== null && reports[index]?.state !== 'finished',
  )
  if (rest.length === 0) return
  const command = continueCommand(
    rest.map((input) => input.argument),
    target.endpoint.href,
    // What the server doesn't offer would fail again.
    chooser?.isRefused() ? { ...options, checksum: null } : options,
    uploadDefaults,
  )
  const begun = reports.some(({ state, safe }) => state !== 'finished' && safe > 0)
  complain(`${begun ? 'to continue' : 'to try again'}: ${command}`)
}

function failed(error: unknown): Proved {
  return {
    ...unproved,
    state: 'failed',
    url: null,
    safe: 0,
    resumedFrom: null,
    resent: 0,
    damaged: 0,
    error: error instanceof Error ? error.message : String(error),
    everyFile: false,
  }
}

function notBegun(input: Input): FileReport {
  const { everyFile: _, ...nothing } = failed('not begun')
  return {
    file: input.argument,
    name: input.name,
    ...nothing,
    state: 'not begun',
    size: null,
    seconds: 0,
    patches: 0,
  }
}

function hasUnicode(environment: Readonly<Record<string, string | undefined>>): boolean {
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || ''
  return /utf-?8/i.test(locale)
}

function complain(message: string): void {
  process.stderr.write(`longhaul: ${message}\n`)
}

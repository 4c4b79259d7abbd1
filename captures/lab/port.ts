// Records what passes a TCP port of this machine, until it is told to stop.
import { createWriteStream, type WriteStream } from 'node:fs'
import { createChildren } from './children.ts'
import { startDumpcap } from './dumpcap.ts'
import { LabError, missingTools } from './needs.ts'
import { sleep } from './wait.ts'

export interface PortOptions {
  readonly port: number
  /** Gets the packets whole. */
  readonly file: string
  /** Ends the recording. */
  readonly signal: AbortSignal
  /** It records from now on. */
  onStart(): void
}

/** Seconds for what the system has seen and dumpcap not read yet: it hands on what is a quarter of a second old. */
const settle = 0.5

/** Throws a `LabError` that says what to install or to permit. */
export async function recordPort({ port, file, signal, onStart }: PortOptions): Promise<void> {
  const missing = missingTools(['dumpcap'])
  if (missing !== null) throw new LabError(missing)
  const children = createChildren()
  const output = createWriteStream(file)
  const failed = new Promise<never>((_, reject) =>
    output.once('error', (error) =>
      reject(new LabError(`the packets can't be written to ${file}: ${error.message}`)),
    ),
  )
  // It may fail before anybody waits for it.
  failed.catch(() => {})
  try {
    const dumpcap = await startDumpcap(children, {
      device: 'any',
      filter: `tcp port ${port}`,
      snapshotLength: null,
      buffer: 64,
      sink: (chunk) => output.write(chunk),
    })
    onStart()
    await Promise.race([stopped(signal), dumpcap.exit, failed])
    if (!signal.aborted) throw dumpcap.refusal()
    await sleep(settle * 1000)
    await dumpcap.stop()
    await ended(output)
  } finally {
    await children.endAll()
    output.destroy()
  }
}

const stopped = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })

const ended = (output: WriteStream) =>
  new Promise<void>((resolve, reject) => {
    output.once('error', reject)
    output.end(resolve)
  })

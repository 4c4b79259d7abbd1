// Records what passes a TCP port of this machine, until it is told to stop.
import { createWriteStream, type WriteStream } from 'node:fs'
import { createChildren } from './children.ts'
import { LabError, missingTools } from './needs.ts'
import { sleep, TimeOverError, until } from './wait.ts'

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
/** A buffer of 64 MiB; packets go to standard output. */
const asStream = ['-B', '64', '-w', '-']

/** Runs dumpcap until standard input ends, as it does with us, even if we are killed. */
const leashed = `exec 3<&0
dumpcap "$@" </dev/null 3<&- &
child=$!
{ cat <&3; kill -INT $child; } >/dev/null 2>&1 &
exec 3<&-
wait $child
status=$?
kill $! 2>/dev/null
exit $status`

/** Throws a `LabError` that says what to install or to permit. */
export async function recordPort({ port, file, signal, onStart }: PortOptions): Promise<void> {
  const missing = missingTools(['dumpcap'])
  if (missing !== null) throw new LabError(missing)
  const children = createChildren()
  const output = createWriteStream(file)
  const failed = new Promise<never>((_, reject) => output.once('error', reject))
  try {
    const dumpcap = children.start(
      'sh',
      ['-c', leashed, 'sh', '-q', '-i', 'any', '-f', `tcp port ${port}`, ...asStream],
      { apart: true, sink: (chunk) => output.write(chunk) },
    )
    await until('dumpcap', 15, () => {
      if (dumpcap.process.exitCode !== null) throw refused(dumpcap.stderr())
      return /^File:/m.test(dumpcap.stderr()) || null
    }).catch((error: unknown) => {
      throw error instanceof TimeOverError ? refused(dumpcap.stderr()) : error
    })
    onStart()
    await Promise.race([stopped(signal), dumpcap.exit, failed])
    if (!signal.aborted) throw refused(dumpcap.stderr())
    await sleep(settle * 1000)
    dumpcap.process.stdin?.end()
    await dumpcap.exit
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

function refused(said: string): LabError {
  const line = said.split('\n').find((text) => text.trim() !== '' && !text.startsWith('Capturing'))
  if (!/permi|EACCES|not permitted/i.test(said))
    return new LabError(`dumpcap can not capture: ${line ?? 'it says nothing'}`)
  return new LabError(
    [
      'you may not capture packets here. As root it works; to permit it to yourself:',
      'Debian, Ubuntu: sudo dpkg-reconfigure wireshark-common (answer yes), sudo usermod -aG wireshark "$USER", log in again',
      'elsewhere: sudo setcap cap_net_raw,cap_net_admin=eip "$(command -v dumpcap)"',
    ].join('\n  '),
  )
}

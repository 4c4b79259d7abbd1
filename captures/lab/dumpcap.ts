// dumpcap as a source of bytes: a pcapng stream of one interface for as long as we live, and no longer.
import type { Children } from './children.ts'
import { LabError } from './needs.ts'
import { TimeOverError, until } from './wait.ts'

export interface DumpcapOptions {
  /** `lo`, `any`, … */
  readonly device: string
  /** As tcpdump takes it: `tcp port 8080`. */
  readonly filter: string
  /** Bytes kept of a packet; `null`: all. */
  readonly snapshotLength: number | null
  /** MiB for packets that were seen and not handed on yet. */
  readonly buffer: number
  /** Gets the capture, piece by piece. */
  readonly sink: (chunk: Buffer) => void
}

export interface Dumpcap {
  /** Resolves when it has ended, whyever. */
  readonly exit: Promise<number>
  /** Why it ended by itself, or did not begin; with what to install or to permit. */
  refusal(): LabError
  /** Ends it; what it had seen is handed on before. */
  stop(): Promise<void>
}

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

/** Resolves when it captures; throws a `LabError` that says what to install or to permit. */
export async function startDumpcap(children: Children, options: DumpcapOptions): Promise<Dumpcap> {
  const { device, filter, snapshotLength, buffer, sink } = options
  const limit = snapshotLength === null ? [] : ['-s', String(snapshotLength)]
  const dumpcap = children.start(
    'sh',
    [
      ...['-c', leashed, 'sh', '-q', '-i', device, '-f', filter, ...limit],
      ...['-B', String(buffer), '-w', '-'],
    ],
    { apart: true, sink },
  )
  await until('dumpcap', 15, () => {
    if (dumpcap.process.exitCode !== null) throw refused(dumpcap.stderr())
    return /^File:/m.test(dumpcap.stderr()) || null
  }).catch((error: unknown) => {
    throw error instanceof TimeOverError ? refused(dumpcap.stderr()) : error
  })
  return {
    exit: dumpcap.exit,
    refusal: () => refused(dumpcap.stderr(), 'dumpcap has ended'),
    async stop() {
      dumpcap.process.stdin?.end()
      await dumpcap.exit
    },
  }
}

function refused(said: string, trouble = 'dumpcap can not capture'): LabError {
  // What it says in any case: where it captures, and to what.
  const line = said.split('\n').find((text) => !/^(?:Capturing|File|Packets|\s*$)/.test(text))
  if (!/permi|EACCES|not permitted/i.test(said))
    return new LabError(`${trouble}: ${line ?? 'it says nothing'}`)
  return new LabError(
    [
      'you may not capture packets here. As root it works; to permit it to yourself:',
      'Debian, Ubuntu: sudo dpkg-reconfigure wireshark-common (answer yes), sudo usermod -aG wireshark "$USER", log in again',
      'elsewhere: sudo setcap cap_net_raw,cap_net_admin=eip "$(command -v dumpcap)"',
    ].join('\n  '),
  )
}

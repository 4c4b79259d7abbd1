// tshark as a source of truth: its fields of each packet of a capture, as text.
import { spawnSync } from 'node:child_process'

/** One packet: a field that it doesn't have is the empty text; several values are joined by `|`. */
export type TsharkPacket<Field extends string> = Readonly<Record<Field, string>>

/** Why tshark can't be asked; `null`: it can. The fields and rules are those of version 4.0. */
export function tsharkIsMissing(): string | null {
  const { stdout, error } = spawnSync('tshark', ['--version'], { encoding: 'utf8' })
  if (error !== undefined) return 'tshark is not installed: node test/setup.mjs'
  const version = /TShark \(Wireshark\) (\d+\.\d+)/.exec(stdout)?.[1]
  return version === '4.0' ? null : `tshark is of version ${version}: these tests know 4.0`
}

// No preferences of the user's, since that folder is not there; bodies are left where they are: they would move requests to
// their last packet.
const environment = { ...process.env, XDG_CONFIG_HOME: '/nonexistent' }
const preferences = ['http.desegment_body:FALSE', 'tcp.relative_sequence_numbers:TRUE'].flatMap(
  (preference) => ['-o', preference],
)

/** Reads the file twice, since some fields tell of later packets. HTTP is looked for on the ports given. */
export function askTshark<Field extends string>(
  file: string,
  fields: readonly Field[],
  httpPorts: readonly number[] = [],
): TsharkPacket<Field>[] {
  const { stdout, status, error } = spawnSync(
    'tshark',
    [
      ...['-2', '-n', ...preferences, '-r', file],
      ...httpPorts.flatMap((port) => ['-d', `tcp.port==${port},http`]),
      ...['-T', 'fields', '-E', 'separator=/t', '-E', 'occurrence=a', '-E', 'aggregator=|'],
      ...fields.flatMap((field) => ['-e', field]),
    ],
    {
      encoding: 'utf8',
      env: environment,
      maxBuffer: 2 ** 30,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  if (error !== undefined) throw error
  // 2: the file is damaged further on. What stood before was told.
  if (status !== 0 && status !== 2) throw new Error(`tshark ended with ${status} on ${file}`)
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const values = line.split('\t')
      const packet: Partial<Record<Field, string>> = {}
      fields.forEach((field, n) => {
        packet[field] = values[n] ?? ''
      })
      return complete(packet, fields)
    })
}

function complete<Field extends string>(
  packet: Partial<Record<Field, string>>,
  fields: readonly Field[],
): TsharkPacket<Field> {
  const isComplete = (one: typeof packet): one is Record<Field, string> =>
    fields.every((field) => one[field] !== undefined)
  if (!isComplete(packet)) throw new Error('a field is missing')
  return packet
}

// dumpcap on one interface: started when it says that it captures, ended when everything it should see is in its file.
import { createReadStream } from 'node:fs'
import { createAnalyser } from '../analyse.ts'
import type { Analysis } from '../analysis.ts'
import type { Child } from './children.ts'
import type { Host } from './host.ts'
import { sleep, until } from './wait.ts'

export interface Recorder {
  readonly file: string
  /** Waits until every connection in the file has ended and nothing more comes; `patience` in seconds. Gives what is open still. */
  waitForEnds(patience: number): Promise<string | null>
  stop(): Promise<void>
}

/** Whole packets of an Ethernet with an MTU of 1500 bytes. */
const snapshotLength = 2048
/** MiB for what dumpcap has not read yet. */
const buffer = 64
/** Seconds without a packet after which the wire is at rest. */
const quiet = 0.5

export async function startRecorder(
  host: Host,
  device: string,
  filter: string,
  file: string,
): Promise<Recorder> {
  const dumpcap = host.start('dumpcap', [
    ...['-q', '-i', device, '-f', filter, '-w', file],
    ...['-s', String(snapshotLength), '-B', String(buffer)],
  ])
  await until('dumpcap', 15, () => (isCapturing(dumpcap) ? true : null))
  return {
    file,
    async waitForEnds(patience) {
      const deadline = performance.now() + patience * 1000
      let packets = -1
      for (;;) {
        const analysis = await analyseFile(file)
        const open = openConnections(analysis)
        if (open === null && analysis.file.packets === packets) return null
        if (performance.now() > deadline) return open ?? 'packets keep coming'
        packets = analysis.file.packets
        await sleep(quiet * 1000)
      }
    },
    async stop() {
      await dumpcap.end('SIGINT')
    },
  }
}

function isCapturing(dumpcap: Child): boolean {
  if (dumpcap.process.exitCode !== null)
    throw new Error(`dumpcap ended: ${dumpcap.stderr().trim().split('\n')[0]}`)
  return /^File:/m.test(dumpcap.stderr())
}

function openConnections({ connections }: Analysis): string | null {
  const open = connections.filter(
    ({ termination, initiation }) =>
      (termination.kind === 'open' || termination.kind === 'half-closed') &&
      initiation.kind !== 'refused',
  )
  if (open.length === 0) return connections.length === 0 ? 'no connection at all' : null
  const ports = open.map(({ client }) => client.port).join(', ')
  return `no end seen of the connections from port ${ports}`
}

/** The analysis of a capture on the disk, also of one that is still written to. */
export async function analyseFile(file: string): Promise<Analysis> {
  const analyser = createAnalyser()
  for await (const chunk of createReadStream(file)) analyser.push(chunk)
  return analyser.end()
}

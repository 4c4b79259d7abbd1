// One recording, in namespaces of its own: `node inside.js TASK`. Started by record.ts, which reads the outcome from standard output.
// Whatever happens, nothing that was started here outlives it: standard input is the lifeline to whoever asked.
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { createChildren } from './children.ts'
import { createNetwork, hostInterface, port } from './network.ts'
import { startRecorder } from './recorder.ts'
import { scenarios } from './scenarios.ts'
import { createStage } from './stage.ts'

export interface Task {
  readonly scenario: string
  /** For everything that is written; whoever asked removes it. */
  readonly folder: string
  /** The recording. */
  readonly file: string
  /** The command `longhaul`: Node, its arguments, the script. */
  readonly longhaul: readonly string[]
}

export interface Outcome {
  readonly emulatedBy: string
  /** Segments that the link lost, as it was told to. */
  readonly lost: number
  /** Why the recording is not to be used, as far as the capture can't tell that. */
  readonly trouble: string | null
}

const settlingMs = 3000

const task: Task = JSON.parse(process.argv[2] ?? '')
const children = createChildren()

const work = record(task)

// Whoever asked may be gone: then nobody reads, and what is left to do is to clean up.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

process.stdin.resume().once('close', async () => {
  await children.endAll()
  // What is under way fails now that its processes are gone; it must not write into the folder while that is removed.
  await Promise.race([work.catch(() => undefined), sleep(settlingMs)])
  await children.endAll()
  await rm(task.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  process.exit(1)
})

try {
  process.stdout.write(`${JSON.stringify(await work)}\n`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
} finally {
  await children.endAll()
  // After the last word from above the listener has the say.
  if (!process.stdin.destroyed) process.stdin.removeAllListeners('close').destroy()
}

async function record({ scenario: name, folder, file, longhaul }: Task): Promise<Outcome> {
  const scenario = scenarios[name]
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`)
  const network = await createNetwork(children, scenario.link)
  await network.client.set(scenario.sysctls?.client ?? {})
  await network.server.set(scenario.sysctls?.server ?? {})
  const { serve } = scenario
  const stage = await createStage({ network, children, longhaul, serve, folder })
  if (serve !== null) await stage.server.start()
  const recorder = await startRecorder(network.client, hostInterface, `tcp port ${port}`, file)
  await scenario.play(stage)
  const open = await recorder.waitForEnds(scenario.patience ?? 15)
  await recorder.stop()
  const { emulatedBy } = network.middle
  const { drawn, mishaps } = await network.middle.losses()
  const trouble =
    mishaps === 0 ? null : `the emulated link lost ${mishaps} frames that it should have kept`
  return { emulatedBy, lost: drawn, trouble: open ?? trouble }
}

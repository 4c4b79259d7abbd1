// The packets of the service's own port, for whoever looks: a thread captures and analyses, this hands on what it tells.
import { EventEmitter } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { LabError, missingTools } from '../../captures/lab/needs.ts'
import * as limits from './limits.ts'
import type { CaptureUpdate, FromThread, ThreadData, ToThread } from './messages.ts'
import { nothing } from './updates.ts'

/** What a client is told of the capture before anything of its packets. */
export interface CaptureAbout {
  readonly port: number
  /** Bytes of packets that are kept at most. */
  readonly limit: number
  /** Why it has ended before the service; `null`: it goes on. */
  readonly ended: string | null
}

export interface LiveEvents {
  update: [CaptureUpdate]
  /** It captures no more; the text says why. */
  ended: [string]
}

export interface Live {
  readonly events: EventEmitter<LiveEvents>
  about(): CaptureAbout
  /** Updates come while somebody watches. */
  watch(isWatched: boolean): void
  all(): Promise<CaptureUpdate>
  /** The bytes of a pcapng file, in pieces; `null`: no packet came yet, or the capture is gone. */
  save(): Promise<readonly Uint8Array[] | null>
  /** Ends dumpcap, and waits for that. */
  stop(): Promise<void>
}

type Answer = Extract<FromThread, { readonly id: number }>

/** Resolves when packets of the port on loopback are captured; throws a `LabError` that says what to install or to permit. */
export async function startLive(port: number): Promise<Live> {
  const missing = missingTools(['dumpcap'])
  if (missing !== null) throw new LabError(missing)
  const ending = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  const thread = new Worker(fileURLToPath(new URL(`thread${ending}`, import.meta.url)), {
    workerData: { port } satisfies ThreadData,
    resourceLimits: { maxOldGenerationSizeMb: limits.threadMemory },
  })
  const events = new EventEmitter<LiveEvents>()
  const awaited = new Map<number, (answer: Answer | null) => void>()
  let asked = 0
  let ended: string | null = null
  let isGone = false
  let isStopping = false
  let onStart: ((text: string | null) => void) | null = null
  const started = new Promise<string | null>((resolve) => {
    onStart = resolve
  })
  const gone = new Promise<void>((resolve) => thread.once('exit', () => resolve()))

  function end(text: string): void {
    if (ended !== null) return
    ended = text
    onStart?.(text)
    if (!isStopping) events.emit('ended', text)
  }

  const say = (message: ToThread) => thread.postMessage(message)

  /** `null` where the thread is gone. */
  function ask(make: (id: number) => ToThread): Promise<Answer | null> {
    asked += 1
    const id = asked
    if (isGone) return Promise.resolve(null)
    return new Promise((resolve) => {
      awaited.set(id, resolve)
      say(make(id))
    })
  }

  thread.on('message', (message: FromThread) => {
    switch (message.kind) {
      case 'capturing':
        return onStart?.(null)
      case 'ended':
        return end(message.text)
      case 'update':
        return events.emit('update', message.update)
      case 'all':
      case 'saved':
        awaited.get(message.id)?.(message)
        awaited.delete(message.id)
        return
      case 'stopped':
        return end('the service ends')
    }
  })
  thread.on('error', (error) => end(`the capturing thread failed: ${error.message}`))
  thread.once('exit', () => {
    isGone = true
    end('the capturing thread has ended')
    for (const answer of awaited.values()) answer(null)
    awaited.clear()
  })
  const refusal = await started
  if (refusal !== null) {
    await thread.terminate()
    throw new LabError(refusal)
  }

  return {
    events,
    about: () => ({ port, limit: limits.keptBytes, ended }),
    watch: (isWatched) => say({ kind: 'watch', isWatched }),
    async all() {
      const answer = await ask((id) => ({ kind: 'tell-all', id }))
      return answer?.kind === 'all' ? answer.update : nothing
    },
    async save() {
      const answer = await ask((id) => ({ kind: 'save', id }))
      return answer?.kind === 'saved' ? answer.pieces : null
    },
    async stop() {
      isStopping = true
      say({ kind: 'stop' })
      const late = setTimeout(() => void thread.terminate(), limits.stopMs)
      await gone
      clearTimeout(late)
    },
  }
}

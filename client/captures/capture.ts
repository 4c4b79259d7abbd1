// One capture as the page holds it: its worker, asked by promises.
import type { Analysis } from '../../captures/analysis.ts'
import { type AnalysisPart, createAssembly } from './worker/parts.ts'
import type {
  Answers,
  FoundFrame,
  FrameFilter,
  FrameRow,
  FromPage,
  FromWorker,
  Kind,
  PlotData,
  PlotQuestion,
  Request,
} from './worker/protocol.ts'

export interface Capture {
  readonly name: string
  readonly analysis: Analysis
  chooseFrames(filter: FrameFilter): Promise<number>
  frameRows(first: number, count: number): Promise<readonly FrameRow[]>
  findFrame(packet: number): Promise<FoundFrame | null>
  plot(question: PlotQuestion): Promise<PlotData>
  /** A pcapng of headers and HTTP heads only. */
  trim(): Promise<Blob>
  close(): void
}

/** A share from 0 to 1. */
export type OnProgress = (share: number) => void

/** The worker went away, or said that the capture can't be read; the message is a sentence. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError'
}

interface Waiting {
  take(message: FromWorker<Kind>): void
  fail(error: CaptureError): void
}

/** Starts a worker for the file and waits for its analysis. Throws `CaptureError`. */
export async function openCapture(
  file: File,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Capture> {
  const { ask, close } = startWorker()
  signal.addEventListener('abort', close)
  try {
    const assembly = createAssembly()
    const rest = await ask('analyse', { kind: 'analyse', file }, onProgress, assembly.add)
    const analysis = assembly.whole(rest)
    return {
      name: file.name,
      analysis,
      chooseFrames: (filter) => ask('choose-frames', { kind: 'choose-frames', filter }),
      frameRows: (first, count) => ask('frame-rows', { kind: 'frame-rows', first, count }),
      findFrame: (packet) => ask('find-frame', { kind: 'find-frame', packet }),
      plot: (question) => ask('plot', { kind: 'plot', question }),
      trim: () => ask('trim', { kind: 'trim' }),
      close,
    }
  } catch (error) {
    close()
    throw error
  } finally {
    // The signal is that of the reading: an open capture outlives it.
    signal.removeEventListener('abort', close)
  }
}

const newWorker = () =>
  new Worker(new URL('./worker/analyse-worker.ts', import.meta.url), { type: 'module' })

let spare: Worker | null = null

/** Starts a worker before there is a file, so that the first one need not wait for it. */
export function prepare(): void {
  spare ??= newWorker()
}

const closedText = 'The capture was closed.'

function startWorker() {
  const worker = spare ?? newWorker()
  spare = null
  const waiting = new Map<number, Waiting>()
  let last = 0
  let isClosed = false
  worker.addEventListener('message', ({ data }: MessageEvent<FromWorker<Kind>>) =>
    waiting.get(data.id)?.take(data),
  )
  const failAll = (text: string) => {
    for (const { fail } of waiting.values()) fail(new CaptureError(text))
    waiting.clear()
  }
  worker.addEventListener('error', (event) => {
    event.preventDefault()
    failAll('The analysis stopped: the browser ended it, perhaps for want of memory.')
  })

  function ask<K extends Kind>(
    _kind: K,
    request: Request & { readonly kind: K },
    onProgress: OnProgress = () => undefined,
    onPart: (part: AnalysisPart) => void = () => undefined,
  ): Promise<Answers[K]> {
    last += 1
    const id = last
    return new Promise((resolve, reject) => {
      if (isClosed) return reject(new CaptureError(closedText))
      waiting.set(id, {
        fail: reject,
        take(message: FromWorker<K>) {
          if (message.is === 'progress') {
            onProgress(message.size === 0 ? 1 : message.read / message.size)
            return
          }
          if (message.is === 'part') {
            onPart(message.part)
            return
          }
          waiting.delete(id)
          if (message.is === 'failure') reject(new CaptureError(message.text))
          else resolve(message.answer)
        },
      })
      const message: FromPage = { ...request, id }
      worker.postMessage(message)
    })
  }

  return {
    ask,
    close() {
      isClosed = true
      worker.terminate()
      failAll(closedText)
    },
  }
}

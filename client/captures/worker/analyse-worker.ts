// The worker of one capture: reads the file, keeps its frames, answers the page. The file never leaves it but as what is exported.
import { createAnalyser } from '../../../captures/analyse.ts'
import type { Analysis } from '../../../captures/analysis.ts'
import { CaptureFormatError } from '../../../captures/format/errors.ts'
import type { CaptureSummary } from '../../../captures/format/packet.ts'
import { labelsOf } from '../../../captures/report/labels.ts'
import { createKeptFragments, type KeptFragments } from '../../../captures/trim/fragments.ts'
import { createKeptRanges, type KeptRanges } from '../../../captures/trim/keep.ts'
import { createTrimmer } from '../../../captures/trim/trim.ts'
import { createFrameList, type FrameList } from './frame-list.ts'
import { createFrameStore, type FrameStore } from './frame-store.ts'
import { plotOf } from './offset-points.ts'
import { type AnalysisPart, partsOf, restOf } from './parts.ts'
import type { Answers, FromPage, FromWorker, Kind, Request } from './protocol.ts'
import { readFile } from './read-file.ts'
import { type Roles, rolesOf } from './roles.ts'

interface Opened {
  readonly file: File
  readonly analysis: Analysis
  readonly summary: CaptureSummary
  readonly kept: KeptRanges
  readonly fragments: KeptFragments
  readonly store: FrameStore
  readonly roles: Roles
  readonly frames: FrameList
}

let opened: Opened | null = null

function capture(): Opened {
  if (opened === null) throw new Error('No capture has been read yet.')
  return opened
}

/** What is left once `onPart` has got the most of it. */
async function analyse(
  file: File,
  onProgress: (read: number) => void,
  onPart: (part: AnalysisPart) => void,
): Promise<Analysis> {
  const store = createFrameStore()
  const kept = createKeptRanges()
  const fragments = createKeptFragments(kept)
  const analyser = createAnalyser({
    onSegment: store.add,
    onFraming: kept.add,
    onReassembled: fragments.add,
  })
  const damages: string[] = []
  await readFile(file, {
    push: analyser.push,
    onProgress,
    onDamage: (text) => damages.push(text),
  })
  const found = analyser.end()
  const more = damages.map((text) => ({ packet: null, text }))
  const analysis = { ...found, warnings: [...more, ...found.warnings] }
  const roles = rolesOf(analysis, store)
  const frames = createFrameList(store, roles, labelsOf(analysis))
  opened = { file, analysis, summary: analyser.summary(), kept, fragments, store, roles, frames }
  for (const part of partsOf(analysis)) onPart(part)
  return restOf(analysis)
}

/** As `longhaul trim` writes it. */
async function trim(onProgress: (read: number) => void): Promise<Blob> {
  const { file, analysis, summary, kept, fragments } = capture()
  const parts: Uint8Array<ArrayBuffer>[] = []
  const trimmer = createTrimmer(
    { analysis, summary, kept, fragments },
    labelsOf(analysis),
    (bytes) => parts.push(bytes.slice()),
  )
  await readFile(file, { push: trimmer.push, onProgress })
  trimmer.end()
  return new Blob(parts, { type: 'application/x-pcapng' })
}

async function answerTo(
  request: Request,
  onProgress: (read: number) => void,
  onPart: (part: AnalysisPart) => void,
): Promise<Answers[Kind]> {
  switch (request.kind) {
    case 'analyse':
      return analyse(request.file, onProgress, onPart)
    case 'trim':
      return trim(onProgress)
    case 'choose-frames':
      return capture().frames.choose(request.filter)
    case 'frame-rows':
      return capture().frames.rows(request.first, request.count)
    case 'find-frame':
      return capture().frames.find(request.packet)
    case 'plot': {
      const { analysis, store, roles } = capture()
      return plotOf(analysis, store, roles, request.question)
    }
  }
}

const send = (message: FromWorker<Kind>) => postMessage(message)

addEventListener('message', async ({ data }: MessageEvent<FromPage>) => {
  const { id } = data
  const size = data.kind === 'analyse' ? data.file.size : (opened?.file.size ?? 0)
  try {
    const answer = await answerTo(
      data,
      (read) => send({ id, is: 'progress', read, size }),
      (part) => send({ id, is: 'part', part }),
    )
    send({ id, is: 'answer', answer })
  } catch (error) {
    send({ id, is: 'failure', text: sentenceOf(error) })
  }
})

function sentenceOf(error: unknown): string {
  if (error instanceof CaptureFormatError) return error.message
  if (error instanceof DOMException && error.name === 'NotReadableError')
    return 'The file can’t be read: it was changed, moved or taken away since it was chosen. Choose it again.'
  if (error instanceof RangeError)
    return 'The capture is too large for the memory of this browser. Read it with: npx longhaul explain FILE'
  return `This capture could not be analysed (${error instanceof Error ? error.message : String(error)}). Please report it, with the file if it may be shared.`
}

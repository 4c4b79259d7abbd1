// What the capture shows, in the words of `explain`: the verdict, what keeping saved, the file, its uploads, its limits.
import type { Analysis } from '../../../captures/analysis.ts'
import type { Sentence } from '../../../captures/report/prose.ts'
import { frames, join, say, tone } from '../../../captures/report/prose.ts'
import { fileSentence } from '../../../captures/report/sentences/file.ts'
import { qualitySentences } from '../../../captures/report/sentences/quality.ts'
import { savingSentence } from '../../../captures/report/sentences/saving.ts'
import { uploadName, uploadSentences } from '../../../captures/report/sentences/upload.ts'
import { verdict } from '../../../captures/report/sentences/verdict.ts'
import { h } from '../../upload/dom.ts'
import { isComparing, lookedAt, type PageState } from '../state.ts'
import { elements, paragraph } from '../words.ts'

const mostUploads = 6
const mostWarnings = 8

export function summaryView(section: HTMLElement): (state: PageState) => void {
  const box = h('div')
  section.append(box)
  let shown: Analysis | null = null
  let wasComparing = false
  return (state) => {
    const capture = lookedAt(state)
    section.hidden = capture === null
    if (capture === null) {
      shown = null
      return
    }
    const both = isComparing(state)
    if (shown === capture.analysis && both === wasComparing) return
    shown = capture.analysis
    wasComparing = both
    const name = both ? [h('p', { class: 'of-capture' }, capture.name)] : []
    box.replaceChildren(...name, ...summaryOf(capture.analysis))
  }
}

function summaryOf(analysis: Analysis): HTMLElement[] {
  const saving = savingSentence(analysis)
  const shown = analysis.uploads.slice(0, mostUploads)
  const uploads = shown.map((upload) =>
    join([say`${uploadName(upload)}:`, ...uploadSentences(analysis, upload)]),
  )
  const restOfUploads = analysis.uploads.length - shown.length
  return [
    paragraph(verdict(analysis), 'verdict'),
    ...(saving.length > 0 ? [paragraph(saving, 'saving')] : []),
    h(
      'dl',
      { class: 'facts-list' },
      ...entry('File', [fileSentence(analysis.file)]),
      ...entry('Capture', qualitySentences(analysis)),
      ...entry('Upload', [...uploads, ...(restOfUploads > 0 ? [say`${restOfUploads} more.`] : [])]),
      ...entry('Warnings', warnings(analysis)),
    ),
  ]
}

function warnings({ warnings: all }: Analysis): Sentence[] {
  const shown = all.slice(0, mostWarnings)
  const rest = all.length - shown.length
  return [
    ...shown.map(({ packet, text }) =>
      packet === null
        ? say`${tone('warning', text)}`
        : say`${frames([packet])}: ${tone('warning', text)}`,
    ),
    ...(rest > 0 ? [say`${rest} more.`] : []),
  ]
}

function entry(name: string, sentences: readonly Sentence[]): HTMLElement[] {
  if (sentences.length === 0) return []
  return [h('dt', {}, name), ...sentences.map((sentence) => h('dd', {}, ...elements(sentence)))]
}

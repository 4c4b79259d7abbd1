// `longhaul explain` for a terminal: the verdict, the connections at a glance, then each in its three phases.
import type { Analysis, ConnectionAnalysis } from '../analysis.ts'
import { tellingConnections } from './alike.ts'
import { connectionText } from './connection-text.ts'
import { wrap } from './layout.ts'
import { isOnePair, overview } from './overview.ts'
import type { Sentence } from './prose.ts'
import { connections, frames, join, role, say, tone } from './prose.ts'
import { count } from './quantity.ts'
import { fileSentence } from './sentences/file.ts'
import { qualitySentences } from './sentences/quality.ts'
import { savingSentence } from './sentences/saving.ts'
import { uploadName, uploadSentences } from './sentences/upload.ts'
import { verdict } from './sentences/verdict.ts'
import { paint, type TextStyle } from './style.ts'
import { timeline } from './timeline-text.ts'

export interface ExplainOptions extends TextStyle {
  /** Only this connection, in full. */
  readonly connection?: number
  /** What the capture is called. */
  readonly name?: string
}

const minWidth = 60
const mostUploads = 10
const mostWarnings = 10

/** Text of `width` columns (at least 60) that ends with a line break. */
export function explainText(analysis: Analysis, options: ExplainOptions): string {
  const width = Math.max(minWidth, Math.floor(options.width))
  const lines = [
    ...summary(analysis, options.name, width),
    [],
    ...table(analysis, width),
    ...details(analysis, options.connection, width),
  ]
  return `${lines.map((line) => paint(line, options.colour)).join('\n')}\n`
}

function summary(analysis: Analysis, name: string | undefined, width: number): Sentence[] {
  const saving = savingSentence(analysis)
  return [
    ...wrap(
      verdict(analysis).map((part) => (typeof part === 'string' ? tone('strong', part) : part)),
      width,
    ),
    ...(saving.length > 0 ? wrap(saving, width) : []),
    [],
    ...entry(
      'File',
      [join([...(name === undefined ? [] : [[name]]), fileSentence(analysis.file)], '\u00a0· ')],
      width,
    ),
    ...entry('Capture', qualitySentences(analysis), width),
    ...uploads(analysis, width),
    ...entry('Warnings', warnings(analysis), width),
  ]
}

function uploads(analysis: Analysis, width: number): Sentence[] {
  const shown = analysis.uploads.slice(0, mostUploads)
  const rest = analysis.uploads.length - shown.length
  return [
    ...shown.flatMap((upload) =>
      entry(
        'Upload',
        [join([say`${uploadName(upload)}:`, ...uploadSentences(analysis, upload)])],
        width,
      ),
    ),
    ...(rest > 0 ? entry('', [say`${count(rest, 'more upload')}.`], width) : []),
  ]
}

function warnings(analysis: Analysis): Sentence[] {
  const shown = analysis.warnings.slice(0, mostWarnings)
  const rest = analysis.warnings.length - shown.length
  return [
    ...shown.map(({ packet, text }) =>
      packet === null
        ? say`${tone('warning', text)}`
        : say`${frames([packet])}: ${tone('warning', text)}`,
    ),
    ...(rest > 0 ? [say`${count(rest, 'more warning')}.`] : []),
  ]
}

const label = 10

/** A label in the margin, its paragraphs beside it. */
function entry(name: string, paragraphs: readonly Sentence[], width: number): Sentence[] {
  const hang = ' '.repeat(label)
  return paragraphs.flatMap((paragraph, index) => {
    const [first, ...rest] = wrap(paragraph, width, hang)
    const margin = index === 0 ? name : ''
    return [
      [tone('quiet', margin), ' '.repeat(label - margin.length), ...(first ?? []).slice(1)],
      ...rest,
    ]
  })
}

function table({ connections: all }: Analysis, width: number): Sentence[] {
  const [first] = all
  if (first === undefined) return []
  const pair = isOnePair(all)
    ? say`   ${role('client')} ${first.client.address}, ${role('server')} ${first.server.address} port ${String(first.server.port)}`
    : []
  return [
    [tone('strong', 'Connections'), ...pair],
    ...overview(all, width),
    [],
    ...timeline(all, width),
  ]
}

function details(
  { connections: all, ...rest }: Analysis,
  only: number | undefined,
  width: number,
): Sentence[] {
  const analysis = { connections: all, ...rest }
  if (only !== undefined) {
    const wanted = all.find(({ number }) => number === only)
    return wanted
      ? section(analysis, wanted, width)
      : [[], ...wrap(noSuchConnection(all, only), width)]
  }
  const shown = tellingConnections(all)
  const hidden = all.length - shown.length
  return [
    ...shown.flatMap((connection) => section(analysis, connection, width)),
    ...(hidden > 0
      ? [
          [],
          ...wrap(
            say`Told in full: ${connections(shown.map(({ number }) => number))}. Any of the ${count(hidden, 'other')}: --connection N.`,
            width,
          ),
        ]
      : []),
  ]
}

function section(analysis: Analysis, connection: ConnectionAnalysis, width: number): Sentence[] {
  return [[], [tone('quiet', '─'.repeat(width))], ...connectionText(analysis, connection, width)]
}

function noSuchConnection(all: readonly ConnectionAnalysis[], wanted: number): Sentence {
  const last = all.at(-1)
  return last === undefined
    ? say`There is no connection ${String(wanted)}: the capture has none.`
    : say`There is no connection ${String(wanted)}: they are numbered 0 to ${String(last.number)}.`
}

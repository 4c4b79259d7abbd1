// `longhaul explain FILE`: the three phases of each connection of a capture, as text or as the analysis document.
import { analyseFile } from './analyse-file.ts'
import { print, printJson, terminalStyle } from './output.ts'
import { UnreadableCaptureError } from './read-capture.ts'

export interface ExplainOptions {
  readonly connection?: number
  readonly json?: boolean
}

export async function runExplain(file: string, options: ExplainOptions): Promise<void> {
  const analysis = await analyseFile(file)
  const { connection } = options
  if (connection !== undefined && analysis.connections[connection] === undefined) {
    const count = analysis.connections.length
    const there =
      count === 0 ? 'it has none' : count === 1 ? 'it has only 0' : `it has 0 to ${count - 1}`
    throw new UnreadableCaptureError(`${file} has no connection ${connection}: ${there}`)
  }
  if (options.json === true) {
    const connections = analysis.connections.filter(
      ({ number }) => connection === undefined || number === connection,
    )
    await printJson({ ...analysis, connections })
    return
  }
  const { explainText } = await import('../report/explain-text.ts')
  const style = terminalStyle()
  await print(explainText(analysis, connection === undefined ? style : { ...style, connection }))
}

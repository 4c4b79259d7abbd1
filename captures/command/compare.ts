// `longhaul compare A B`: what differs between two captures of the same work, priced.
import { analyseFile } from './analyse-file.ts'
import { print, printJson, terminalStyle } from './output.ts'

export interface CompareOptions {
  readonly json?: boolean
}

export async function runCompare(a: string, b: string, options: CompareOptions): Promise<void> {
  const analyses = [await analyseFile(a), await analyseFile(b)] as const
  const { compare } = await import('../report/compare.ts')
  const comparison = compare(analyses[0], analyses[1], { a, b })
  if (options.json === true) {
    await printJson(comparison)
    return
  }
  const { compareText } = await import('../report/compare-text.ts')
  await print(compareText(comparison, terminalStyle()))
}

// How the benchmarks print figures: Markdown tables, medians with their range, verdicts on the bars.
import { arch, cpus, platform, release } from 'node:os'
import type { Summary } from './statistics.ts'

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, n) => (n === 0 ? '---' : '---:'))), ...rows.map(line)].join(
    '\n',
  )
}

/** `**median** (least–most)` */
export const range = ({ min, median, max }: Summary, digits: number): string =>
  `**${median.toFixed(digits)}** (${min.toFixed(digits)}–${max.toFixed(digits)})`

export const verdict = (isMet: boolean): string => (isMet ? '✓' : '✗')

/** MB are 10⁶ bytes. */
export const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0)

/** When and on what it was measured. */
export function describeMachine(): string {
  const cores = cpus()
  return (
    `Measured on ${new Date().toISOString().slice(0, 10)} with Node ${process.version}, ` +
    `${platform()} ${release()} ${arch()}, ${cores.length} cores (${cores[0]?.model.trim()})`
  )
}

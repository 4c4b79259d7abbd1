// The time that a capture's connections take, seconds. Analysis in.
import type { Analysis } from '../../captures/analysis.ts'

export function wholeSpan({ connections, file }: Analysis): { from: number; to: number } {
  const from = connections.reduce((least, { start }) => Math.min(least, start), file.duration)
  const to = connections.reduce((most, { end }) => Math.max(most, end), 0)
  return to > from ? { from, to } : { from: 0, to: Math.max(file.duration, 1e-6) }
}

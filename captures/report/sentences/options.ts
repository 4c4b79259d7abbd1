// What both ends announced in their SYNs, and what came into force. Analysis in, rows of a table out.
import type { ConnectionAnalysis, EndOptions } from '../../analysis.ts'

/** One row of what both ends announced. */
export interface OptionRow {
  readonly name: string
  readonly client: string
  readonly server: string
  /** What follows from both. */
  readonly effect: string
}

/** What the SYNs announced, and what came into force; empty where no SYN is captured or no connection came about. */
export function optionRows({ initiation, maintenance }: ConnectionAnalysis): OptionRow[] {
  const { client, server } = initiation
  const { kind } = initiation
  if (client === null && server === null) return []
  if (kind === 'refused' || kind === 'unanswered') return []
  const row = (name: string, tell: (end: EndOptions) => string, effect: string): OptionRow => ({
    name,
    client: client === null ? 'not captured' : tell(client),
    server: server === null ? 'not captured' : tell(server),
    effect,
  })
  const agreed = (has: (end: EndOptions) => boolean, yes: string, no: string) =>
    client === null || server === null ? 'not known' : has(client) && has(server) ? yes : no
  const largest = Math.max(maintenance.largestSegment.client, maintenance.largestSegment.server)
  return [
    row('ISN', ({ isn: number }) => String(number), 'relative 0'),
    row(
      'MSS',
      ({ mss }) => (mss === null ? 'none' : `${mss} B`),
      segmentEffect(client, server, largest),
    ),
    row(
      'window scale',
      ({ windowScale: scale }) => (scale === null ? 'none' : `${scale} (×${2 ** scale})`),
      agreed(
        ({ windowScale }) => windowScale !== null,
        'in force for all later windows',
        'off: windows as they stand',
      ),
    ),
    row(
      'SACK',
      ({ sackPermitted }) => (sackPermitted ? 'permitted' : 'no'),
      agreed(({ sackPermitted }) => sackPermitted, 'in force', 'off'),
    ),
    row(
      'timestamps',
      ({ timestamps }) => (timestamps ? 'yes' : 'no'),
      agreed(({ timestamps }) => timestamps, 'in force: 12 B of each segment', 'off'),
    ),
    row('window', ({ window }) => `${window} B`, 'of the SYN, never scaled'),
  ]
}

function segmentEffect(
  client: EndOptions | null,
  server: EndOptions | null,
  largest: number,
): string {
  const mss = Math.max(client?.mss ?? 0, server?.mss ?? 0)
  if (largest === 0) return 'no data was sent'
  return mss > 0 && largest > mss
    ? `largest record ${largest} B: joined (offload)`
    : `largest segment ${largest} B`
}

// /metrics: what the service counts, in Prometheus' text format.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Ledger } from './connections.ts'
import { stateOf } from './uploads/upload.ts'
import type { Uploads } from './uploads/uploads.ts'

export interface Metrics {
  readonly registry: Registry
  /** One answered request; `seconds` from its head to the end of the answer. */
  request(method: string, status: number, seconds: number): void
  hook(outcome: 'delivered' | 'failed' | 'given-up'): void
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'PUT'])

export function createMetrics(uploads: Uploads, ledger: Ledger): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })

  const requests = new Histogram({
    name: 'longhaul_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer',
    labelNames: ['method', 'status'],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 600],
    registers,
  })
  const received = new Counter({
    name: 'longhaul_committed_bytes_total',
    help: 'Bytes of uploads written to their files',
    registers,
  })
  const events = new Counter({
    name: 'longhaul_uploads_total',
    help: 'Uploads finished and removed since the start',
    labelNames: ['event'],
    registers,
  })
  const endings = new Counter({
    name: 'longhaul_connections_closed_total',
    help: 'Ended TCP connections: by whom and how',
    labelNames: ['by', 'how'],
    registers,
  })
  const patches = new Histogram({
    name: 'longhaul_connection_patches',
    help: 'PATCH requests that one TCP connection carried, counted when it ends',
    buckets: [0, 1, 2, 5, 10, 50, 100, 500, 1000, 10_000],
    registers,
  })
  const hooks = new Counter({
    name: 'longhaul_finish_hook_total',
    help: 'Calls of the finish hook',
    labelNames: ['outcome'],
    registers,
  })
  new Gauge({
    name: 'longhaul_connections_open',
    help: 'Open TCP connections',
    registers,
    collect() {
      this.set(ledger.openConnections().length)
    },
  })
  new Gauge({
    name: 'longhaul_uploads',
    help: 'Uploads in the folder by state, and those being received now',
    labelNames: ['state'],
    registers,
    collect() {
      const counts = { unfinished: 0, finished: 0, damaged: 0, active: 0 }
      for (const upload of uploads.all()) {
        counts[stateOf(upload)] += 1
        if (upload.connection !== null) counts.active += 1
      }
      for (const [state, count] of Object.entries(counts)) this.set({ state }, count)
    },
  })

  uploads.events.on('progress', (_upload, bytes) => received.inc(bytes))
  uploads.events.on('finished', () => events.inc({ event: 'finished' }))
  uploads.events.on('removed', () => events.inc({ event: 'removed' }))
  ledger.events.on('closed', (connection) => {
    if (connection.ended !== null) endings.inc({ ...connection.ended })
    patches.observe(connection.patches)
  })

  /** One series each; looked up by name it is cheap enough for every PATCH. */
  const series = new Map<string, ReturnType<typeof requests.labels>>()
  function seriesOf(method: string, status: number) {
    // The method is the client's word: unknown ones must not make series without end.
    const known = knownMethods.has(method) ? method : 'other'
    const name = `${known} ${status}`
    const found = series.get(name) ?? requests.labels(known, String(status))
    series.set(name, found)
    return found
  }

  return {
    registry,
    request: (method, status, seconds) => seriesOf(method, status).observe(seconds),
    hook: (outcome) => hooks.inc({ outcome }),
  }
}

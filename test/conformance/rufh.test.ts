// IETF resumable uploads over real HTTP: the one list, run on each store that the service offers.
import { startSubject } from '../helpers/subject.ts'
import { rufhRows } from './rufh/rows.ts'
import { runRows } from './run.ts'

const stores = { disk: [] } as const satisfies Record<string, readonly string[]>

for (const [store, storeFlags] of Object.entries(stores)) {
  runRows('rufh', store, rufhRows, (flags) =>
    startSubject({ flags: ['--log-level', 'warn', ...storeFlags, ...flags] }),
  )
}

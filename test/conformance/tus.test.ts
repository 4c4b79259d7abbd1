// tus 1.0.0 over real HTTP: the one list, run on each store that the service offers.
import { startSubject } from '../helpers/subject.ts'
import { runRows } from './run.ts'
import { tusRows } from './tus/rows.ts'

const stores = { disk: [] } as const satisfies Record<string, readonly string[]>

for (const [store, storeFlags] of Object.entries(stores)) {
  runRows('tus', store, tusRows, (flags) =>
    startSubject({ flags: ['--log-level', 'warn', ...storeFlags, ...flags] }),
  )
}

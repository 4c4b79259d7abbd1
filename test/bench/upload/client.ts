// The load client, a process of its own: takes one task at a time and answers with its result.
import { type Crowd, runCrowd } from './crowd.ts'
import { type Join, runJoin } from './join.ts'
import { type Load, runLoad } from './load.ts'

export type Task =
  | { readonly kind: 'load'; readonly load: Load }
  | { readonly kind: 'crowd'; readonly crowd: Crowd }
  | { readonly kind: 'join'; readonly join: Join }

process.on('message', async (task: Task) => {
  try {
    process.send?.({ result: await run(task) })
  } catch (error) {
    process.send?.({ error: error instanceof Error ? error.message : String(error) })
  }
})
function run(task: Task) {
  switch (task.kind) {
    case 'load':
      return runLoad(task.load)
    case 'crowd':
      return runCrowd(task.crowd)
    case 'join':
      return runJoin(task.join)
  }
}
process.on('disconnect', () => process.exit())

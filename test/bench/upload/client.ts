// The load client, a process of its own: takes one task at a time and answers with its result.
import { type Crowd, runCrowd } from './crowd.ts'
import { type Load, runLoad } from './load.ts'

export type Task =
  | { readonly kind: 'load'; readonly load: Load }
  | { readonly kind: 'crowd'; readonly crowd: Crowd }

process.on('message', async (task: Task) => {
  try {
    const result = task.kind === 'load' ? await runLoad(task.load) : await runCrowd(task.crowd)
    process.send?.({ result })
  } catch (error) {
    process.send?.({ error: error instanceof Error ? error.message : String(error) })
  }
})
process.on('disconnect', () => process.exit())

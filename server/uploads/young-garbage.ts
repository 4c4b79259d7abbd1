// Body chunks are garbage as soon as they are written. V8 counts their memory against the limit of the old generation
// until the young one is collected, which they do not cause by themselves: the objects are small, their buffers are not.
// So a fast upload makes V8 mark the whole heap again and again. A young collection every few MiB costs a twentieth of
// that (docs/benchmarks.md), and keeps the memory of the process flat.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** So many bytes of written chunks are worth a young collection, which takes about half a millisecond. */
const worthCollecting = 4 * 1024 * 1024

type Collect = (options: { readonly type: 'minor' }) => void

setFlagsFromString('--expose-gc')
const collect: Collect = runInNewContext('gc')
setFlagsFromString('--no-expose-gc')

let written = 0

/** To be told of each write: its chunks are garbage now. */
export function noteWritten(bytes: number): void {
  written += bytes
  if (written < worthCollecting) return
  written = 0
  collect({ type: 'minor' })
}

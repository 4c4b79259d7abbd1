// The checksum worker: one for the page, so that hashing never holds up what a person sees.
import { createHashing } from './hashing.ts'
import type { FromPage, FromWorker } from './protocol.ts'
import { createWork } from './work.ts'

/** While somebody waits for a whole file, progress is told once in so many bytes. */
const progressStep = 64 << 20

// `crypto.subtle` is typed as always there, but absent outside secure contexts.
const work = createWork(createHashing(crypto.subtle as SubtleCrypto | undefined), turn())

// Not a timeout, which browsers stretch to 4 ms.
function turn(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel()
  let go = () => {}
  port1.onmessage = () => go()
  return () =>
    new Promise((resolve) => {
      go = resolve
      port2.postMessage(null)
    })
}

const post = (message: FromWorker) => postMessage(message)

function reply(ticket: number, digest: Promise<Uint8Array>): void {
  digest.then(
    (value) => post({ kind: 'digest', ticket, digest: value }),
    (error: unknown) => {
      const isUnreadable = error instanceof DOMException
      post({ kind: 'failed', ticket, isUnreadable, why: String(error) })
    },
  )
}

addEventListener('message', ({ data }: MessageEvent<FromPage>) => {
  switch (data.kind) {
    case 'open':
      return work.open(data.id, data.file, data.isFree)
    case 'chunk':
      return reply(data.ticket, work.chunk(data.id, data.from, data.to, data.hash))
    case 'whole': {
      let told = 0
      const onProgress = (read: number) => {
        if (read - told < progressStep) return
        told = read
        post({ kind: 'progress', id: data.id, read })
      }
      return reply(data.ticket, work.whole(data.id, onProgress))
    }
    case 'close':
      return work.close(data.id)
  }
})

// A chosen file into whatever takes its bytes, piece by piece, compressed or not. Nothing of it leaves the machine.

export interface ReadOptions {
  readonly push: (chunk: Uint8Array) => void
  /** Told how many bytes of the file have been read. */
  readonly onProgress?: (read: number) => void
  /** The gzip data end too early or make no sense; what was before has been pushed. */
  readonly onDamage?: (text: string) => void
}

const pieceBytes = 8 * 1024 * 1024
/** So many pieces are on their way while one is worked on. */
const piecesAhead = 3
/** Compressed bytes that are read at once: what a damaged piece holds is lost at first, and fetched again byte by byte. */
const gzipPieceBytes = 256 * 1024

export async function readFile(file: Blob, options: ReadOptions): Promise<void> {
  const magic = new Uint8Array(await file.slice(0, 2).arrayBuffer())
  if (magic[0] === 0x1f && magic[1] === 0x8b) return gunzip(file, options)
  await pieces(
    file,
    pieceBytes,
    (piece) => {
      options.push(piece)
    },
    options.onProgress,
  )
}

/** The next pieces are fetched while one is worked on. */
async function pieces(
  file: Blob,
  size: number,
  take: (piece: Uint8Array<ArrayBuffer>) => void | Promise<void>,
  onProgress: ReadOptions['onProgress'],
): Promise<void> {
  const coming: Promise<ArrayBuffer>[] = []
  let asked = 0
  const ask = () => {
    if (asked >= file.size) return
    const piece = file.slice(asked, asked + size).arrayBuffer()
    // Whoever stops before it is due need not hear that it failed.
    piece.catch(() => undefined)
    coming.push(piece)
    asked += size
  }
  for (let ahead = 0; ahead < piecesAhead; ahead++) ask()
  let read = 0
  for (let next = coming.shift(); next !== undefined; next = coming.shift()) {
    const piece = new Uint8Array(await next)
    ask()
    await take(piece)
    read += piece.length
    onProgress?.(read)
  }
}

async function gunzip(file: Blob, { push, onProgress, onDamage }: ReadOptions): Promise<void> {
  let pushed = 0
  let fed = 0
  const inflater = createInflater((chunk) => {
    pushed += chunk.length
    push(chunk)
  })
  try {
    await pieces(
      file,
      gzipPieceBytes,
      async (piece) => {
        await inflater.write(piece)
        fed += piece.length
      },
      onProgress,
    )
    await inflater.end()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    await salvage(file, fed, pushed, push)
    onDamage?.('the gzip data are damaged or cut')
  }
}

/** Reads once more up to the damage, and there in small steps, for a damaged piece gives nothing of what it holds. */
async function salvage(
  file: Blob,
  sound: number,
  pushed: number,
  push: (chunk: Uint8Array) => void,
): Promise<void> {
  let seen = 0
  const inflater = createInflater((chunk) => {
    const isNew = seen + chunk.length > pushed
    if (isNew) push(chunk.subarray(Math.max(0, pushed - seen)))
    seen += chunk.length
  })
  try {
    await pieces(file.slice(0, sound), gzipPieceBytes, inflater.write, undefined)
    await pieces(file.slice(sound, sound + gzipPieceBytes), 64, inflater.write, undefined)
    await inflater.end()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
}

interface Inflater {
  /** Resolves when all that came of the piece has been handed on; rejects with a TypeError if it makes no sense. */
  write(piece: Uint8Array<ArrayBuffer>): Promise<void>
  /** Rejects with a TypeError if the data end too early. */
  end(): Promise<void>
}

function createInflater(onChunk: (chunk: Uint8Array) => void): Inflater {
  const { readable, writable } = new DecompressionStream('gzip')
  const writer = writable.getWriter()
  const reader = readable.getReader()
  let failure: unknown = null
  const pump = (async () => {
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        try {
          onChunk(next.value)
        } catch (error) {
          failure = error
          await reader.cancel()
          return
        }
      }
    } catch {
      // The writer hears of it too.
    }
  })()
  return {
    async write(piece) {
      await writer.ready
      await writer.write(piece)
      if (failure !== null) throw failure
    },
    async end() {
      // Of data that end too early nothing is given once that is known: what is due must be out before.
      await new Promise((resolve) => setTimeout(resolve))
      await writer.close()
      await pump
      if (failure !== null) throw failure
    },
  }
}

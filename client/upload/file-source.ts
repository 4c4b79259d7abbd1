// What tus-js-client reads a file through: slices that remember where in the file they lie, also those of the parts of a parallel upload.

/** [from, to) of the part [start, end), in bytes of the file; of an upload over one connection the part is the whole. */
export interface FileRange {
  readonly from: number
  readonly to: number
  readonly start: number
  readonly end: number
}

const ranges = new WeakMap<Blob, FileRange>()

/** Where a body lies in its file; null for one that was not cut by a source of ours. */
export function rangeOf(body: Blob): FileRange | null {
  return ranges.get(body) ?? null
}

/** What tus-js-client calls a file source. */
export interface FileSource {
  readonly size: number
  slice(start: number, end: number): Promise<{ value: Blob; done: boolean }>
  close(): void
}

/** tus-js-client's `fileReader`. It opens the file, and again each slice that becomes a part. */
export const fileReader = {
  async openFile(input: Blob): Promise<FileSource> {
    const part = rangeOf(input) ?? { from: 0, to: input.size }
    return {
      size: input.size,
      async slice(start, end) {
        const stop = Math.min(end, input.size)
        const value = input.slice(start, stop)
        ranges.set(value, {
          from: part.from + start,
          to: part.from + stop,
          start: part.from,
          end: part.to,
        })
        return { value, done: stop >= input.size }
      },
      close() {},
    }
  },
}

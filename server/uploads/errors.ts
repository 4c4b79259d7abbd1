// What can go wrong with an upload, protocol-free: a code that a protocol maps to its own answer.

export type UploadErrorCode =
  | 'not-found'
  | 'gone'
  | 'damaged'
  | 'lost'
  | 'offset-mismatch'
  | 'length-conflict'
  | 'too-large'
  | 'beyond-length'
  | 'no-space'
  | 'busy'
  | 'evicted'
  | 'interrupted'
  | 'stalled'
  | 'draining'
  | 'not-finished'

/** An operation on an upload that was refused. The message is meant for the client: it holds no internals. */
export class UploadError extends Error {
  override readonly name = 'UploadError'
  readonly code: UploadErrorCode
  /** The committed offset, where a client can go on from it. */
  readonly offset: number | null

  constructor(
    code: UploadErrorCode,
    message: string,
    options: { offset?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.offset = options.offset ?? null
  }
}

const noSpaceCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** Turns the system's "no space" into an `UploadError`; anything else is given back as it is. */
export function namedStorageError(error: unknown, offset?: number): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (!noSpaceCodes.has(code)) return error
  return new UploadError(
    'no-space',
    'The server has no disk space left. What arrived is kept: try again later.',
    {
      ...(offset === undefined ? {} : { offset }),
      cause: error,
    },
  )
}

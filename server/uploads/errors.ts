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
  | 'unwritable'
  | 'busy'
  | 'evicted'
  | 'interrupted'
  | 'stalled'
  | 'draining'
  | 'not-finished'
  | 'checksum-mismatch'
  | 'checksum-invalid'
  | 'digest-mismatch'
  | 'is-final'
  | 'part-missing'

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

/** `most` in bytes. */
export const tooLarge = (most: number): UploadError =>
  new UploadError('too-large', `The largest upload taken here is ${most} bytes.`)

interface StorageTrouble {
  readonly code: UploadErrorCode
  readonly text: string
}

const noSpace: StorageTrouble = {
  code: 'no-space',
  text: 'The server has no disk space left. What arrived is kept: try again later.',
}

// The disk was mounted read-only meanwhile, as systems do after an error, or the folder taken from this user.
const unwritable: StorageTrouble = {
  code: 'unwritable',
  text: "The server can't write to its disk at the moment. What arrived is kept: try again later.",
}

const troubles: Readonly<Record<string, StorageTrouble>> = {
  ENOSPC: noSpace,
  EDQUOT: noSpace,
  EFBIG: noSpace,
  EROFS: unwritable,
  EACCES: unwritable,
  EPERM: unwritable,
}

/** Turns the system's "no space" and "not for writing" into an `UploadError`; anything else is given back as it is. */
export function namedStorageError(error: unknown, offset?: number): unknown {
  const trouble = error instanceof Error && 'code' in error ? troubles[String(error.code)] : null
  if (!trouble) return error
  const at = offset === undefined ? {} : { offset }
  return new UploadError(trouble.code, trouble.text, { ...at, cause: error })
}

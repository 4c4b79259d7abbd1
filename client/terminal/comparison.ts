// Is the finished upload what was read here? The SHA-256 of both ends, and the words where they differ.
import { setTimeout as sleep } from 'node:timers/promises'
import { backoff } from '../retry-policy.ts'
import type { Proof } from './checksums.ts'
import type { KeptAliveStack } from './http-stack.ts'

/** Hexadecimal digests. */
export interface Compared {
  /** Null: the server doesn't tell, or is away. */
  readonly isEqual: boolean | null
  readonly ours: string | null
  /** Why it wasn't compared, or in what it differs and what to do; null when all is well. */
  readonly sentence: string | null
}

const attempts = 6

export async function compare(
  url: string,
  proof: Proof,
  around: {
    readonly stack: KeptAliveStack
    readonly signal: AbortSignal
    /** An earlier run had sent a part. */
    readonly isResumed: boolean
    /** SHA-256 from a second reading; null where there can be none. */
    readonly readAgain: () => Promise<string | null>
  },
): Promise<Compared> {
  const ours = await proof.whole()
  const { theirs, trouble } = await askServer(url, around)
  if (ours === null || theirs === null) {
    return { isEqual: null, ours, sentence: `not compared: ${trouble}` }
  }
  if (theirs === ours) return { isEqual: true, ours, sentence: null }
  const again = await around.readAgain().catch(() => null)
  const cause =
    again !== null && again !== ours
      ? 'the file was changed while it was uploaded'
      : around.isResumed
        ? 'the part that was sent before seems to come from another version of the file'
        : 'bytes were damaged on their way or on a disk'
  return {
    isEqual: false,
    ours,
    sentence: `the server holds another content: ${cause} (SHA-256 here ${ours}, there ${theirs}); delete ${url} and upload the file again`,
  }
}

interface Told {
  /** The server's own digest (RFC 9530), hexadecimal. */
  readonly theirs: string | null
  /** Why there is none. */
  readonly trouble: string
}

async function askServer(
  url: string,
  { stack, signal }: { readonly stack: KeptAliveStack; readonly signal: AbortSignal },
): Promise<Told> {
  for (let attempt = 1; attempt <= attempts && !signal.aborted; attempt++) {
    try {
      const request = stack.createRequest('HEAD', url)
      request.setHeader('Want-Repr-Digest', 'sha-256=1')
      const answer = await request.send(null)
      if (answer.getStatus() < 500) {
        const theirs = sha256Of(answer.getHeader('Repr-Digest'))
        return { theirs, trouble: 'the server does not tell its SHA-256' }
      }
    } catch {
      // The connection broke: the upload itself is safe, so only some more tries.
    }
    await sleep(backoff(attempt), undefined, { signal }).catch(() => {})
  }
  // A large file that the server still hashes, or a server that is away.
  return { theirs: null, trouble: 'the server did not answer in time when asked for its SHA-256' }
}

function sha256Of(header: string | undefined | null): string | null {
  const found = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):/.exec(header ?? '')?.[1]
  return found ? Buffer.from(found, 'base64').toString('hex') : null
}

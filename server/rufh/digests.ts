// Digest fields (RFC 9530): names of algorithms to hash functions, and the fields read and written.
import { type Digest, digestLengths, type HashName } from '../uploads/hash.ts'
import { readByteSequences, readNumbers, writeByteSequence } from './structured.ts'

type Header = string | string[] | undefined

/** The registered algorithms that can be computed here; what is named by others is left alone (RFC 9530 §5). */
const algorithms: Readonly<Record<string, HashName>> = {
  'sha-512': 'sha512',
  'sha-256': 'sha256',
  sha: 'sha1',
  md5: 'md5',
}

export const algorithmOf = (hash: HashName): string | null =>
  Object.keys(algorithms).find((name) => algorithms[name] === hash) ?? null

/** A digest that its algorithm can't give. */
export interface InvalidDigest {
  readonly algorithm: string
  /** Bytes that it should have. */
  readonly length: number
}

export interface PromisedDigests {
  readonly digests: Digest[]
  readonly invalid: InvalidDigest[]
}

/** A Content-Digest or Repr-Digest field. */
export function readDigests(header: Header): PromisedDigests {
  const digests: Digest[] = []
  const invalid: InvalidDigest[] = []
  for (const [algorithm, value] of readByteSequences(header)) {
    const hash = Object.hasOwn(algorithms, algorithm) ? algorithms[algorithm] : undefined
    if (hash === undefined) continue
    const length = digestLengths[hash]
    if (value.length === length) digests.push({ hash, value })
    else invalid.push({ algorithm, length })
  }
  return { digests, invalid }
}

/** What a Want-Repr-Digest field wants most of what can be had; 0 is "not at all" (RFC 9530 §4). */
export function readWanted(header: Header): HashName | null {
  let best: { hash: HashName; weight: number } | null = null
  for (const [algorithm, weight] of readNumbers(header)) {
    const hash = Object.hasOwn(algorithms, algorithm) ? algorithms[algorithm] : undefined
    if (hash !== undefined && weight > (best?.weight ?? 0)) best = { hash, weight }
  }
  return best?.hash ?? null
}

/** The value of a Repr-Digest field. */
export function writeDigests(digests: readonly Digest[]): string {
  return digests
    .flatMap(({ hash, value }) => {
      const algorithm = algorithmOf(hash)
      return algorithm === null ? [] : [`${algorithm}=${writeByteSequence(value)}`]
    })
    .join(', ')
}

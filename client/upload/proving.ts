// Everything that proves bytes on this page: which checksums files go with, and how they compare when they have arrived.

import { longestChecked } from '../retry-policy.ts'
import { type Abilities, type Api, uploadIdOf } from './api.ts'
import { chooseHash } from './checksum/choose.ts'
import { openProof, type Proof } from './checksum/proof.ts'
import type { ChunkHash } from './checksum/protocol.ts'
import { createProver } from './checksum/prover.ts'
import { type Comparison, compare } from './comparison.ts'
import type { Gate } from './gate.ts'
import type { ProvedUploads } from './proved.ts'
import type { Finished } from './queue.ts'
import { settingsSentence } from './sentences.ts'

/** The page's settings as they stand. */
export interface Settings {
  /** Bytes; `Infinity` for the whole file in one PATCH. */
  readonly chunkSize: number
  /** A file goes in so many parts at once, at most. */
  readonly connections: number
  readonly isProving: boolean
}

/** A part has so many bytes, at least: less isn't worth a connection. */
const smallestPart = 1 << 20

export interface Proving {
  prove(file: File, isParallel: boolean): Proof | null
  partCount(size: number): number
  /** Compares a finished file, if it is to be proved. */
  finish(finished: Finished): void
  /** What the settings mean, in words. */
  sentence(): string
}

export function createProving(parts: {
  readonly api: Api
  readonly gate: Gate
  readonly proved: ProvedUploads
  readonly settings: () => Settings
  /** Null before the server has told. */
  readonly abilities: () => Abilities | null
  readonly onChange: () => void
  /** A file turned out to be another one on the server. */
  readonly onDifferent: (name: string) => void
}): Proving {
  const { api, gate, proved, settings, abilities } = parts
  const prover = createProver(
    () => new Worker(new URL('./checksum/worker.ts', import.meta.url), { type: 'module' }),
  )
  // Typed as always there, but absent outside secure contexts.
  const hasWebCrypto = (crypto.subtle as SubtleCrypto | undefined) !== undefined
  const hash = (): ChunkHash | null => chooseHash(abilities()?.checksums ?? [], hasWebCrypto)

  return {
    prove(file, isParallel) {
      const { isProving, chunkSize } = settings()
      return isProving ? openProof(prover, file, hash(), isParallel, chunkSize) : null
    },
    partCount(size) {
      if (!abilities()?.hasParts) return 1
      return Math.max(1, Math.min(settings().connections, Math.floor(size / smallestPart)))
    },
    finish({ transfer, proof, isResumed }) {
      const id = uploadIdOf(transfer.url)
      if (!proof || !id) return proof?.close()
      const show = (comparison: Comparison) => {
        proved.set(id, { comparison, damaged: transfer.damaged })
        if (comparison.kind === 'different') parts.onDifferent(transfer.name)
        parts.onChange()
      }
      const whole = {
        proof,
        size: transfer.size,
        isResumed,
        askServer: () => api.digest(id),
        wait: (ms: number) => gate.pass(ms, new AbortController().signal),
        onChange: show,
      }
      void compare(whole).finally(() => proof.close())
    },
    sentence: () => settingsSentence({ ...settings(), hash: hash(), checkedUpTo: longestChecked }),
  }
}

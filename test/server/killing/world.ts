// What the clients of a kill round know of their uploads: what they sent, and what the service told them.
import { createHash } from 'node:crypto'
import type { Random } from '../../captures/random.ts'

/** A body that was on its way when the service died: may its bytes count? */
export interface Flying {
  readonly length: number
  /** `prefix`: as many as came · `whole`: all or none, for they are checked · `never`: they are not what was promised. */
  readonly counts: 'prefix' | 'whole' | 'never'
}

export interface Known {
  /** In the metadata: under it an upload is found whose creation was never answered. */
  readonly name: string
  readonly kind: 'plain' | 'part'
  readonly source: Buffer
  /** `null`: the answer to the creation did not come. */
  target: string | null
  /** The last offset that an answer told. */
  told: number
  flying: Flying | null
  /** A DELETE is under way, or was answered. */
  removing: boolean
}

export interface KnownFinal {
  readonly name: string
  readonly parts: readonly Known[]
  readonly header: string
  target: string | null
  /** HEAD said that it is whole. */
  toldWhole: boolean
}

export interface World {
  readonly uploads: Known[]
  readonly finals: KnownFinal[]
  /** What is wrong already before the kill. */
  readonly wrong: string[]
}

/** Moments at which a kill is worth most. */
export const moments = [
  'final sent',
  'final answered',
  'last part sent',
  'checked body sent',
  'wrong body sent',
  'removal sent',
] as const

export type Moment = (typeof moments)[number]

/** Bytes that are the same for the same numbers, and different in every word. */
export function bytesOf(random: Random, length: number): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4))
  const first = random.integer(2 ** 31)
  for (let index = 0; index < words.length; index++) {
    words[index] = Math.imul(first + index, 0x9e3779b1) ^ (first >>> 3)
  }
  return Buffer.from(words.buffer, 0, length)
}

export const contentOf = (final: KnownFinal): Buffer =>
  Buffer.concat(final.parts.map(({ source }) => source))

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex')

/** An integer from `least` to `most`. */
export const between = (random: Random, least: number, most: number): number =>
  least + random.integer(most - least + 1)

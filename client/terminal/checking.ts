// Which checksum PATCHes go with: the user's word, then what the server offers (tus 1.0, OPTIONS).
import { PassingError } from '../retry-policy.ts'
import { UsageError } from './arguments.ts'
import { type ChecksumName, checksumNames, chooseChecksum } from './checksums.ts'
import type { KeptAliveStack } from './http-stack.ts'

/** What `--checksum` says; `best`: the first that the server offers of `checksumNames`. */
export type CheckWish = ChecksumName | 'best' | 'none'

/** Throws a `UsageError`. */
export function readChecksum(text: string | undefined): CheckWish {
  if (text === undefined) return 'best'
  const found = (['none', ...checksumNames] as const).find((name) => name === text)
  if (found) return found
  throw new UsageError(`--checksum ${text}: one of ${checksumNames.join(', ')}, or none`)
}

export interface Chooser {
  /**
   * Asks the server once, when the first PATCH is due, on the connection that is there by then. Rejects with what the request
   * throws, and with a `NotOfferedError` where the server doesn't offer what was asked for by name.
   */
  choose(): Promise<ChecksumName | null>
  /** Whether it has done that. */
  isRefused(): boolean
}

export function createChooser(
  stack: KeptAliveStack,
  endpoint: URL,
  wish: Exclude<CheckWish, 'none'>,
): Chooser {
  const wanted = wish === 'best' ? null : wish
  let offered: readonly string[] | null = null
  return {
    async choose() {
      offered ??= await askOffered(stack, endpoint)
      return chooseChecksum(wanted, offered)
    },
    isRefused: () => wanted !== null && offered?.includes(wanted) === false,
  }
}

async function askOffered(stack: KeptAliveStack, endpoint: URL): Promise<readonly string[]> {
  const request = stack.createRequest('OPTIONS', endpoint.href)
  const answer = await request.send(null)
  const status = answer.getStatus()
  if (status >= 500 || status === 429) {
    throw new PassingError(`the server answered ${status} when asked what it can do`, status)
  }
  const header = (name: string) =>
    (answer.getHeader(name) ?? '').split(',').map((one) => one.trim())
  // What the server doesn't announce it would not check, but pass over.
  return header('Tus-Extension').includes('checksum') ? header('Tus-Checksum-Algorithm') : []
}

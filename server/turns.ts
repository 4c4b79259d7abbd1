// Requests of one connection take turns: a pipelined PATCH must see what the one before it has done (RFC 9112 §9.3.2).
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

const ending = new WeakSet<Socket>()

/** The answer that goes out now, or is about to, says `Connection: close`. */
export function markEnding(socket: Socket): void {
  ending.add(socket)
}

/** Whether the connection takes no more requests: what comes behind an answer with "close" must not be done (RFC 9112 §9.6). */
export const isEnding = (socket: Socket): boolean => ending.has(socket)

/** Runs `work` when the answer before it on the same connection has ended; `null`: there is none under way. */
export function inTurn(before: ServerResponse | null, work: () => void): void {
  if (before === null || before.closed) {
    work()
    return
  }
  const { socket } = before.req
  // It also closes when the connection dies: then nobody waits for this answer any more.
  before.once('close', () => {
    if (!socket.destroyed && !isEnding(socket)) work()
  })
}

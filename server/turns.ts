// Requests of one connection take turns: a pipelined PATCH must see what the one before it has done (RFC 9112 §9.3.2).
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

const ending = new WeakSet<Socket>()
const last = new WeakSet<ServerResponse>()

/** The connection takes no request that comes from now on: what comes behind the end must not be done (RFC 9112 §9.6). */
export function markEnding(socket: Socket): void {
  ending.add(socket)
}

export const isEnding = (socket: Socket): boolean => ending.has(socket)

/** This answer says `Connection: close`: also those that came before it was given, and wait for their turn, are not done. */
export function markLast(response: ServerResponse): void {
  last.add(response)
  markEnding(response.req.socket)
}

/** Runs `work` when the answer before it on the same connection has ended; `null`: there is none under way. */
export function inTurn(before: ServerResponse | null, work: () => void): void {
  if (before === null || before.closed) {
    work()
    return
  }
  // It also closes when the connection dies: then nobody waits for this answer any more.
  before.once('close', () => {
    if (!before.req.socket.destroyed && !last.has(before)) work()
  })
}

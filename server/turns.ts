// Requests of one connection take turns: a pipelined PATCH must see what the one before it has done (RFC 9112 §9.3.2).
import type { ServerResponse } from 'node:http'

/** Runs `work` when the answer before it on the same connection has ended; `null`: there is none under way. */
export function inTurn(before: ServerResponse | null, work: () => void): void {
  if (before === null || before.closed) {
    work()
    return
  }
  // It also closes when the connection dies: then nobody waits for this answer any more.
  before.once('close', () => {
    if (!before.req.socket.destroyed) work()
  })
}

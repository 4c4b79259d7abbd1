// Requests of one connection take turns: a pipelined PATCH must see what the one before it has done (RFC 9112 §9.3.2).
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Makes the function that runs `work` when the answer before it on the same connection is complete. */
export function createTurns(): (
  socket: Socket,
  response: ServerResponse,
  work: () => void,
) => void {
  const latest = new WeakMap<Socket, ServerResponse>()
  return (socket, response, work) => {
    const before = latest.get(socket)
    latest.set(socket, response)
    if (before === undefined || before.closed || before.writableFinished) work()
    else
      before.once('close', () => {
        // It also closes when the connection dies: then nobody waits for this answer any more.
        if (!socket.destroyed) work()
      })
  }
}

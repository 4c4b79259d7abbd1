// A finish hook's receiving end: an HTTP server that notes every call and answers as it is told.
import { createServer, type IncomingHttpHeaders } from 'node:http'

export interface HookCall {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Milliseconds since the epoch when the call was complete. */
  readonly at: number
}

export interface HookReceiver {
  readonly url: string
  readonly calls: readonly HookCall[]
  /** The status of the answers from now on; 204 at first. `null` cuts the connection unanswered. */
  answer(status: number | null): void
  close(): void
}

export async function startHookReceiver(): Promise<HookReceiver> {
  const calls: HookCall[] = []
  let status: number | null = 204
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    const { method = '', headers } = request
    calls.push({ method, headers, body: Buffer.concat(parts).toString('utf8'), at: Date.now() })
    if (status === null) request.socket.destroy()
    else response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/finished`,
    calls,
    answer(next) {
      status = next
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

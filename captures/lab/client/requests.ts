// A request over Node's own HTTP client, for the lab's clients.
import http from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
}

/** Rejects if the connection ends before the answer does. */
export function ask(
  agent: http.Agent,
  method: string,
  target: string,
  headers: http.OutgoingHttpHeaders,
  body?: Uint8Array,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(target, { method, agent, headers })
    request.on('error', reject)
    request.once('response', (response) => {
      // An answer to HEAD without Content-Length has no body, and needs no end (RFC 9112 §6.3).
      if (method === 'HEAD') request.shouldKeepAlive = true
      response.resume()
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers }),
      )
    })
    request.end(body)
  })
}

// What the lab's own tus client is told to do: one upload, and what shall happen to its connections on the way.
export interface ClientPlan {
  /** `http://10.77.0.2:8080/files` */
  readonly endpoint: string
  readonly name: string
  /** Bytes of the file, which is made up. */
  readonly size: number
  /** Bytes in one PATCH. */
  readonly chunkSize: number
  /** `close`: each request on a connection of its own, with `Connection: close`. */
  readonly connection: 'keep-alive' | 'close'
  /** After so many PATCHes nothing is sent for a while (ms), and the connection left as it is. */
  readonly pause: { readonly afterPatches: number; readonly for: number } | null
  /** In the PATCH of this number, from 1, the connection is reset after so many bytes of the body. */
  readonly reset: { readonly patch: number; readonly afterBytes: number } | null
  /** TCP keep-alive probes after so much silence (ms); `null`: none, as HTTP clients do without them. */
  readonly probeAfter: number | null
  /** Who ends the connection when the upload is complete: the client at once, or the server when it has waited long enough. */
  readonly lastWord: 'client' | 'server'
}

// The server under test: ours, or, to see that a test can fail, another one that takes the same flags.
import { type RunningServer, type ServerOptions, startServer } from './server.ts'

/**
 * Starts the server under test. `CONFORMANCE_SERVER` names a command that stands in for ours: it is run with
 * our whole command line after it, takes `--port` and `--dir` from that and prints `listening on URL`.
 */
export function startSubject(options: ServerOptions = {}): Promise<RunningServer> {
  const other = process.env.CONFORMANCE_SERVER?.split(' ')
  return startServer(other === undefined ? options : { ...options, wrapper: other })
}

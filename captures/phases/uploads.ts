// The uploads of a capture, across its connections; and with them what each connection was opened for.
import type { Analysis } from '../analysis.ts'
import type { ToldConnection } from './connection.ts'

export function describeUploads(
  told: readonly ToldConnection[],
): Pick<Analysis, 'connections' | 'uploads'> {
  return { connections: told.map(({ analysis }) => analysis), uploads: [] }
}

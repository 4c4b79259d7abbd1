// Which exchanges count as PATCHes.
import type { ExchangeAnalysis } from '../analysis.ts'

/** By what it does to an upload, whatever its method (X-HTTP-Method-Override); by its method where the head that would tell is cut. */
export const isPatch = ({
  method,
  upload,
}: Pick<ExchangeAnalysis, 'method' | 'upload'>): boolean =>
  upload === null ? method === 'PATCH' : upload.action === 'append'

// Which segment plays which part in the beginning of a connection. Analysis in, one of its segments out.
import type { Initiation, InitiationSegment } from '../analysis.ts'

/** `null`: it is not in the file. Of two SYNs, where both ends call at once, the first. */
export const playing = (
  { segments }: Initiation,
  part: InitiationSegment['part'],
): InitiationSegment | null => segments.find((segment) => segment.part === part) ?? null

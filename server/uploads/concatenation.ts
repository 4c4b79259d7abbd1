// How an upload stands to others: a part of one to come, or the whole of several (tus 1.0.0, Concatenation).
import type { UploadInfo } from './info-file.ts'

/** `header` is what the client said of it, to the byte; `parts` are ids in order, one of which may come again. */
export type Concatenation =
  | { readonly kind: 'part'; readonly header: string }
  | { readonly kind: 'final'; readonly header: string; readonly parts: readonly string[] }

/** Whether it is made to become a piece of another upload, and is nothing by itself. */
export const isPart = (info: UploadInfo): boolean => info.concatenation?.kind === 'part'

/** The parts of an upload that is made of others; `null` for any other upload. */
export function partsOf(info: UploadInfo): readonly string[] | null {
  return info.concatenation?.kind === 'final' ? info.concatenation.parts : null
}

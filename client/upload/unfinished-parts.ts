// The rows of files that were begun in parts and aren't being sent: looked up on the server when they come into view.
import type { FileIdentity } from '../fingerprint.ts'
import type { Api, ServerUpload } from './api.ts'
import { type BegunParts, lookUp, type UnfinishedParts } from './begun-parts.ts'
import { keyOf } from './identity.ts'
import { idsOf } from './part-lines.ts'

export interface UnfinishedPartRows {
  /** Rows of what this page isn't sending. */
  rows(isHere: (identity: FileIdentity) => boolean): readonly UnfinishedParts[]
  /** Deletes the parts on the server; false for an upload that is none of these rows. */
  remove(upload: ServerUpload): Promise<boolean>
  /** The server is back: ask again. */
  refresh(): void
}

export function createUnfinishedPartRows(
  api: Api,
  begunParts: BegunParts,
  onChange: () => void,
): UnfinishedPartRows {
  const rows = new Map<string, UnfinishedParts>()
  const asked = new Set<string>()

  const ask = async (key: string, begun: Parameters<typeof lookUp>[1]) => {
    const found = await lookUp(api, begun)
    if (!found) begunParts.forget(begun.identity)
    if (found && asked.has(key)) rows.set(key, found)
    onChange()
  }
  const drop = (key: string) => {
    rows.delete(key)
    asked.delete(key)
  }

  return {
    rows(isHere) {
      const shown: UnfinishedParts[] = []
      for (const begun of begunParts.all()) {
        const key = keyOf(begun.identity)
        if (isHere(begun.identity)) {
          drop(key)
          continue
        }
        const row = rows.get(key)
        if (row) shown.push(row)
        if (asked.has(key)) continue
        asked.add(key)
        // While the server is away there is no row; `refresh` asks again.
        ask(key, begun).catch(() => {})
      }
      return shown
    },
    async remove(upload) {
      const row = [...rows.values()].find(({ id }) => id === upload.id)
      if (!row) return false
      for (const id of idsOf(row.begun.urls)) await api.remove(id)
      begunParts.forget(row.begun.identity)
      drop(keyOf(row.begun.identity))
      return true
    },
    refresh() {
      asked.clear()
    },
  }
}

// What was found equal end to end, remembered in this browser so that a reload doesn't forget it.
import type { Shelf } from './begun-parts.ts'
import type { Comparison } from './comparison.ts'

/** What is known of one finished upload. */
export interface Proved {
  readonly comparison: Comparison
  /** Chunks of it that arrived damaged and were sent again. */
  readonly damaged: number
}

export interface ProvedUploads {
  readonly find: (id: string) => Proved | null
  readonly set: (id: string, proved: Proved) => void
  readonly forget: (id: string) => void
}

const storageKey = 'longhaul.proved'
const mostRemembered = 200

/** `shelf` null: remembered as long as the page lasts. */
export function createProvedUploads(shelf: Shelf | null): ProvedUploads {
  const all = new Map<string, Proved>(read(shelf))
  // Other tabs write there too: what they found stays.
  const write = (forgotten: string | null) => {
    const rows = new Map([...read(shelf), ...all])
    if (forgotten !== null) rows.delete(forgotten)
    const equal = [...rows].flatMap(([id, { comparison, damaged }]) =>
      comparison.kind === 'equal' ? [[id, comparison.ours, damaged] as const] : [],
    )
    try {
      shelf?.setItem(storageKey, JSON.stringify(equal.slice(-mostRemembered)))
    } catch {}
  }
  return {
    find: (id) => all.get(id) ?? null,
    set(id, proved) {
      all.set(id, proved)
      if (proved.comparison.kind === 'equal') write(null)
    },
    forget(id) {
      if (all.delete(id)) write(id)
    },
  }
}

function read(shelf: Shelf | null): [string, Proved][] {
  try {
    const found: unknown = JSON.parse(shelf?.getItem(storageKey) ?? '[]')
    if (!Array.isArray(found)) return []
    return found.flatMap((row: unknown) => {
      if (!Array.isArray(row)) return []
      const [id, ours, damaged] = row as unknown[]
      if (typeof id !== 'string' || typeof ours !== 'string' || typeof damaged !== 'number') {
        return []
      }
      return [[id, { comparison: { kind: 'equal', ours }, damaged }]]
    })
  } catch {
    return []
  }
}

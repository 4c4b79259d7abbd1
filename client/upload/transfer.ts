// One file on its way: what is sent, what is safe, what it waits for. Pure: (transfer, event) → transfer.

/** What the file is doing, by what a person would do about it. */
export type Phase =
  | { readonly kind: 'queued' } // another file is on the wire
  | { readonly kind: 'checking' } // reading samples, asking the server for an unfinished upload of the same file
  | { readonly kind: 'elsewhere'; readonly by: 'tab' | 'program' } // somebody else sends the same file
  | { readonly kind: 'sending' }
  | { readonly kind: 'waiting'; readonly for: Wait }
  | { readonly kind: 'paused' }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'finished' }

/** Passing trouble; `until` is the next attempt in ms since the epoch. */
export type Wait =
  | { readonly what: 'network' }
  | {
      readonly what: 'server'
      readonly status: number
      readonly said: string
      readonly until: number
    }
  | { readonly what: 'sign-in' }

/** A moment, and the bytes sent and safe by then, for the speed. */
interface Sample {
  readonly at: number
  readonly sent: number
  readonly safe: number
}

/** A word of why, shown until `until` bytes are safe, and long enough to be read. */
export interface Note {
  readonly text: string
  /** ms since the epoch. */
  readonly at: number
  readonly until: number
}

export interface Transfer {
  readonly id: string
  readonly name: string
  readonly size: number
  readonly phase: Phase
  /** Upload URL path, once there is one. */
  readonly url: string | null
  /** Bytes from the start that the server has said it holds. */
  readonly safe: number
  /** Bytes from the start that have left the browser; never below `safe`. */
  readonly sent: number
  /** Why the bar went back or a start was made anew; null when it never did. */
  readonly note: Note | null
  readonly samples: readonly Sample[]
  /** PATCHes answered. */
  readonly patches: number
  /** Times it was taken up again after an interruption. */
  readonly resumptions: number
  /** Chunks that arrived damaged and were sent again. */
  readonly damaged: number
}

export type TransferEvent =
  | { readonly kind: 'phase'; readonly phase: Phase }
  | { readonly kind: 'url'; readonly url: string }
  /** An upload that the server already has a part of is taken up. */
  | {
      readonly kind: 'found'
      /** Null: it lies in parts. */
      readonly url: string | null
      readonly offset: number
      readonly at: number
    }
  | { readonly kind: 'sent'; readonly bytes: number; readonly at: number }
  | { readonly kind: 'safe'; readonly bytes: number; readonly at: number }
  | { readonly kind: 'patched' }
  /** A request was lost; what was sent beyond `safe` may have to go again. */
  | { readonly kind: 'lost'; readonly why: string; readonly at: number }
  /** HEAD has said where to go on. `sent`: what is on its way elsewhere counts, in an upload that goes in parts. */
  | {
      readonly kind: 'resumed'
      readonly offset: number
      readonly sent: number
      readonly why: string | null
      readonly at: number
    }
  /** A chunk that had arrived damaged has arrived whole. */
  | { readonly kind: 'mended'; readonly at: number }
  | { readonly kind: 'gone'; readonly at: number }

/** A file just added. */
export function newTransfer(id: string, name: string, size: number): Transfer {
  return {
    id,
    name,
    size,
    phase: { kind: 'queued' },
    url: null,
    safe: 0,
    sent: 0,
    note: null,
    samples: [],
    patches: 0,
    resumptions: 0,
    damaged: 0,
  }
}

/** How far back the speed looks, in ms. */
const speedWindow = 8000

/** The transfer after an event. `words` writes byte counts. */
export function step(
  transfer: Transfer,
  event: TransferEvent,
  words: (bytes: number) => string,
): Transfer {
  switch (event.kind) {
    case 'phase':
      return {
        ...transfer,
        phase: event.phase,
        samples: event.phase.kind === 'sending' ? transfer.samples : [],
      }
    case 'url':
      return { ...transfer, url: event.url }
    case 'found':
      return {
        ...transfer,
        url: event.url,
        safe: event.offset,
        sent: event.offset,
        note: {
          text: `Going on where it was: ${words(event.offset)} were safe already.`,
          at: event.at,
          until: 0,
        },
      }
    case 'sent':
      return withSent(transfer, event.bytes, event.at)
    case 'safe':
      return withSafe(transfer, event.bytes, event.at)
    case 'patched':
      return { ...transfer, patches: transfer.patches + 1 }
    case 'lost':
      return {
        ...transfer,
        note: { text: event.why, at: event.at, until: Number.POSITIVE_INFINITY },
        samples: [],
      }
    case 'resumed':
      return withResumption(transfer, event, words)
    case 'mended':
      return {
        ...transfer,
        damaged: transfer.damaged + 1,
        note: { text: mendedSentence(transfer.damaged + 1), at: event.at, until: 0 },
      }
    case 'gone':
      return {
        ...transfer,
        url: null,
        safe: 0,
        sent: 0,
        samples: [],
        note: {
          text: 'The server no longer has this upload: it expired or was deleted. Starting again from the beginning.',
          at: event.at,
          until: transfer.size,
        },
      }
  }
}

function withSent(transfer: Transfer, bytes: number, at: number): Transfer {
  const sent = Math.min(transfer.size, Math.max(bytes, transfer.safe))
  return withSample({ ...transfer, sent }, at)
}

function withSafe(transfer: Transfer, bytes: number, at: number): Transfer {
  const safe = Math.min(transfer.size, Math.max(transfer.safe, bytes))
  if (safe === transfer.safe) return transfer
  return withSample({ ...transfer, safe, sent: Math.max(transfer.sent, safe) }, at)
}

function withSample(transfer: Transfer, at: number): Transfer {
  const { sent, safe } = transfer
  const samples = transfer.samples.filter((sample) => at - sample.at < speedWindow)
  const last = samples.at(-1)
  // Ten samples a second suffice for the speed.
  if (last && at - last.at < 100) return { ...transfer, samples }
  return { ...transfer, samples: [...samples, { at, sent, safe }] }
}

/** What is said of chunks that arrived damaged. */
export function mendedSentence(count: number): string {
  return count === 1
    ? 'A chunk arrived damaged and was sent again.'
    : `${count} chunks arrived damaged and were sent again.`
}

function withResumption(
  transfer: Transfer,
  { offset, sent, why, at }: Extract<TransferEvent, { kind: 'resumed' }>,
  words: (bytes: number) => string,
): Transfer {
  const again = Math.max(0, transfer.sent - sent)
  const lost = transfer.safe - offset
  const detail =
    lost > 0
      ? `the server kept ${words(offset)}, ${words(lost)} less than it had said`
      : again > 0
        ? `${words(again)} to send again`
        : offset > 0
          ? 'nothing to send again'
          : null
  return {
    ...transfer,
    safe: offset,
    sent: Math.max(offset, sent),
    samples: [],
    resumptions: transfer.resumptions + (why === null ? 0 : 1),
    note:
      why === null
        ? transfer.note
        : {
            text: detail === null ? `${why}.` : `${why}, ${detail}.`,
            at,
            // The word of why stays until the bar is past where it had been.
            until: Math.max(transfer.sent, offset + 1),
          },
  }
}

/** How long a note stays at least, in ms. */
const readingTime = 6000

/** The note, while it still matters. */
export function currentNote({ note, safe }: Transfer, now: number): string | null {
  if (!note) return null
  return safe < note.until || now - note.at < readingTime ? note.text : null
}

/** Bytes a second over the last seconds, null while that can't be said. */
export function speed(transfer: Transfer, now: number): number | null {
  const { samples } = transfer
  const first = samples[0]
  const last = samples.at(-1)
  if (transfer.phase.kind !== 'sending' || !first || !last || last.at - first.at < 500) return null
  // What is safe tells the truth, where the server tells it often enough; what is sent may still be in a buffer.
  const isTold = new Set(samples.map((sample) => sample.safe)).size > 3
  const moved = isTold ? last.safe - first.safe : last.sent - first.sent
  // Up to now, not to the last sample: a connection that stands still gets slower by the second.
  return (moved * 1000) / (now - first.at)
}

/** Seconds until everything is safe at this speed, null while that can't be said. */
export function secondsLeft(transfer: Transfer, now: number): number | null {
  const bytesPerSecond = speed(transfer, now)
  if (!bytesPerSecond) return null
  return (transfer.size - transfer.safe) / bytesPerSecond
}

/** True while closing the page would interrupt it. */
export function isUnderWay(transfer: Transfer): boolean {
  return transfer.phase.kind !== 'finished' && transfer.phase.kind !== 'failed'
}

/** True while it occupies the wire, so that the next file waits. */
export function holdsTheWire(transfer: Transfer): boolean {
  const { kind } = transfer.phase
  return kind === 'checking' || kind === 'sending' || kind === 'waiting'
}

// The captures that are open and where one looks in them: what is asked of the page is done here, and the address always tells it.
import { type Capture, openCapture } from './capture.ts'
import { hashOfView, viewOfHash } from './permalink.ts'
import {
  awaitedSide,
  busiest,
  type Captures,
  hasConnection,
  missing,
  named,
  nameOf,
  settled,
  sideOf,
  viewInto,
  withCapture,
} from './places.ts'
import { type Recording, recordingNamed } from './recordings.ts'
import { type Actions, firstView, type PageState, type Side, type View } from './state.ts'

export interface Desk {
  readonly actions: Actions
  state(): PageState
  /** Goes where the address leads, be it into other captures. */
  follow(): void
}

/** A capture to be opened, and the side that it is meant for. */
interface Wanted {
  readonly file: File | Recording
  readonly side: Side
}

/** `draw` is called after every change. */
export function createDesk(say: (sentence: string) => void, draw: () => void): Desk {
  let captures: Captures = { a: null, b: null }
  let reading: PageState['reading'] = null
  let failure: string | null = null
  let view: View = viewOfHash(location.hash)
  let stopReading = new AbortController()
  /** The connection that was looked at last in a capture. */
  const lastConnection = new WeakMap<Capture, number>()

  const actions: Actions = {
    go(change, how = 'push') {
      view = { ...view, ...change }
      remember()
      if (how === 'push') history.pushState(null, '', addressOf(view))
      else history.replaceState(null, '', addressOf(view))
      draw()
    },
    goToFrame(frame, side) {
      const found = captures[side]?.findFrame(frame) ?? Promise.resolve(null)
      found.then(
        (one) => actions.go({ side, frame, connection: one?.row.connection ?? view.connection }),
        () => actions.go({ side, frame }),
      )
    },
    look(side) {
      actions.go({ side, connection: connectionOf(captures[side]), frame: null, span: null })
    },
    open(files, side = freeSide()) {
      openAll(files, side)
    },
    openRecordings(chosen, side = freeSide()) {
      openAll(chosen, side)
    },
    close(side) {
      const left = side === 'a' ? captures.b : captures.a
      keep({ a: left, b: null })
      actions.go({ ...firstView, file: left?.name ?? null, connection: connectionOf(left) })
    },
    say,
    fail(sentence) {
      failure = failure === null ? sentence : `${failure}\n${sentence}`
      draw()
    },
  }

  function remember(): void {
    const looked = captures[view.side]
    if (looked !== null && view.connection !== null) lastConnection.set(looked, view.connection)
  }

  /** The one looked at last, else the one that carried most. */
  function connectionOf(capture: Capture | null): number | null {
    if (capture === null) return null
    const last = lastConnection.get(capture) ?? null
    return hasConnection(capture, last) ? last : busiest(capture)
  }

  /** A third capture takes the place of the one looked at. */
  function freeSide(): Side {
    if (captures.a === null) return 'a'
    return captures.b === null ? 'a' : view.side
  }

  /** Closes those that are not among them. */
  function keep(next: Captures): void {
    for (const one of [captures.a, captures.b]) if (one !== next.a && one !== next.b) one?.close()
    captures = next
  }

  function openAll(files: readonly (File | Recording)[], side: Side): void {
    const [first, second, ...rest] = files
    if (first === undefined) return
    failure = null
    if (second === undefined) {
      read([{ file: first, side: awaitedSide(captures, view, first.name) ?? side }])
      return
    }
    if (rest.length > 0) actions.fail(leftOut(rest.map(({ name }) => name)))
    read([
      { file: first, side: 'a' },
      { file: second, side: 'b' },
    ])
  }

  async function read(all: readonly Wanted[]): Promise<void> {
    stopReading.abort()
    stopReading = new AbortController()
    const { signal } = stopReading
    let isRead = false
    for (const one of all) isRead = await openOne(one, signal)
    // The address may lead into one more, which waited for this one.
    if (isRead && !signal.aborted) readLinked()
  }

  /** Whether it could be read. */
  async function openOne({ file, side }: Wanted, signal: AbortSignal): Promise<boolean> {
    const replaced = captures[side]
    const progress = (share: number) => {
      if (signal.aborted) return
      reading = { name: file.name, side, share }
      draw()
    }
    progress(0)
    try {
      const content = file instanceof File ? file : await file.open()
      const capture = await openCapture(content, progress, signal)
      if (signal.aborted) {
        capture.close()
        return false
      }
      reading = null
      enter(capture, sideOf(captures, side, replaced))
      return true
    } catch (error) {
      if (signal.aborted) return false
      reading = null
      actions.fail(`${file.name}: ${error instanceof Error ? error.message : String(error)}`)
      return false
    }
  }

  function enter(capture: Capture, side: Side): void {
    say(`${capture.name} has been read.`)
    keep(withCapture(captures, view, capture, side))
    actions.go(settled(captures, viewInto(captures, view, side), connectionOf), 'replace')
  }

  /** What the address leads into and comes with the page is opened; the second one only beside the first. */
  function readLinked(): void {
    const sides = missing(captures, view)
    const ready = sides.flatMap((side) => {
      const file = recordingNamed(nameOf(view, side))
      return file === null ? [] : [{ file, side }]
    })
    if (ready.length > 0 && ready[0]?.side === sides[0]) read(ready)
  }

  function follow(): void {
    const asked = viewOfHash(location.hash)
    const names = { file: captures.a?.name ?? null, other: captures.b?.name ?? null }
    // A mark's own address names no capture: it leads into those that are open.
    view = asked.file === null && hashOfView(asked) !== '' ? { ...asked, ...names } : asked
    const next = named(captures, view)
    const isSame = next.a === captures.a && next.b === captures.b
    if (!isSame || missing(next, view).length > 0) {
      stopReading.abort()
      reading = null
      failure = null
    }
    keep(next)
    view = settled(captures, view, connectionOf)
    remember()
    if (hashOfView(view) !== hashOfView(asked)) history.replaceState(null, '', addressOf(view))
    readLinked()
    draw()
  }

  return { actions, state: () => ({ captures, reading, failure, view }), follow }
}

const addressOf = (view: View): string => hashOfView(view) || location.pathname

const leftOut = (names: readonly string[]) =>
  `Two captures can be open at once: ${names.join(', ')} ${names.length === 1 ? 'was' : 'were'} left out.`

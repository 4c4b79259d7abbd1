// Keeps the page's picture of the server live: server-sent events, re-opened whenever they break, lists fetched anew after each gap.
import { backoff } from '../retry-policy.ts'
import {
  type Api,
  ApiError,
  type Connection,
  type Hello,
  type ServerConfig,
  type ServerUpload,
} from './api.ts'
import {
  beginCapture,
  type CaptureAbout,
  type CaptureUpdate,
  endCapture,
  takeCapture,
} from './capture.ts'
import { replaceConnections, type ServerState, seeConnection } from './server-state.ts'

export interface LiveLink {
  /** Tries again at once, if it is waiting. */
  poke(): void
  /** Opens a new connection in place of one that may be dead. */
  reopen(): void
}

/** Follows `/api/events` for the life of the page. */
export function followServer(
  state: ServerState,
  api: Api,
  hear: {
    readonly onChange: () => void
    readonly onUpload: (upload: ServerUpload) => void
    readonly onRemoved: (id: string) => void
    /** The server answers again after it had not, or for the first time. */
    readonly onUp: () => void
  },
): LiveLink {
  let source: EventSource | null = null
  let attempt = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let opened = 0
  /** Uploads of which events told since the lists were asked for. */
  const heard = new Set<string>()

  const open = () => {
    clearTimeout(timer)
    timer = undefined
    source?.close()
    opened = Date.now()
    const events = new EventSource('/api/events')
    source = events
    const on = <T>(name: string, take: (data: T) => void) => {
      events.addEventListener(name, (event) => {
        take(JSON.parse((event as MessageEvent<string>).data) as T)
        hear.onChange()
      })
    }
    on<Hello & { readonly capture: CaptureAbout | null }>('hello', (hello) => {
      attempt = 0
      state.own.set(hello.connection, Date.now())
      state.config = configOf(hello)
      beginCapture(state.capture, hello.capture)
      state.isSignedOut = false
      void refresh(events).then(
        () => {
          // Another stream may have taken the place of this one meanwhile.
          if (source !== events) return
          state.link = 'up'
          hear.onUp()
          hear.onChange()
        },
        () => {
          if (source === events) lost()
        },
      )
    })
    on<ServerUpload>('upload', (upload) => {
      heard.add(upload.id)
      state.uploads.set(upload.id, upload)
      hear.onUpload(upload)
    })
    on<{ id: string }>('removed', ({ id }) => {
      heard.add(id)
      state.uploads.delete(id)
      hear.onRemoved(id)
    })
    on<Connection>('connection', (connection) =>
      seeConnection(state, connection, Date.now(), opened),
    )
    on<CaptureUpdate>('capture', (update) => takeCapture(state.capture, update))
    on<{ text: string }>('capture-ended', ({ text }) => endCapture(state.capture, text))
    events.onerror = () => {
      if (source === events) lost()
    }
  }

  const lost = () => {
    source?.close()
    source = null
    if (state.link === 'up') state.downSince = Date.now()
    if (state.link !== 'starting') state.link = 'down'
    hear.onChange()
    attempt += 1
    clearTimeout(timer)
    timer = setTimeout(open, backoff(attempt))
    // An event source doesn't tell why it failed; a sign-in that ran out must be told from a server that is away.
    if (navigator.onLine) void api.uploads('unfinished').catch(() => {})
  }

  const refresh = async (events: EventSource) => {
    // What events tell from now on is newer than the lists.
    heard.clear()
    // One after the other, so that one connection carries them all.
    const unfinished = await allUploads(api, 'unfinished')
    const damaged = await allUploads(api, 'damaged')
    const finished = await api.uploads('finished')
    const connections = await api.connections()
    // Another stream asks for newer lists.
    if (source !== events) return
    state.clockOffset = Date.now() - Date.parse(connections.now)
    const listed = [...unfinished, ...damaged, ...finished.uploads]
    const known = new Set(listed.map((upload) => upload.id))
    for (const id of state.uploads.keys())
      if (!known.has(id) && !heard.has(id)) state.uploads.delete(id)
    for (const upload of listed) {
      if (heard.has(upload.id)) continue
      state.uploads.set(upload.id, upload)
      hear.onUpload(upload)
    }
    state.finishedCursor = finished.next
    const ledger = [...connections.closed, ...connections.open]
    replaceConnections(state, ledger, opened, Date.now())
  }

  open()
  return {
    poke() {
      if (timer !== undefined) open()
    },
    reopen: open,
  }
}

function configOf({ config }: Hello): ServerConfig {
  return {
    maxSize: config.maxSize || null,
    expireAfter: config.expireAfter || null,
    keepAliveTimeout: config.keepAliveTimeout || null,
  }
}

/** Every upload in a state; the server gives them in pages. */
export async function allUploads(api: Api, wanted: ServerUpload['state']): Promise<ServerUpload[]> {
  const found: ServerUpload[] = []
  let cursor: string | null = null
  do {
    const page = await api.uploads(wanted, cursor)
    found.push(...page.uploads)
    cursor = page.next
  } while (cursor)
  return found
}

/** The sentence for a failed call. */
export function apiSentence(error: unknown): string {
  if (error instanceof ApiError) return error.message
  return navigator.onLine ? 'The server doesn’t answer.' : 'There is no network.'
}

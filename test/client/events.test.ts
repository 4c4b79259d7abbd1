// The page's picture of the server: lists that are asked for, and events that overtake them.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Api, ServerUpload } from '../../client/upload/api.ts'
import { followServer } from '../../client/upload/events.ts'
import { emptyServerState } from '../../client/upload/server-state.ts'

class FakeEvents extends EventTarget {
  static last: FakeEvents
  constructor() {
    super()
    FakeEvents.last = this
  }
  tell(name: string, data: unknown): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }))
  }
  isClosed = false
  close(): void {
    this.isClosed = true
  }
}

beforeEach(() => {
  vi.stubGlobal('EventSource', FakeEvents)
})
afterEach(() => {
  vi.unstubAllGlobals()
})

const hello = {
  connection: 1,
  config: { maxSize: 0, expireAfter: 0, keepAliveTimeout: 75 },
  capture: null,
}

const upload = (id: string, active: boolean) =>
  ({ id, active, state: 'unfinished' }) as unknown as ServerUpload

test('an event that comes while the lists are on their way is newer than they are', async () => {
  const state = emptyServerState()
  let answerConnections: () => void = () => {}
  const last = new Promise<void>((resolve) => {
    answerConnections = resolve
  })
  const api = {
    uploads: async (wanted: string) => ({
      uploads: wanted === 'unfinished' ? [upload('cut', true), upload('gone', false)] : [],
      next: null,
    }),
    connections: async () => {
      await last
      return { now: new Date().toISOString(), open: [], closed: [] }
    },
  } as unknown as Api
  const nothing = () => {}
  const up = new Promise<void>((resolve) => {
    followServer(state, api, {
      onChange: nothing,
      onUpload: nothing,
      onRemoved: nothing,
      onUp: resolve,
    })
  })
  FakeEvents.last.tell('hello', hello)
  FakeEvents.last.tell('upload', upload('cut', false))
  FakeEvents.last.tell('removed', { id: 'gone' })
  FakeEvents.last.tell('upload', upload('new', true))
  answerConnections()
  await up
  expect([...state.uploads.values()].map(({ id, active }) => [id, active])).toEqual([
    ['cut', false],
    ['new', true],
  ])
})

test('a stream that took the place of another is not ended by what the other one had asked', async () => {
  const state = emptyServerState()
  let failLists: () => void = () => {}
  let asked = 0
  const api = {
    uploads: () => {
      asked += 1
      // What the first stream asked fails, late; what the second one asks is on its way for ever.
      return new Promise((_, reject) => {
        if (asked === 1) failLists = () => reject(new Error('cut'))
      })
    },
  } as unknown as Api
  const nothing = () => {}
  const hear = { onChange: nothing, onUpload: nothing, onRemoved: nothing, onUp: nothing }
  const live = followServer(state, api, hear)
  const first = FakeEvents.last
  first.tell('hello', hello)
  live.reopen()
  const second = FakeEvents.last
  second.tell('hello', { ...hello, connection: 2 })
  failLists()
  await new Promise((resolve) => setTimeout(resolve, 10))
  expect([first.isClosed, second.isClosed]).toEqual([true, false])
})

test('0 in the settings of the server is no limit, and not one of nothing', () => {
  const state = emptyServerState()
  const never = { uploads: () => new Promise(() => {}) } as unknown as Api
  const nothing = () => {}
  followServer(state, never, {
    onChange: nothing,
    onUpload: nothing,
    onRemoved: nothing,
    onUp: nothing,
  })
  FakeEvents.last.tell('hello', hello)
  expect(state.config).toEqual({ maxSize: null, expireAfter: null, keepAliveTimeout: 75 })
})

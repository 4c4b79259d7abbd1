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
  close(): void {}
}

beforeEach(() => {
  vi.stubGlobal('EventSource', FakeEvents)
})
afterEach(() => {
  vi.unstubAllGlobals()
})

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
  FakeEvents.last.tell('hello', { connection: 1, config: null, capture: null })
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

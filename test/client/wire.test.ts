// The connection strip's facts: which connections are ours, when they were busy, what reuse saved, how they ended.
import { expect, test } from 'vitest'
import type { Connection } from '../../client/upload/api.ts'
import { endingOf, reuseSentence } from '../../client/upload/sentences.ts'
import {
  emptyServerState,
  idleSeconds,
  ownPatches,
  replaceConnections,
  seeConnection,
  seeOwnPatch,
} from '../../client/upload/server-state.ts'

const connection = (id: number, more: Partial<Connection> = {}): Connection => ({
  id,
  client: { address: '127.0.0.1', port: 50_000 + id },
  server: { address: '127.0.0.1', port: 8080 },
  opened: `2026-01-01T00:00:${String(id).padStart(2, '0')}Z`,
  closed: null,
  requests: 1,
  patches: 0,
  bytesReceived: 0,
  bytesSent: 0,
  idle: 0,
  longestIdle: 0,
  current: null,
  upload: null,
  ended: null,
  ...more,
})

test('the sentence counts handshakes, not requests', () => {
  expect(reuseSentence(0, 0)).toMatch(/^Nothing sent/)
  expect(reuseSentence(1, 1)).toBe('1 chunk went over one connection.')
  expect(reuseSentence(392, 1)).toBe('392 chunks went over one connection: 391 handshakes saved.')
  expect(reuseSentence(1392, 3)).toBe(
    '1,392 chunks went over 3 connections: 1,389 handshakes saved.',
  )
  expect(reuseSentence(2, 2)).toBe('2 chunks went over 2 connections: no handshake saved.')
})

test('an own PATCH is drawn as timed by its request, not as the events saw it', () => {
  const state = emptyServerState()
  state.own.set(1, 0)
  seeConnection(
    state,
    connection(1, { current: { method: 'PATCH', target: '/files/x', received: 9 } }),
    110,
  )
  seeOwnPatch(state, 1, 100, 300)
  seeOwnPatch(state, 1, 310, 500)
  expect(state.connections.get(1)?.spans).toEqual([
    { from: 100, to: 300 },
    { from: 310, to: 500 },
  ])
})

test('idle time goes on between events, and stands still while a request runs', () => {
  const state = emptyServerState()
  seeConnection(state, connection(1, { idle: 2 }), 1000)
  const seen = state.connections.get(1)
  if (!seen) throw new Error('not seen')
  expect(idleSeconds(seen, 4000)).toBe(5)
  seeConnection(
    state,
    connection(2, { current: { method: 'GET', target: '/', received: 9 } }),
    1000,
  )
  const busy = state.connections.get(2)
  expect(busy && idleSeconds(busy, 4000)).toBe(0)
})

test('after a restart of the server the chunks of its earlier life still count, under no living number', () => {
  const state = emptyServerState()
  state.own.set(1, 100)
  seeConnection(state, connection(1, { patches: 40 }), 100)
  seeConnection(state, connection(2, { patches: 7 }), 100)
  // The new life's number 1 is ours again (heard since), its number 2 somebody else's.
  state.own.set(1, 900)
  const listed = [
    connection(1, { opened: '2026-01-01T01:00:00Z', patches: 2 }),
    connection(2, { opened: '2026-01-01T01:00:00Z', patches: 5 }),
  ]
  replaceConnections(state, listed, 800, 1000)
  expect(ownPatches(state)).toEqual({ patches: 42, connections: 2 })
  const buried = state.connections.get(-1)?.connection
  expect(buried?.closed).not.toBeNull()
  expect(buried && endingOf(buried, 75)).toBe('ended with the server')
  expect([...state.own.keys()].sort()).toEqual([-1, 1])
})

test('a restart is also known by what an event tells, before the list comes', () => {
  const state = emptyServerState()
  for (const id of [1, 2]) {
    state.own.set(id, 100)
    seeConnection(state, connection(id, { patches: 10 * id }), 100)
  }
  // The new life's number 1 is this page's again, its number 2 somebody else's.
  state.own.set(1, 900)
  const reborn = { opened: '2026-01-01T01:00:00Z' }
  seeConnection(state, connection(1, { ...reborn, patches: 1 }), 910, 800)
  seeConnection(state, connection(2, { ...reborn, patches: 5 }), 910, 800)
  const listed = [1, 2].map((id) => connection(id, { ...reborn, patches: 5 }))
  replaceConnections(state, listed, 800, 1000)
  expect(ownPatches(state)).toEqual({ patches: 35, connections: 3 })
  expect([...state.own.keys()].sort()).toEqual([-1, -2, 1])
})

test('an ending says who, how, and after what idle time', () => {
  const ended = (by: 'client' | 'server', how: NonNullable<Connection['ended']>['how']) =>
    endingOf(connection(1, { closed: 'x', longestIdle: 75.02, ended: { by, how } }), 75)
  expect(endingOf(connection(1), 75)).toBeNull()
  expect(ended('server', 'idle-timeout')).toBe('closed by the server, idle 1 min 15 s')
  expect(ended('client', 'fin')).toBe('closed by the client')
  expect(ended('client', 'reset')).toBe('reset by the client')
  expect(ended('server', 'drain')).toBe('closed by the server, which was shutting down')
})

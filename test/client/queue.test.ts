// The queue against a server made of plain data: who may send, by what the server says now and not by what it said before.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Api, ServerUpload } from '../../client/upload/api.ts'
import { createBegunParts } from '../../client/upload/begun-parts.ts'
import { createGate } from '../../client/upload/gate.ts'
import { identify } from '../../client/upload/identity.ts'
import type { Job } from '../../client/upload/job.ts'
import { createQueue } from '../../client/upload/queue.ts'

beforeEach(() => {
  vi.stubGlobal('location', { href: 'http://127.0.0.1:8080/' })
  // Without locks, as over plain http from another machine.
  vi.stubGlobal('navigator', { onLine: true })
})

afterEach(() => {
  vi.unstubAllGlobals()
})

/** The digest of a fingerprint has a thread of its own, which a busy machine may not run for a second. */
const patience = { timeout: 10_000 }

const file = new File(['some bytes'], 'holiday.mp4', { lastModified: 1000 })

async function uploadOf(chosen: File, changes: Partial<ServerUpload>): Promise<ServerUpload> {
  const { fingerprint } = await identify(chosen, null)
  return {
    id: 'abcdefgh',
    url: '/files/abcdefgh',
    name: chosen.name,
    type: null,
    length: chosen.size,
    offset: 0,
    state: 'unfinished',
    created: '2026-01-02T03:04:05.000Z',
    modified: '2026-01-02T03:04:05.000Z',
    expires: null,
    metadata: { filename: chosen.name, lastModified: '1000', fingerprint: fingerprint ?? '' },
    active: false,
    connection: null,
    ...changes,
  }
}

/** `told` is what the events have told, `now` what the server answers when asked. */
function openQueue(told: readonly ServerUpload[], now: ServerUpload | null) {
  const started: Job[] = []
  const nothing = () => {}
  const api: Api = {
    uploads: async () => ({ uploads: told, next: null }),
    upload: async () => now,
    remove: async () => {},
    connections: async () => ({ now: '', open: [], closed: [] }),
    abilities: async () => ({ checksums: [], hasParts: false }),
    offset: async () => null,
    digest: async () => null,
  }
  const queue = createQueue({
    api,
    gate: createGate(),
    carrier: {
      async start(job) {
        started.push(job)
        return { kind: 'finished' }
      },
      pause: nothing,
      resume: nothing,
      drop: nothing,
    },
    maxSize: () => null,
    serverNow: () => Date.now(),
    liveUnfinished: () => told,
    onChange: nothing,
    onPatch: nothing,
    say: nothing,
    report: nothing,
    onFinished: nothing,
    begunParts: createBegunParts(null),
    partCount: () => 1,
    ready: async () => {},
    prove: () => null,
    onParts: nothing,
  })
  return { queue, started, phases: () => queue.transfers().map(({ phase }) => phase) }
}

test('a program that began to send after the last event is not pushed aside', async () => {
  const told = await uploadOf(file, { active: false })
  const { queue, started, phases } = openQueue([told], { ...told, active: true, offset: 4 })
  queue.add(file, null)
  await expect.poll(phases, patience).toEqual([{ kind: 'elsewhere', by: 'program' }])
  expect(started).toEqual([])
  expect(queue.transfers()[0]?.safe).toBe(4)
})

test('a program that stopped after the last event is not waited for', async () => {
  const told = await uploadOf(file, { active: true })
  const { queue, started } = openQueue([told], { ...told, active: false })
  queue.add(file, null)
  await expect
    .poll(() => started.map((job) => job.url), patience)
    .toEqual(['http://127.0.0.1:8080/files/abcdefgh'])
})

test('an upload that went away after the last event is left to HEAD to tell', async () => {
  const told = await uploadOf(file, { active: true })
  const { queue, started } = openQueue([told], null)
  queue.add(file, null)
  await expect
    .poll(() => started.map((job) => job.url), patience)
    .toEqual(['http://127.0.0.1:8080/files/abcdefgh'])
})

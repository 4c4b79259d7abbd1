// A file in parts, without a browser: the sum that the page hears, what is remembered of the parts, the rows of those not being sent.
import { expect, test } from 'vitest'
import type { Api } from '../../client/upload/api.ts'
import { createBegunParts } from '../../client/upload/begun-parts.ts'
import { type LineListener, newLine } from '../../client/upload/line.ts'
import { createPartLines, type PartRequest } from '../../client/upload/part-lines.ts'
import { createUnfinishedPartRows } from '../../client/upload/unfinished-parts.ts'

const identity = (filename: string) => ({
  filename,
  size: 300,
  lastModified: 1000,
  fingerprint: 's1:00',
})

const urls = ['a', 'b', 'c'].map((letter) => `http://127.0.0.1/files/${letter.repeat(8)}`)

function listener(told: string[]): LineListener {
  const note =
    (name: string) =>
    (...values: readonly unknown[]) =>
      void told.push([name, ...values].join(' '))
  return {
    onRequest: note('request'),
    onWait: note('wait'),
    onSent: note('sent'),
    onSafe: note('safe'),
    onPatch: note('patch'),
    onLost: note('lost'),
    onMended: note('mended'),
    onResumed: note('resumed'),
    onGone: note('gone'),
    onCreated: note('created'),
    findEmpty: async () => 'empty',
    findJoined: async () => 'joined',
    onOrphan: note('orphan'),
  }
}

const request = (method: string, url: string, concat?: string): PartRequest => ({
  getMethod: () => method,
  getURL: () => url,
  getHeader: (name) => (name === 'Upload-Concat' ? concat : undefined),
})

test('the page hears the sums of all parts', () => {
  const told: string[] = []
  const lines = createPartLines(newLine(new Blob([]), listener(told)), [])
  const [first = '', second = ''] = urls
  const one = lines.lineOf(request('PATCH', first)).hear
  const two = lines.lineOf(request('PATCH', second)).hear
  one.onSent(50)
  two.onSent(70)
  one.onSafe(50)
  two.onResumed(20, 'Connection lost')
  expect(told).toEqual([
    'sent 50',
    'sent 120',
    'safe 50',
    'sent 120',
    'resumed 70 Connection lost 70',
  ])
})

test('parts of an earlier page count before they are asked for again', () => {
  const told: string[] = []
  const begun = urls.map((url, index) => ({ url, safe: 10 * (index + 1) }))
  const lines = createPartLines(newLine(new Blob([]), listener(told)), begun)
  lines.lineOf(request('HEAD', urls[0] ?? '')).hear.onResumed(10, null)
  expect(told).toEqual(['resumed 60  60'])
})

test('a part that is gone starts anew alone; when all are gone, so is the upload', () => {
  const told: string[] = []
  const begun = urls.slice(0, 2).map((url) => ({ url, safe: 10 }))
  const lines = createPartLines(newLine(new Blob([]), listener(told)), begun)
  for (const url of urls.slice(0, 2)) lines.lineOf(request('HEAD', url)).hear.onGone()
  expect(told).toEqual(['resumed 10 the server no longer has a part of this upload 10', 'gone'])
})

test('the creations of parts, and the request that joins them, go by lines of their own', async () => {
  const told: string[] = []
  const lines = createPartLines(newLine(new Blob([]), listener(told)), [])
  const making = lines.lineOf(request('POST', '/files', 'partial'))
  const joining = lines.lineOf(request('POST', '/files', `final;${urls.join(' ')}`))
  // A part's URL is nothing to continue the whole with; one that came too late is removed.
  making.hear.onCreated(urls[0] ?? '')
  expect([told, making.isClosed, await making.hear.findEmpty()]).toEqual([[], true, null])
  joining.hear.onCreated('http://127.0.0.1/files/whole')
  expect(told).toEqual(['created http://127.0.0.1/files/whole'])
  expect(await joining.hear.findEmpty()).toBe('joined')
})

/** What `localStorage` would be. */
function shelf(text: string | null = null) {
  const held = { text }
  return {
    held,
    getItem: () => held.text,
    setItem(_key: string, value: string) {
      held.text = value
    },
  }
}

test('what is remembered survives a reload, one entry a file, the oldest forgotten first', () => {
  const one = shelf()
  const begun = createBegunParts(one)
  for (let n = 0; n < 60; n++) {
    begun.remember({ identity: identity(`file ${n}`), urls, created: n })
  }
  begun.remember({ identity: identity('file 59'), urls: urls.slice(0, 2), created: 99 })
  const again = createBegunParts(one)
  expect(again.all()).toHaveLength(50)
  expect(again.find(identity('file 9'))).toBeNull()
  expect(again.find(identity('file 59'))).toMatchObject({ created: 99, urls: urls.slice(0, 2) })
  again.forget(identity('file 59'))
  expect(createBegunParts(one).find(identity('file 59'))).toBeNull()
})

test('two tabs don’t forget each other’s files', () => {
  const one = shelf()
  const [here, there] = [createBegunParts(one), createBegunParts(one)]
  here.remember({ identity: identity('mine'), urls, created: 1 })
  there.remember({ identity: identity('theirs'), urls, created: 2 })
  expect(here.all().map((file) => file.identity.filename)).toEqual(['mine', 'theirs'])
  here.forget(identity('theirs'))
  expect(there.find(identity('theirs'))).toBeNull()
  expect(there.find(identity('mine'))).not.toBeNull()
})

test('a shelf that takes nothing more doesn’t bring back what it held before', () => {
  const full = shelf('[]')
  full.setItem = () => {
    throw new DOMException('full', 'QuotaExceededError')
  }
  const begun = createBegunParts(full)
  begun.remember({ identity: identity('mine'), urls, created: 1 })
  expect(begun.find(identity('mine'))).not.toBeNull()
})

test.each(['', '{', 'null', '{"a":1}', '[null,1,{"urls":[1]}]'])(
  'a damaged memory (%s) is an empty one',
  (text) => {
    expect(createBegunParts(shelf(text)).all()).toEqual([])
  },
)

test('the row of parts sums what the server has; gone on the server, it is forgotten', async () => {
  const offsets = new Map<string, number | null>([
    ['/files/aaaaaaaa', 10],
    ['/files/bbbbbbbb', null],
    ['/files/cccccccc', 30],
  ])
  const removed: string[] = []
  const api = {
    offset: async (path: string) => offsets.get(path) ?? null,
    remove: async (id: string) => void removed.push(id),
  } as unknown as Api
  const begun = createBegunParts(null)
  begun.remember({ identity: identity('film.mp4'), urls, created: 5000 })
  let changes = 0
  const rows = createUnfinishedPartRows(api, begun, () => {
    changes += 1
  })
  const notHere = () => false
  expect(rows.rows(notHere)).toEqual([])
  await expect.poll(() => changes).toBe(1)
  expect(rows.rows(notHere)).toMatchObject([
    { name: 'film.mp4', offset: 40, length: 300, parts: 3, safe: [10, 0, 30], url: '' },
  ])
  // While the file is being sent it has its row among those.
  expect(rows.rows(() => true)).toEqual([])
  expect(rows.rows(notHere)).toEqual([])
  await expect.poll(() => changes).toBe(2)

  const [row] = rows.rows(notHere)
  if (!row) throw new Error('the row is not there again')
  expect(await rows.remove(row)).toBe(true)
  expect(removed).toEqual(['aaaaaaaa', 'bbbbbbbb', 'cccccccc'])
  expect(begun.all()).toEqual([])

  begun.remember({ identity: identity('gone.mp4'), urls, created: 5000 })
  for (const path of offsets.keys()) offsets.set(path, null)
  rows.rows(notHere)
  await expect.poll(() => begun.all()).toEqual([])
})

// What ends an upload: its length, or the client's word.
import { PassThrough } from 'node:stream'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { stateOf, type Upload } from '../../server/uploads/upload.ts'
import type { Uploads } from '../../server/uploads/uploads.ts'
import {
  bodyOf,
  closeFolder,
  closeResources,
  digestOf,
  openFolder,
  promising,
  refusalOf,
  requestOf,
} from '../helpers/resource.ts'
import { cleanUp, temporaryFolder } from '../helpers/server.ts'

let dir = ''
let uploads: Uploads
beforeEach(async () => {
  dir = await temporaryFolder()
  uploads = await openFolder(dir)
})
afterEach(closeResources)
afterAll(cleanUp)

async function reopen(): Promise<void> {
  await closeFolder(uploads)
  uploads = await openFolder(dir)
}

const create = (length: number | null, endsByWord = false) =>
  uploads.create({ length, metadata: '', endsByWord })

type Parts = Parameters<typeof requestOf>[2]
const append = ({ info }: Upload, offset: number, bytes: string, parts: Parts = {}) =>
  uploads.append(info.id, requestOf(offset, bytes, parts))

/** State, offset and length, as seen without completing anything. */
async function seen({ info }: Upload) {
  const upload = await uploads.look(info.id)
  return [stateOf(upload), upload.offset, upload.info.length]
}

describe('by its length', () => {
  test('reaching it is the end', async () => {
    const upload = await create(5)
    await append(upload, 0, 'hel')
    expect(await seen(upload)).toEqual(['unfinished', 3, 5])
    await append(upload, 3, 'lo')
    expect(await seen(upload)).toEqual(['finished', 5, 5])
  })

  test('declared late, even by an empty body', async () => {
    const upload = await create(null)
    await append(upload, 0, 'hello')
    expect(await seen(upload)).toEqual(['unfinished', 5, null])
    await append(upload, 5, '', { length: 5, bodyLength: 0 })
    expect(await seen(upload)).toEqual(['finished', 5, 5])
  })
})

describe('"more": not the end yet', () => {
  test('reaching the length completes nothing: not the body, a look, the sweep or a restart', async () => {
    const upload = await create(5, true)
    await append(upload, 0, 'hello', { end: 'more' })
    expect(await seen(upload)).toEqual(['unfinished', 5, 5])
    await uploads.sweep()
    expect(await seen(upload)).toEqual(['unfinished', 5, 5])
    await reopen()
    await uploads.sweep()
    expect(await seen(upload)).toEqual(['unfinished', 5, 5])
  })

  test('it is remembered of an upload that was made to end by its length', async () => {
    const upload = await create(5)
    await append(upload, 0, 'hello', { end: 'more' })
    await reopen()
    expect(await seen(upload)).toEqual(['unfinished', 5, 5])
    await append(upload, 5, '', { end: 'last', bodyLength: 0 })
    expect(await seen(upload)).toEqual(['finished', 5, 5])
  })

  test('it is remembered even if the body is cut', async () => {
    const upload = await create(5)
    const body = new PassThrough()
    body.write('hello')
    const work = refusalOf(uploads.append(upload.info.id, requestOf(0, body, { end: 'more' })))
    setImmediate(() => body.destroy())
    expect(await work).toBe('interrupted')
    await reopen()
    expect((await seen(upload))[0]).toBe('unfinished')
  })

  test('a client that asks by tus takes the offset for the end: then it is', async () => {
    const upload = await create(5, true)
    await append(upload, 0, 'hello', { end: 'more' })
    await reopen()
    const found = await uploads.find(upload.info.id)
    expect(stateOf(found)).toBe('finished')
    await reopen()
    expect(await seen(upload)).toEqual(['finished', 5, 5])
  })

  test('a client that appends by tus ends it by the length', async () => {
    const upload = await create(5, true)
    await append(upload, 0, 'hel', { end: 'more' })
    await append(upload, 3, 'lo', { end: 'length' })
    expect(await seen(upload)).toEqual(['finished', 5, 5])
  })

  test('where no length is known, bodies come one after the other', async () => {
    const upload = await create(null, true)
    for (const offset of [0, 2, 4]) await append(upload, offset, 'xy', { end: 'more' })
    await reopen()
    expect(await seen(upload)).toEqual(['unfinished', 6, null])
  })

  test('bodies that do not fit are refused as ever', async () => {
    const upload = await create(5, true)
    expect(await refusalOf(append(upload, 0, 'hello!', { end: 'more' }))).toBe('beyond-length')
    expect(await seen(upload)).toEqual(['unfinished', 5, 5])
  })
})

describe('"last": here it ends', () => {
  test('at the length', async () => {
    const upload = await create(5, true)
    await append(upload, 0, 'hel', { end: 'more' })
    await append(upload, 3, 'lo', { end: 'last' })
    expect(await seen(upload)).toEqual(['finished', 5, 5])
  })

  test('and makes the length, where none is known', async () => {
    for (const bodyLength of [5, null]) {
      const upload = await create(null, true)
      await append(upload, 0, 'hello', { end: 'last', bodyLength })
      expect(await seen(upload)).toEqual(['finished', 5, 5])
      await reopen()
      expect(await seen(upload)).toEqual(['finished', 5, 5])
    }
  })

  test('with nothing in it, of an upload with nothing in it', async () => {
    const upload = await create(null, true)
    await append(upload, 0, '', { end: 'last', bodyLength: 0 })
    expect(await seen(upload)).toEqual(['finished', 0, 0])
  })

  test('an upload without bytes waits for the word too', async () => {
    const upload = await create(0, true)
    expect(await seen(upload)).toEqual(['unfinished', 0, 0])
    await append(upload, 0, '', { end: 'last', bodyLength: 0 })
    expect(await seen(upload)).toEqual(['finished', 0, 0])
  })

  test('too short by what its head says: nothing of it is taken', async () => {
    const upload = await create(5, true)
    const error = await append(upload, 0, 'hel', { end: 'last', bodyLength: 3 }).catch((e) => e)
    expect(error).toMatchObject({ code: 'length-conflict', offset: 0 })
    expect(await seen(upload)).toEqual(['unfinished', 0, 5])
  })

  test('too short, as it turns out: its bytes are kept, and the upload goes on', async () => {
    const upload = await create(5, true)
    const error = await append(upload, 0, 'hel', { end: 'last' }).catch((e) => e)
    expect(error).toMatchObject({ code: 'length-conflict', offset: 3 })
    await reopen()
    expect(await seen(upload)).toEqual(['unfinished', 3, 5])
    await append(upload, 3, 'lo', { end: 'last' })
    expect(await seen(upload)).toEqual(['finished', 5, 5])
  })

  test('cut off it is no end', async () => {
    const upload = await create(null, true)
    const body = bodyOf('hello', 1)
    let pieces = 0
    body.on('data', () => {
      pieces += 1
      if (pieces === 3) body.destroy()
    })
    expect(
      await refusalOf(uploads.append(upload.info.id, requestOf(0, body, { end: 'last' }))),
    ).toBe('interrupted')
    const [state, offset, length] = await seen(upload)
    expect([state, length]).toEqual(['unfinished', null])
    await append(upload, Number(offset), '!', { end: 'last' })
    expect((await seen(upload))[0]).toBe('finished')
  })

  test('damaged on its way it is no end either', async () => {
    const upload = await create(null, true)
    const check = promising(digestOf('sha256', 'hello'))
    expect(await refusalOf(append(upload, 0, 'hellO', { end: 'last', check }))).toBe(
      'checksum-mismatch',
    )
    expect(await seen(upload)).toEqual(['unfinished', 0, null])
    await append(upload, 0, 'hello', { end: 'last', check })
    expect(await seen(upload)).toEqual(['finished', 5, 5])
  })

  test('after the end nothing more can come; to repeat the end is harmless', async () => {
    const upload = await create(5, true)
    await append(upload, 0, 'hello', { end: 'last' })
    await append(upload, 5, '', { end: 'last', bodyLength: 0 })
    await append(upload, 5, '', { end: 'more', bodyLength: 0 })
    expect(await refusalOf(append(upload, 5, '!', { end: 'last' }))).toBe('beyond-length')
    expect(await seen(upload)).toEqual(['finished', 5, 5])
    await reopen()
    expect(await seen(upload)).toEqual(['finished', 5, 5])
  })
})

test('an upload that broke a rule is gone, with the reason', async () => {
  const upload = await create(5, true)
  await append(upload, 0, 'hel', { end: 'more' })
  await uploads.invalidate(upload.info.id, 'More came than there is.')
  const error = await uploads.look(upload.info.id).catch((reason) => reason)
  expect(error).toMatchObject({ code: 'gone', message: 'More came than there is.' })
  expect(await refusalOf(append(upload, 3, 'lo'))).toBe('gone')
  await reopen()
  expect(await refusalOf(uploads.look(upload.info.id))).toBe('not-found')
})

test('a client that comes back makes the writer leave, and the offset stays', async () => {
  const upload = await create(10, true)
  const body = new PassThrough()
  body.write('hello')
  const work = refusalOf(uploads.append(upload.info.id, requestOf(0, body, { end: 'last' })))
  await new Promise((resolve) => uploads.events.once('progress', resolve))
  const after = await uploads.takeOver(upload.info.id)
  expect(await work).toBe('evicted')
  expect([after.offset, after.lock.holder]).toEqual([5, null])
})

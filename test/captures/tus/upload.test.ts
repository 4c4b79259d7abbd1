// Uploads across connections: length, offset, resumptions, what was sent again, whether the offsets fit one another.
import { describe, expect, test } from 'vitest'
import {
  body,
  created,
  creation,
  head,
  offset,
  patch,
  stored,
  type Told,
  tellUploads,
} from './told.ts'

const only = ({ uploads }: Told) => {
  expect(uploads).toHaveLength(1)
  return uploads[0]
}

const text = (...lines: readonly string[]) => lines.join('\n')

const part = (from: number, length: number, answered = from + length) => [
  patch('/files/1', from, length),
  body(length),
  stored(answered),
]

test('an upload in many PATCHes on one connection', () => {
  const name = 'Upload-Metadata: filename aG9saWRhecOkLm1wNA==,type dmlkZW8vbXA0\\r\\n'
  const told = tellUploads([
    text(
      creation(3000, name),
      created('/files/1'),
      ...part(0, 1000),
      ...part(1000, 1000),
      ...part(2000, 1000),
    ),
  ])
  expect(only(told)).toEqual({
    url: '/files/1',
    protocol: 'tus',
    protocols: [{ protocol: 'tus', version: '1.0.0' }],
    length: 3000,
    offset: 3000,
    isOffsetKnown: true,
    patches: 3,
    connections: [0],
    resumptions: 0,
    complete: true,
    filename: 'holidayä.mp4',
    cancelled: false,
    bytesSentAgain: 0,
    damaged: 0,
    concatenation: null,
    isConsistent: true,
    start: 0.001,
    end: 0.011,
  })
})

test('a new connection for each PATCH is no resumption', () => {
  const told = tellUploads([
    text(creation(2000), created('/files/1'), ...part(0, 1000)),
    text('{packet 20}', ...part(1000, 1000)),
  ])
  expect(only(told)).toMatchObject({
    connections: [0, 1],
    patches: 2,
    resumptions: 0,
    complete: true,
  })
})

test('a pause in a PATCH, the question for the offset, and the rest on another connection', () => {
  const told = tellUploads([
    text(
      creation(8000),
      created('/files/1'),
      patch('/files/1', 0, 8000),
      body(1460),
      body(1460),
      '> {fin}',
    ),
    text(
      '{packet 20}',
      head('/files/1'),
      offset(2920, 8000),
      patch('/files/1', 2920, 5080),
      body(5080),
      stored(8000),
    ),
  ])
  expect(told.lines).toEqual([
    '0.1 creation /files/1 -> -?',
    '0.2 append /files/1 0-2920 -> -?',
    '1.1 offset /files/1 -> 2920',
    '1.2 append /files/1 2920-8000 -> 8000',
  ])
  expect(only(told)).toMatchObject({
    connections: [0, 1],
    patches: 2,
    resumptions: 1,
    bytesSentAgain: 0,
    isConsistent: true,
    complete: true,
  })
})

test('bytes that the server had lost are sent again', () => {
  const told = tellUploads([
    text(creation(4000), created('/files/1'), patch('/files/1', 0, 4000), body(3000), '< {reset}'),
    text('{packet 20}', head('/files/1'), offset(1200), ...part(1200, 2800)),
  ])
  expect(only(told)).toMatchObject({ resumptions: 1, bytesSentAgain: 1800, isConsistent: true })
})

test('the next bytes on another connection after an answer that never came are a resumption', () => {
  const told = tellUploads([
    text(creation(2000), created('/files/1'), patch('/files/1', 0, 1000), body(1000), '< {reset}'),
    text('{packet 20}', ...part(1000, 1000)),
  ])
  expect(only(told)).toMatchObject({ resumptions: 1, isConsistent: true, complete: true })
})

test('a resumption of an upload from before the capture', () => {
  const told = tellUploads([text(head('/files/1'), offset(5000, 6000), ...part(5000, 1000))])
  expect(only(told)).toMatchObject({ resumptions: 1, length: 6000, offset: 6000, complete: true })
})

test('an offset asked for at the start, or of an upload that doesn’t go on, is no resumption', () => {
  const told = tellUploads([
    text(
      creation(1000),
      created('/files/1'),
      head('/files/1'),
      offset(0),
      ...part(0, 1000),
      head('/files/1'),
      offset(1000),
    ),
  ])
  expect(only(told)).toMatchObject({ resumptions: 0, complete: true })
})

describe('the length', () => {
  const deferred =
    '> POST /files HTTP/1.1\\r\\nTus-Resumable: 1.0.0\\r\\nUpload-Defer-Length: 1\\r\\nContent-Length: 0\\r\\n\\r\\n'

  test('may be told by a later PATCH', () => {
    const told = tellUploads([
      text(
        deferred,
        created('/files/1'),
        ...part(0, 500),
        patch('/files/1', 500, 500, 'Upload-Length: 1000\\r\\n'),
        body(500),
        stored(1000),
      ),
    ])
    expect(only(told)).toMatchObject({ length: 1000, complete: true })
  })

  test('may never be told', () => {
    const told = tellUploads([text(deferred, created('/files/1'), ...part(0, 500))])
    expect(only(told)).toMatchObject({ length: null, offset: 500, complete: false })
  })

  test('may be told by the answer to a HEAD', () => {
    const told = tellUploads([text(head('/files/1'), offset(0, 10))])
    expect(only(told)).toMatchObject({ length: 10, offset: 0, complete: false })
  })

  test('may be 0: then the upload is complete as it is created', () => {
    const told = tellUploads([text(creation(0), created('/files/1'))])
    expect(only(told)).toMatchObject({ length: 0, offset: 0, complete: true, patches: 0 })
  })
})

describe('offsets that do not fit', () => {
  const start = [creation(9000), created('/files/1')]

  test('an answer beyond what was sent', () => {
    const told = tellUploads([text(...start, ...part(0, 1000, 1500))])
    expect(told.lines[1]).toBe('0.2 append /files/1 0-1000 -> 1500!')
    expect(only(told)?.isConsistent).toBe(false)
  })

  test('an answer before where the PATCH began', () => {
    const told = tellUploads([text(...start, ...part(0, 1000), ...part(1000, 1000, 500))])
    expect(told.lines[2]).toBe('0.3 append /files/1 1000-2000 -> 500!')
  })

  test('a PATCH that begins where the server can’t be', () => {
    const told = tellUploads([
      text(...start, ...part(0, 1000), patch('/files/1', 2000, 10), body(10)),
    ])
    expect(told.lines[2]).toBe('0.3 append /files/1 2000-2010 -> -!')
  })

  test('a PATCH that sends again what the server has', () => {
    const told = tellUploads([text(...start, ...part(0, 1000), ...part(500, 1000))])
    expect(told.lines[2]).toBe('0.3 append /files/1 500-1500 -> 1500!')
    expect(only(told)?.bytesSentAgain).toBe(500)
  })

  test('an answer to HEAD below what the server had told', () => {
    const told = tellUploads([
      text(...start, ...part(0, 1000), head('/files/1'), offset(400), ...part(400, 1000)),
    ])
    expect(told.lines.slice(2)).toEqual([
      '0.3 offset /files/1 -> 400!',
      '0.4 append /files/1 400-1400 -> 1400',
    ])
    expect(only(told)).toMatchObject({ offset: 1400, isConsistent: false })
  })

  test('an answer to HEAD beyond what was ever sent', () => {
    const told = tellUploads([
      text(...start, patch('/files/1', 0, 5000), body(1000), '> {fin}'),
      text('{packet 20}', head('/files/1'), offset(1001)),
    ])
    expect(told.lines[2]).toBe('1.1 offset /files/1 -> 1001!')
  })
})

describe('offsets that fit', () => {
  test('a server that stored a part of a PATCH', () => {
    const told = tellUploads([
      text(creation(2000), created('/files/1'), ...part(0, 1000, 600), ...part(600, 1400)),
    ])
    expect(only(told)).toMatchObject({ isConsistent: true, complete: true, bytesSentAgain: 400 })
  })

  test('a refusal says nothing of the bytes', () => {
    const told = tellUploads([
      text(
        creation(2000),
        created('/files/1'),
        patch('/files/1', 0, 1000),
        body(1000),
        '< HTTP/1.1 423 Locked\\r\\nContent-Length: 0\\r\\n\\r\\n',
        ...part(0, 2000),
      ),
    ])
    expect(told.lines).toEqual([
      '0.1 creation /files/1 -> -?',
      '0.2 append /files/1 0-1000 -> -?',
      '0.3 append /files/1 0-2000 -> 2000',
    ])
    expect(only(told)).toMatchObject({ isConsistent: true, bytesSentAgain: 1000 })
  })

  test('a server that refuses an offset which is not its own is right', () => {
    const told = tellUploads([
      text(
        creation(2000),
        created('/files/1'),
        ...part(0, 500),
        patch('/files/1', 1000, 1000),
        body(1000),
        '< HTTP/1.1 409 Conflict\\r\\nUpload-Offset: 500\\r\\nContent-Length: 0\\r\\n\\r\\n',
        ...part(500, 1500),
      ),
    ])
    expect(told.lines[2]).toBe('0.3 append /files/1 1000-2000 -> 500')
    expect(only(told)).toMatchObject({ isConsistent: true, complete: true })
  })

  test('one that takes such an offset is not, nor one that refuses with an offset it can not have', () => {
    const taken = tellUploads([text(creation(2000), created('/files/1'), ...part(1000, 1000))])
    expect(only(taken)).toMatchObject({ isConsistent: false })
    const refused = tellUploads([
      text(
        creation(2000),
        created('/files/1'),
        ...part(0, 500),
        patch('/files/1', 1000, 1000),
        body(1000),
        '< HTTP/1.1 409 Conflict\\r\\nUpload-Offset: 400\\r\\nContent-Length: 0\\r\\n\\r\\n',
      ),
    ])
    expect(refused.lines[2]).toBe('0.3 append /files/1 1000-2000 -> 400!')
  })

  test('what a request that was not captured may have sent is no one’s fault', () => {
    const told = tellUploads([
      text(
        creation(2000),
        created('/files/1'),
        ...part(0, 500),
        // Of the next one head and body are missing.
        '> {gap 700}',
        stored(1000),
        ...part(1000, 500),
        ...part(1500, 500),
      ),
    ])
    expect(told.lines.slice(2)).toEqual([
      '0.4 append /files/1 1000-1500 -> 1500',
      '0.5 append /files/1 1500-2000 -> 2000',
    ])
    expect(only(told)).toMatchObject({ isConsistent: true })
  })

  test('a gap excuses nothing that comes later', () => {
    const told = tellUploads([
      text(
        creation(4000),
        created('/files/1'),
        '> {gap 700}',
        stored(500),
        ...part(500, 500),
        ...part(2000, 500),
      ),
    ])
    expect(told.lines.at(-1)).toBe('0.4 append /files/1 2000-2500 -> 2500!')
  })

  test('a success that tells no offset is taken for the whole of it', () => {
    const told = tellUploads([
      text(
        creation(1000),
        created('/files/1'),
        patch('/files/1', 0, 1000),
        body(1000),
        '< HTTP/1.1 204 No Content\\r\\nTus{of 300}',
      ),
    ])
    expect(told.lines[1]).toBe('0.2 append /files/1 0-1000 -> -?')
    expect(only(told)).toMatchObject({ offset: 1000, complete: true })
  })
})

describe('what is one upload, and what is none', () => {
  test('two URLs are two, in the order in which they began', () => {
    const { uploads } = tellUploads([
      text('{packet 5}', patch('/files/2', 0, 3), '> abc', stored(3)),
      text('{packet 1}', patch('/files/1', 0, 3), '> abc', stored(3)),
    ])
    expect(uploads.map(({ url, connections }) => [url, connections])).toEqual([
      ['/files/1', [1]],
      ['/files/2', [0]],
    ])
  })

  test('the same URL at another address of the server, later, is the same', () => {
    const told = tellUploads(
      [
        text(creation(2000), created('/files/1'), ...part(0, 1000)),
        text('{packet 20}', ...part(1000, 1000)),
      ],
      ['[::1]:8080', '127.0.0.1:8080'],
    )
    expect(only(told)).toMatchObject({ connections: [0, 1], complete: true })
  })

  test('a proxy’s connection behind it is another one: nothing was sent again', () => {
    const { uploads } = tellUploads(
      [
        text(...part(0, 1000), ...part(1000, 1000)),
        text('{packet 2}', ...part(0, 1000), ...part(1000, 1000)),
      ],
      ['10.0.0.1:80', '10.0.0.2:8080'],
    )
    expect(uploads.map((one) => [one.connections, one.bytesSentAgain])).toEqual([
      [[0], 0],
      [[1], 0],
    ])
  })

  test('a creation that was refused is none', () => {
    const { uploads } = tellUploads([
      text(creation(10), '< HTTP/1.1 413 No\\r\\nContent-Length: 0\\r\\n\\r\\n'),
    ])
    expect(uploads).toEqual([])
  })

  test('an upload that the server does not know is none', () => {
    const { uploads } = tellUploads([
      text(head('/files/1'), '< HTTP/1.1 404 Not Found\\r\\nTus-Resumable: 1.0.0\\r\\n\\r\\n'),
    ])
    expect(uploads).toEqual([])
  })

  test('a final upload is there as soon as it is created', () => {
    const final =
      '> POST /files HTTP/1.1\\r\\nHost: a\\r\\nTus-Resumable: 1.0.0\\r\\nUpload-Concat: final;/files/1 /files/2\\r\\nContent-Length: 0\\r\\n\\r\\n'
    const told = tellUploads([text(final, created('/files/3'))])
    expect(only(told)).toMatchObject({ url: '/files/3', complete: true, patches: 0 })
  })
})

// Uploads by chance, broken off anywhere: what is told of them is what the client and the server did.
import { expect, test } from 'vitest'
import { type Random, randomOf } from '../random.ts'
import { body, created, creation, head, offset, patch, stored, tellUploads } from './told.ts'

interface Played {
  readonly texts: readonly string[]
  readonly length: number
  /** What the server had told of last. */
  readonly known: number
  readonly patches: number
  readonly resumptions: number
  readonly sent: number
  readonly furthest: number
}

/** A client that follows tus, over links that break, with a server that stores some of what it gets. */
function play(random: Random): Played {
  const length = 1 + random.integer(20_000)
  const url = '/files/1'
  const texts: string[] = []
  let lines: string[] = [creation(length), created(url)]
  let packet = 1
  let stock = 0
  let known = 0
  let patches = 0
  let resumptions = 0
  let sent = 0
  let furthest = 0

  function reconnect(): void {
    texts.push([`{packet ${packet}}`, ...lines].join('\n'))
    packet += lines.length + 5
    lines = []
  }

  for (let round = 0; known < length && round < 30; round += 1) {
    const size = Math.min(length - known, 1 + random.integer(6000))
    patches += 1
    const isBroken = random.next() < 0.4
    const arrives = isBroken ? random.integer(size + 1) : size
    lines.push(patch(url, known, size), ...(arrives > 0 ? [body(arrives)] : []))
    sent += arrives
    furthest = Math.max(furthest, known + arrives)
    if (isBroken) {
      stock = known + random.integer(arrives + 1)
      if (random.next() < 0.5) lines.push('> {fin}')
      reconnect()
      lines.push(head(url), offset(stock, length))
      if (stock < length) resumptions += 1
      known = stock
    } else {
      stock = known + size
      known = stock
      lines.push(stored(stock))
      if (random.next() < 0.3) reconnect()
    }
  }
  reconnect()
  return { texts, length, known, patches, resumptions, sent, furthest }
}

test('three hundred uploads', () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const played = play(randomOf(seed))
    const { uploads, lines } = tellUploads(played.texts)
    expect(uploads, `seed ${seed}: ${lines.join(' | ')}`).toMatchObject([
      {
        length: played.length,
        offset: played.known,
        patches: played.patches,
        complete: played.known >= played.length,
        isConsistent: true,
        bytesSentAgain: played.sent - played.furthest,
      },
    ])
    if (played.known >= played.length) {
      expect(uploads[0]?.resumptions, `seed ${seed}`).toBe(played.resumptions)
    }
  }
})

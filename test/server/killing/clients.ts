// What the clients do until the service is killed: uploads in checked and unchecked bodies, parts, and finals made of them.
import type { Random } from '../../captures/random.ts'
import { create, creation, exchange, head, metadata, pathOf, remove } from '../../helpers/tus.ts'
import { type Address, connect, type Wire } from '../../helpers/wire.ts'
import { sendBody } from './body.ts'
import { between, bytesOf, type Known, type KnownFinal, type Moment, type World } from './world.ts'

export interface Life {
  readonly server: Address
  readonly world: World
  readonly random: Random
  /** Tells whoever holds the gun. */
  happens(moment: Moment): void
}

let names = 0

/** Works until the service is gone: then, and only then, it ends. */
export async function liveUntilDeath(life: Life, isDead: () => boolean): Promise<void> {
  while (!isDead()) {
    try {
      const wire = await connect(life.server)
      try {
        if (life.random.integer(3) === 0) await uploadAlone(life, wire)
        else await uploadInParts(life, wire)
      } finally {
        wire.close()
      }
    } catch (error) {
      // The server's death cuts every connection, and nothing else may.
      if (!isDead()) {
        life.world.wrong.push(`a client was cut off: ${error}`)
        return
      }
    }
  }
}

async function uploadAlone(life: Life, wire: Wire): Promise<void> {
  const upload = newUpload(life, 'plain', between(life.random, 1, 300_000))
  await createKnown(wire, upload)
  await finish(life, wire, upload)
}

async function uploadInParts(life: Life, wire: Wire): Promise<void> {
  const { random, world } = life
  const parts = Array.from({ length: between(random, 1, 4) }, () =>
    newUpload(life, 'part', random.integer(8) === 0 ? 0 : between(random, 1, 150_000)),
  )
  for (const part of parts) await createKnown(wire, part)
  // So many of them before the final is made; the rest makes it whole.
  const first = random.integer(2) === 0 ? parts.length : random.integer(parts.length)
  for (const part of parts.slice(0, first)) await finish(life, wire, part)
  const order = [...parts, ...(random.integer(3) === 0 ? [random.pick(parts)] : [])]
  const final = newFinal(order)
  world.finals.push(final)
  await createFinal(wire, final, () => life.happens('final sent'))
  life.happens('final answered')
  const rest = parts.slice(first)
  for (const part of rest) {
    await finish(life, wire, part, part === rest.at(-1) ? 'last part sent' : undefined)
  }
  await noteWhole(life, wire, final)
  if (random.integer(3) > 0) return
  for (const part of parts) {
    if (random.integer(2) === 0) continue
    part.removing = true
    const removed = remove(wire, part.target ?? '')
    life.happens('removal sent')
    const { status } = await removed
    if (status !== 204) world.wrong.push(`DELETE of a part: ${status}`)
  }
}

export function newUpload({ world, random }: Life, kind: Known['kind'], length: number): Known {
  names += 1
  const upload: Known = {
    name: `${kind}-${names}`,
    kind,
    source: bytesOf(random, length),
    target: null,
    told: 0,
    flying: null,
    removing: false,
  }
  world.uploads.push(upload)
  return upload
}

function newFinal(parts: readonly Known[]): KnownFinal {
  names += 1
  const header = `final;${parts.map(({ target }) => target).join(' ')}`
  return { name: `final-${names}`, parts, header, target: null, toldWhole: false }
}

/** A creation, which is noted once it is answered. */
export async function createKnown(wire: Wire, upload: Known): Promise<void> {
  const answer = await create(wire, {
    length: upload.source.length,
    metadata: metadata({ filename: upload.name }),
    headers: upload.kind === 'part' ? { 'Upload-Concat': 'partial' } : {},
  })
  upload.target = pathOf(answer)
}

export async function createFinal(
  wire: Wire,
  final: KnownFinal,
  onSent: () => void = () => undefined,
): Promise<void> {
  const parts = creation({
    length: null,
    metadata: metadata({ filename: final.name }),
    headers: { 'Upload-Concat': final.header },
  })
  const { 'Upload-Defer-Length': _, ...headers } = parts.headers ?? {}
  const answer = exchange(wire, { ...parts, headers })
  onSent()
  final.target = pathOf(await answer)
}

/** Sends what is missing, body after body; a wrong one is refused and sent again. */
export async function finish(
  life: Life,
  wire: Wire,
  upload: Known,
  onLastBody?: Moment,
): Promise<void> {
  const { random, world } = life
  const { target } = upload
  if (target === null) throw new Error(`${upload.name} has no URL`)
  while (upload.told < upload.source.length) {
    const left = upload.source.length - upload.told
    const length = Math.min(left, between(random, 1, 120_000))
    const sent = await sendBody(
      wire,
      random,
      Object.assign(upload, { target }),
      length,
      (flying) => {
        upload.flying = flying
      },
      (counts) => {
        if (counts === 'never') life.happens('wrong body sent')
        else if (onLastBody !== undefined && length === left) life.happens(onLastBody)
        else if (counts === 'whole') life.happens('checked body sent')
      },
    )
    const answer = await sent.answer
    const is = `${answer.status} ${answer.header('upload-offset')}`
    const must = sent.counts === 'never' ? /^460 / : new RegExp(`^204 ${upload.told + length}$`)
    if (!must.test(is)) world.wrong.push(`a body that counts "${sent.counts}": ${is}`)
    if (answer.status === 204) upload.told = Number(answer.header('upload-offset'))
    upload.flying = null
  }
}

async function noteWhole(life: Life, wire: Wire, final: KnownFinal): Promise<void> {
  const length = final.parts.reduce((sum, { source }) => sum + source.length, 0)
  const looked = await head(wire, final.target ?? '')
  const is = [looked.status, looked.header('upload-offset'), looked.header('upload-length')]
  final.toldWhole = is.join(' ') === `200 ${length} ${length}`
  if (!final.toldWhole) life.world.wrong.push(`a final of finished parts: HEAD is ${is}`)
}

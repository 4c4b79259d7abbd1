// After the kill and the restart: does the service, and does its folder, hold what was told, and nothing that was not verified?
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { RunningServer } from '../../helpers/server.ts'
import { get, head } from '../../helpers/tus.ts'
import type { Address } from '../../helpers/wire.ts'
import { contentOf, type Known, type KnownFinal, sha256, type World } from './world.ts'

interface Listed {
  readonly id: string
  readonly url: string
  readonly name: string | null
  readonly state: string
}

/** The uploads that the API lists; the lists of a round fit into one page. */
export async function listOf(server: Address): Promise<Listed[]> {
  const answer = JSON.parse((await get(server, '/api/uploads?limit=500')).text)
  return answer.uploads
}

/** Finds the uploads whose creation was not answered, by their names, and says which of the folder nobody knows. */
export async function adopt({ dir }: RunningServer, world: World): Promise<string[]> {
  const wrong: string[] = []
  const all = [...world.uploads, ...world.finals]
  for (const file of await readdir(dir)) {
    if (!file.endsWith('.json')) continue
    const target = `/files/${file.slice(0, -'.json'.length)}`
    if (all.some((known) => known.target === target)) continue
    const record = await readFile(path.join(dir, file), 'utf8')
    const orphan = all.find(
      ({ name, target: is }) =>
        is === null && record.includes(Buffer.from(name).toString('base64')),
    )
    if (orphan === undefined) wrong.push(`${file} is of no upload that anybody made`)
    else orphan.target = target
  }
  return wrong
}

/** The offset of an upload is one up to which its bytes are right, and no answer before was untrue. */
export async function judgeUpload(server: RunningServer, upload: Known): Promise<string[]> {
  const { target, told, flying, source, name } = upload
  if (target === null) return []
  const looked = await head(server, target)
  if (looked.status !== 200) {
    const isRight = upload.removing && [404, 410].includes(looked.status)
    upload.target = null
    return isRight ? [] : [`${name}: HEAD ${looked.status} after ${told} of ${source.length}`]
  }
  const offset = Number(looked.header('upload-offset') ?? Number.NaN)
  upload.told = offset
  upload.flying = null
  const file = await readFile(path.join(server.dir, path.basename(target)))
  const wrong: string[] = []
  const may = mayBe(told, flying)
  if (!may(offset)) {
    wrong.push(`${name}: offset ${offset} after ${told}, ${JSON.stringify(flying)} under way`)
  }
  if (file.length !== offset) wrong.push(`${name}: offset ${offset}, ${file.length} in its file`)
  if (!file.equals(source.subarray(0, file.length))) {
    wrong.push(`${name}: up to ${offset} there is a wrong byte`)
  }
  return wrong
}

function mayBe(told: number, flying: Known['flying']): (offset: number) => boolean {
  if (flying === null || flying.counts === 'never') return (offset) => offset === told
  const end = told + flying.length
  if (flying.counts === 'whole') return (offset) => offset === told || offset === end
  return (offset) => offset >= told && offset <= end
}

/** A final is whole, byte for byte, or it is not finished; and it is finished if its parts are. */
export async function judgeFinal(server: RunningServer, final: KnownFinal): Promise<string[]> {
  const { target, parts, name } = final
  if (target === null) return []
  const wrong: string[] = []
  const looked = await head(server, target)
  const content = contentOf(final)
  if (looked.status !== 200) return [`${name}: HEAD ${looked.status}`]
  if (looked.header('upload-concat') !== final.header) wrong.push(`${name}: another Upload-Concat`)
  const answer = await get(server, target)
  const areFinished = parts.every(({ told, source }) => told === source.length)
  const isWhole = looked.header('upload-offset') === String(content.length) && content.length > 0
  if (final.toldWhole || areFinished) {
    if (looked.header('upload-offset') !== String(content.length)) {
      wrong.push(`${name}: its parts are finished, its offset is ${looked.header('upload-offset')}`)
    }
    if (answer.status !== 200)
      wrong.push(`${name}: its parts are finished, and GET ${answer.status}`)
  } else if (isWhole || answer.status === 200) {
    wrong.push(`${name}: visible as whole, and a part is not: GET ${answer.status}`)
  }
  if (answer.status === 200 && sha256(answer.body) !== sha256(content)) {
    wrong.push(`${name}: ${answer.body.length} bytes that are not its parts' ${content.length}`)
  }
  return wrong
}

/** Every file belongs to an upload; a mark only to one that is not finished. */
export async function judgeFolder(
  { dir }: RunningServer,
  world: World,
  isEnd = false,
): Promise<string[]> {
  const allowed = new Set(['.longhaul.lock'])
  for (const { target, told, source } of world.uploads) {
    if (target === null) continue
    const id = path.basename(target)
    for (const suffix of ['', '.json']) allowed.add(id + suffix)
    if (told < source.length && !isEnd) allowed.add(`${id}.check`)
  }
  for (const { target, parts } of world.finals) {
    if (target === null) continue
    const id = path.basename(target)
    allowed.add(`${id}.json`)
    for (const index of parts.keys()) allowed.add(`${id}.${index}`)
  }
  const litter = (await readdir(dir)).filter((name) => !allowed.has(name))
  return litter.map((name) => `left in the folder: ${name}`)
}

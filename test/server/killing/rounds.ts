// Kill rounds: clients at work, kill -9 at a moment that chance picks, a restart, the judgement, and everything to its end.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type Random, randomOf } from '../../captures/random.ts'
import { sleep } from '../../helpers/process.ts'
import { cliPath, type RunningServer, startServer, temporaryFolder } from '../../helpers/server.ts'
import { get, remove } from '../../helpers/tus.ts'
import { connect } from '../../helpers/wire.ts'
import { createFinal, createKnown, finish, type Life, liveUntilDeath } from './clients.ts'
import { adopt, judgeFinal, judgeFolder, judgeUpload, listOf } from './judge.ts'
import { between, contentOf, type Moment, moments, sha256, type World } from './world.ts'

const durabilities = ['finish', 'patch', 'none'] as const
const clients = 5
/** Without the moment that was waited for, the service dies all the same (ms). */
const longestLife = 600

/** What happened in some rounds; `wrong` is empty, or something has to be mended. */
export interface Tally {
  rounds: number
  kills: number
  /** Kills of a service that was about to start. */
  startUpKills: number
  uploads: number
  finals: number
  /** Bodies that were under way at a kill, by what may become of them. */
  flying: Record<'prefix' | 'whole' | 'never', number>
  finalsUnfinishedAtKill: number
  /** Creations that were not answered, and found. */
  adopted: number
  bytes: number
  readonly wrong: string[]
}

interface Place {
  readonly durability: (typeof durabilities)[number]
  readonly dir: string
  server: RunningServer
  /** Finished uploads of rounds before, which must stay. */
  kept: { target: string; hash: string }[]
}

/** Rounds from the seed on: the same choices in every run, at moments that differ. */
export async function killRounds(
  count: number,
  seed: number,
  onRound: (round: number, tally: Tally) => void = () => undefined,
): Promise<Tally> {
  const tally: Tally = {
    rounds: 0,
    kills: 0,
    startUpKills: 0,
    uploads: 0,
    finals: 0,
    flying: { prefix: 0, whole: 0, never: 0 },
    finalsUnfinishedAtKill: 0,
    adopted: 0,
    bytes: 0,
    wrong: [],
  }
  const places = await Promise.all(durabilities.slice(0, count).map(openPlace))
  for (let round = 0; round < count; round++) {
    const place = places[round % places.length]
    if (place === undefined) break
    const before = tally.wrong.length
    await killRound(place, randomOf(seed + round), tally)
    for (let at = before; at < tally.wrong.length; at++) {
      tally.wrong[at] = `seed ${seed + round}, --durability ${place.durability}: ${tally.wrong[at]}`
    }
    tally.rounds += 1
    onRound(round, tally)
  }
  for (const { server } of places) await server.kill()
  return tally
}

async function openPlace(durability: Place['durability']): Promise<Place> {
  const dir = await temporaryFolder('longhaul-kill')
  return { durability, dir, server: await start(dir, durability), kept: [] }
}

const start = (dir: string, durability: Place['durability']) =>
  startServer({ dir, flags: ['--durability', durability, '--log-level', 'warn'] })

async function killRound(place: Place, random: Random, tally: Tally): Promise<void> {
  const world: World = { uploads: [], finals: [], wrong: [] }
  await liveAndDie(place, world, random)
  tally.kills += 1
  for (const { flying } of world.uploads) if (flying !== null) tally.flying[flying.counts] += 1
  tally.finalsUnfinishedAtKill += world.finals.filter((final) => !final.toldWhole).length
  const unanswered = [...world.uploads, ...world.finals].filter(({ target }) => target === null)

  for (let more = random.pick([0, 0, 1, 2]); more > 0; more--) {
    await dieAtStart(place, random)
    tally.startUpKills += 1
  }
  place.server = await start(place.dir, place.durability)
  const { server } = place
  const wrong = [...world.wrong, ...(await adoptKept(place, world))]
  tally.adopted += unanswered.filter(({ target }) => target !== null).length
  for (const upload of world.uploads) wrong.push(...(await judgeUpload(server, upload)))
  for (const final of world.finals) wrong.push(...(await judgeFinal(server, final)))
  wrong.push(...(await judgeFolder(server, keptToo(world, place))))

  const life: Life = { server, world, random, happens: () => undefined }
  wrong.push(...(await finishAll(life, place)))
  tally.uploads += world.uploads.length
  tally.finals += world.finals.length
  for (const { source } of world.uploads) tally.bytes += source.length
  wrong.push(...(await clearUp(life, place)))
  wrong.push(...troubleIn(server))
  tally.wrong.push(...wrong)
}

/** Clients work until the kill, which comes a little after a moment that chance picks. */
async function liveAndDie({ server }: Place, world: World, random: Random): Promise<void> {
  const chosen: Moment | null = random.integer(4) === 0 ? null : random.pick(moments)
  const delay = random.pick([0, 0, 1, 2, 3, 5, 8, 13])
  let left = between(random, 1, 6)
  let death: Promise<void> | null = null
  const kill = () => {
    death ??= server.kill()
  }
  const latest = setTimeout(kill, chosen === null ? random.integer(400) : longestLife)
  const happens = (moment: Moment) => {
    if (moment !== chosen) return
    left -= 1
    if (left !== 0) return
    if (delay === 0) kill()
    else setTimeout(kill, delay)
  }
  const life: Life = { server, world, random, happens }
  const isDead = () => death !== null
  await Promise.all(Array.from({ length: clients }, () => liveUntilDeath(life, isDead)))
  clearTimeout(latest)
  await death
}

/** Started and killed before it is ready, or just when it is. */
async function dieAtStart({ dir, durability }: Place, random: Random): Promise<void> {
  const args = [cliPath, 'serve', '--port', '0', '--dir', dir, '--durability', durability]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const exited = once(child, 'exit')
  const listening = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()))
  await Promise.race([listening, exited, sleep(between(random, 150, 600))])
  child.kill('SIGKILL')
  await exited
}

/** The lists are told apart from what rounds before have left on purpose. */
async function adoptKept(place: Place, world: World): Promise<string[]> {
  const found = await adopt(place.server, keptToo(world, place))
  const wrong = [...found]
  for (const { target, hash } of place.kept) {
    const answer = await get(place.server, target)
    if (answer.status !== 200 || sha256(answer.body) !== hash)
      wrong.push(`${target}, finished in a round before: GET ${answer.status}`)
  }
  return wrong
}

/** Finals that are kept from rounds before stand for themselves: their parts are gone. */
function keptToo(world: World, { kept }: Place): World {
  const finals = kept.map(({ target }) => ({
    name: '',
    // Segments of at most five.
    parts: new Array(5).fill({ target: null, told: 0, source: Buffer.alloc(0) }),
    header: '',
    target,
    toldWhole: true,
  }))
  return { ...world, finals: [...world.finals, ...finals] }
}

/** Every upload that is left is resumed to its end, and every final becomes whole. */
async function finishAll(life: Life, { server }: Place): Promise<string[]> {
  const { world } = life
  const wrong: string[] = []
  const wire = await connect(server)
  const before = world.wrong.length
  for (const upload of world.uploads) {
    if (upload.removing) continue
    // A creation that left nothing behind is sent again.
    if (upload.target === null) await createKnown(wire, upload)
    await finish(life, wire, upload)
    wrong.push(...(await judgeUpload(server, upload)))
    if (upload.kind === 'part' || upload.target === null) continue
    const { status, body } = await get(server, upload.target)
    if (status !== 200 || sha256(body) !== sha256(upload.source))
      wrong.push(`${upload.name}: GET ${status}, ${body.length} bytes that are not its source`)
  }
  for (const final of world.finals) {
    // A final that was never made can only be made of parts that are there.
    if (final.target === null) {
      const header = `final;${final.parts.map(({ target }) => target).join(' ')}`
      if (final.parts.some(({ removing }) => removing)) continue
      Object.assign(final, { header })
      await createFinal(wire, final)
    }
    wrong.push(...(await judgeFinal(server, final)))
  }
  wire.close()
  wrong.push(...world.wrong.slice(before))
  const listed = await listOf(server)
  for (const { state, name } of listed) if (state !== 'finished') wrong.push(`${name} is ${state}`)
  const parts = listed.filter(({ name }) => name?.startsWith('part-'))
  for (const { name } of parts) wrong.push(`${name} is in the list`)
  return wrong
}

/** Parts go, finals stay whole; then all goes but one final, which the next rounds must find. */
async function clearUp(life: Life, place: Place): Promise<string[]> {
  const { server } = place
  const { uploads, finals } = life.world
  const wrong: string[] = []
  const wire = await connect(server)
  const drop = async (target: string | null) => {
    if (target === null) return
    const { status } = await remove(wire, target)
    if (status !== 204) wrong.push(`DELETE ${target}: ${status}`)
  }
  wrong.push(...(await judgeFolder(server, keptToo(life.world, place), true)))
  for (const upload of uploads) {
    await drop(upload.target)
    upload.target = null
  }
  for (const final of finals) wrong.push(...(await judgeFinal(server, final)))
  const kept = finals.find(({ target }) => target !== null)
  for (const final of finals) if (final !== kept) await drop(final.target)
  if (kept?.target) {
    place.kept.push({ target: kept.target, hash: sha256(contentOf(kept)) })
    if (place.kept.length > 3) await drop(place.kept.shift()?.target ?? null)
  }
  for (const final of finals) final.target = null
  wrong.push(...(await judgeFolder(server, keptToo(life.world, place), true)))
  wire.close()
  return wrong
}

function troubleIn(server: RunningServer): string[] {
  const lines = server.log().split('\n')
  return lines.filter((line) => /"level":"(error|fatal)"|damaged/.test(line))
}

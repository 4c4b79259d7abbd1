// The link between the two hosts as the kernel or as we make it: netem where the kernel has it, else our relay.
import type { Child, Children } from './children.ts'
import { frameBuffer, type Link } from './link.ts'
import type { RelayCount, RelayOrder, RelayPlan } from './relay-process.ts'
import { script } from './script.ts'
import { until } from './wait.ts'

export interface Middle {
  readonly emulatedBy: 'netem' | 'relay'
  cut(): Promise<void>
  mend(): Promise<void>
  losses(): Promise<Losses>
}

/** Frames. */
export interface Losses {
  /** By the draws of the link. */
  readonly drawn: number
  /** By the emulation, against its will: a full queue between two processes. */
  readonly mishaps: number
}

/** `attach` makes the interfaces `client` and `server` in this namespace. */
export async function createMiddle(
  children: Children,
  link: Link,
  attach: () => Promise<void>,
): Promise<Middle> {
  await attach()
  // netem's losses can be given a seed by new kernels and new versions of tc only.
  const hasNetem = link.loss === null && (await tryNetem(children, link))
  return hasNetem ? bridge(children) : relay(children, link)
}

/** Queues of the middle's own interfaces: what leaves `server` goes to the server. */
export function netemArguments(device: string, { delay, rate }: Link): string[] {
  return [
    ...['qdisc', 'replace', 'dev', device, 'root', 'netem', 'limit', '10000'],
    ...['delay', `${delay}ms`],
    ...(rate === null ? [] : ['rate', `${rate}bit`]),
  ]
}

async function tryNetem(children: Children, link: Link): Promise<boolean> {
  try {
    for (const device of ['client', 'server'])
      await children.run('tc', netemArguments(device, link))
    await children.run('ip', ['link', 'add', 'bridge', 'type', 'bridge'])
    return true
  } catch {
    // A queue that one of the two got would delay what the relay sends.
    for (const device of ['client', 'server'])
      await children.run('tc', ['qdisc', 'del', 'dev', device, 'root']).catch(() => '')
    return false
  }
}

async function bridge(children: Children): Promise<Middle> {
  const ip = (...words: string[]) => children.run('ip', words)
  await ip('link', 'set', 'bridge', 'up')
  const join = async (device: string) => {
    await ip('link', 'set', device, 'master', 'bridge')
  }
  await join('client')
  await join('server')
  return {
    emulatedBy: 'netem',
    // Both hosts still see their cable plugged in: what is cut lies further away.
    async cut() {
      await ip('link', 'set', 'server', 'nomaster')
    },
    mend: () => join('server'),
    losses: async () => ({ drawn: 0, mishaps: 0 }),
  }
}

const ports = {
  client: { here: 7001, there: 7002 },
  server: { here: 7003, there: 7004 },
} as const

async function relay(children: Children, link: Link): Promise<Middle> {
  const plan: RelayPlan = { link, ...ports }
  const child = children.start(
    process.execPath,
    [...script('relay-process'), JSON.stringify(plan)],
    { ipc: true },
  )
  const ask = (order: RelayOrder) =>
    new Promise<RelayCount>((resolve) => {
      child.process.once('message', (count: RelayCount) => resolve(count))
      child.process.send(order)
    })
  await new Promise<void>((resolve, reject) => {
    child.process.once('message', () => resolve())
    child.exit.then(() => reject(new Error(`the relay ended: ${child.stderr().trim()}`)))
  })
  await Promise.all([socket(children, 'client'), socket(children, 'server')])
  return {
    emulatedBy: 'relay',
    async cut() {
      await ask('cut')
    },
    async mend() {
      await ask('mend')
    },
    async losses() {
      return { drawn: (await ask('count')).lost, mishaps: await droppedBySockets(children) }
    },
  }
}

/** Carries whole Ethernet frames between an interface of this namespace and the relay. */
async function socket(children: Children, side: 'client' | 'server'): Promise<void> {
  const { here, there } = ports[side]
  const child: Child = children.start('socat', [
    ...['-b', '65536', '-d', '-d'],
    `INTERFACE:${side},rcvbuf-late=${frameBuffer}`,
    `UDP4-DATAGRAM:127.0.0.1:${here},bind=127.0.0.1:${there},rcvbuf-late=${frameBuffer}`,
  ])
  await until(`socat on the ${side}'s side`, 10, () => {
    if (child.process.exitCode !== null)
      throw new Error(`socat ended: ${child.stderr().trim().split('\n').at(-1)}`)
    return child.stderr().includes('starting data transfer loop') ? true : null
  })
}

/** Every socket of this namespace carries frames: `d` is what its full buffer had no room for (ss(8), skmem). */
async function droppedBySockets(children: Children): Promise<number> {
  const told = await Promise.all([
    children.run('ss', ['-0', '-n', '-m']),
    children.run('ss', ['-u', '-a', '-n', '-m']),
  ])
  return told
    .flatMap((text) => [...text.matchAll(/skmem:\([^)]*,d(\d+)\)/g)])
    .reduce((sum, [, dropped]) => sum + Number(dropped), 0)
}

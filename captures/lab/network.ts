// Two hosts and what lies between them: client 10.77.0.1 and server 10.77.0.2 on one Ethernet, whose middle is a link of ours.
// The middle is this process's own network namespace; each host's interface has its peer there.
import type { Children } from './children.ts'
import { createHost, type Host } from './host.ts'
import type { Link } from './link.ts'
import { createMiddle, type Middle } from './middle.ts'

export const clientAddress = '10.77.0.1'
export const serverAddress = '10.77.0.2'
export const port = 8080
export const hostInterface = 'eth0'

export interface Network {
  readonly client: Host
  readonly server: Host
  readonly middle: Middle
}

/** Fixed, so that nobody asks by ARP, and a host that is cut off is not given up by its neighbour. */
const hardwareAddress = { client: '02:00:00:77:00:01', server: '02:00:00:77:00:02' } as const

/**
 * The same everywhere: Reno, as the textbooks draw it, without tail loss probes, which a busy machine provokes where nothing was lost; no
 * memory of earlier connections; and a receive window of at most 384 KiB, half as much again as 50 Mbit/s and 40 ms hold, so that
 * nothing fills a queue for long.
 */
export const sysctls = {
  tcp_congestion_control: 'reno',
  tcp_early_retrans: 0,
  tcp_no_metrics_save: 1,
  tcp_rmem: '4096 131072 786432',
} as const

export async function createNetwork(children: Children, link: Link): Promise<Network> {
  await children.run('ip', ['link', 'set', 'lo', 'up'])
  await children.run('sh', ['-c', noIpv6])
  const [client, server] = await Promise.all([
    createHost('client', children),
    createHost('server', children),
  ])
  const middle = await createMiddle(children, link, async () => {
    await attach(children, client, clientAddress, hardwareAddress.client, 'client')
    await attach(children, server, serverAddress, hardwareAddress.server, 'server')
  })
  await introduce(client, serverAddress, hardwareAddress.server)
  await introduce(server, clientAddress, hardwareAddress.client)
  return { client, server, middle }
}

/** Its router and neighbour solicitations would only be noise; a kernel without it has no such file. */
const noIpv6 =
  'for where in all default; do f=/proc/sys/net/ipv6/conf/$where/disable_ipv6; [ ! -e $f ] || echo 1 > $f; done'

async function attach(
  children: Children,
  host: Host,
  address: string,
  hardware: string,
  peer: string,
): Promise<void> {
  const { pid } = host
  await host.run('sh', ['-c', noIpv6])
  await children.run('ip', [
    ...['link', 'add', peer, 'mtu', '1500', 'type', 'veth'],
    ...['peer', 'name', hostInterface, 'mtu', '1500', 'address', hardware, 'netns', String(pid)],
  ])
  await host.run('ethtool', ['-K', hostInterface, ...offloads])
  await children.run('ethtool', ['-K', peer, ...offloads])
  await host.run('ip', ['address', 'add', `${address}/24`, 'dev', hostInterface])
  await host.run('ip', ['link', 'set', 'lo', 'up'])
  await host.run('ip', ['link', 'set', hostInterface, 'up'])
  await children.run('ip', ['link', 'set', peer, 'up'])
  await host.set(sysctls)
}

/** Else one packet of the capture would be up to 44 segments, with checksums that nobody has computed. */
const offloads = ['tso', 'off', 'gso', 'off', 'gro', 'off', 'tx', 'off']

const introduce = (host: Host, address: string, hardware: string) =>
  host.run('ip', [
    ...['neighbour', 'replace', address, 'lladdr', hardware],
    ...['dev', hostInterface, 'nud', 'permanent'],
  ])

// What Linux tells of a TCP socket: whether the other program has read what was sent to it (proc(5), /proc/net/tcp).
import { readFile } from 'node:fs/promises'
import { setImmediate as turn } from 'node:timers/promises'
import type { Wire } from './wire.ts'

/**
 * Resolves when the service has taken everything that was sent on the wire: what it is told after this it hears after it.
 * `port` is the service's. Throws after 10 s.
 */
export async function untilRead(wire: Wire, { port }: { readonly port: number }): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!(await isRead(wire.localPort, port))) {
    if (Date.now() > deadline) throw new Error('the service does not read what was sent')
    await turn()
  }
}

async function isRead(client: number, port: number): Promise<boolean> {
  const lines = (await readFile('/proc/net/tcp', 'latin1')).split('\n')
  const [local, remote] = [client, port].map(
    (number) => `:${number.toString(16).toUpperCase().padStart(4, '0')}`,
  ) as [string, string]
  // The service's end of it: its own port is the local one there.
  const fields = lines
    .map((line) => line.trim().split(/\s+/))
    .find(([, here = '', there = '']) => here.endsWith(remote) && there.endsWith(local))
  const [, unread] = fields?.[4]?.split(':') ?? []
  // A socket that nobody has accepted yet has no inode.
  return unread === '00000000' && fields?.[9] !== '0'
}

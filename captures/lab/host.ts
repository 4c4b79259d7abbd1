// One host of the lab: a network namespace that lives as long as a process which holds it.
import type { Child, ChildOptions, Children } from './children.ts'
import { until } from './wait.ts'

export interface Host {
  readonly name: string
  /** What others move interfaces by. */
  readonly pid: number
  start(command: string, args: readonly string[], options?: ChildOptions): Child
  run(command: string, args: readonly string[]): Promise<string>
  /** `tcp_no_metrics_save`, … of `net.ipv4`. */
  set(sysctls: Readonly<Record<string, string | number>>): Promise<void>
}

/** `cat` ends when nobody is left who could write to it: with us, however we end. */
export async function createHost(name: string, children: Children): Promise<Host> {
  const holder = children.start('unshare', ['--net', 'sh', '-c', 'echo there; exec cat'])
  await until(`the network namespace of the ${name}`, 10, () =>
    holder.stdout().includes('there') ? true : failureOf(holder),
  )
  const inside = ['--net', '--target', String(holder.pid), '--']
  const host: Host = {
    name,
    pid: holder.pid,
    start: (command, args, options) =>
      children.start('nsenter', [...inside, command, ...args], options),
    run: (command, args) => children.run('nsenter', [...inside, command, ...args]),
    async set(sysctls) {
      const lines = Object.entries(sysctls).map(
        ([key, value]) => `echo '${value}' > /proc/sys/net/ipv4/${key}`,
      )
      await host.run('sh', ['-ec', lines.join('\n')])
    },
  }
  return host
}

function failureOf(holder: Child): null {
  if (holder.process.exitCode === null) return null
  throw new Error(`no network namespace can be made: ${holder.stderr().trim()}`)
}

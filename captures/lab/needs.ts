// What the lab needs of the machine, and what to say where it isn't there.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { environment } from './children.ts'

/** Something to install or to permit; the message says what. */
export class LabError extends Error {
  override readonly name = 'LabError'
  readonly exitStatus = 1
}

/** command → Debian package */
const tools: Readonly<Record<string, string>> = {
  dumpcap: 'wireshark-common',
  ip: 'iproute2',
  ss: 'iproute2',
  ethtool: 'ethtool',
  socat: 'socat',
  unshare: 'util-linux',
  nsenter: 'util-linux',
}

/** Why no scenario can be recorded here; `null`: they can. */
export function labIsMissing(): string | null {
  if (process.platform !== 'linux') return 'the lab needs Linux: its hosts are network namespaces'
  return missingTools(Object.keys(tools)) ?? (isolation() === null ? namespacesMissing() : null)
}

export function missingTools(names: readonly string[]): string | null {
  const missing = names.filter((name) => !isInstalled(name))
  if (missing.length === 0) return null
  const packages = [...new Set(missing.map((name) => tools[name] ?? name))]
  return `${missing.join(', ')} not found: on Debian or Ubuntu, sudo apt-get install ${packages.join(' ')}`
}

function isInstalled(name: string): boolean {
  return environment.PATH.split(':').some((folder) => existsSync(path.join(folder, name)))
}

const pids = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc']

/** The arguments of `unshare` that this machine allows; the first that works. `null`: none does. */
export function isolation(): readonly string[] | null {
  const asUser = ['--user', '--map-root-user', '--net']
  const asRoot = process.getuid?.() === 0 ? [['--net', ...pids], ['--net']] : []
  // A namespace of processes takes everything in it with it; where /proc may not be mounted, they are ended one by one.
  const ways = [[...asUser, ...pids], asUser, ...asRoot]
  return ways.find((way) => spawnSync('unshare', [...way, 'true']).status === 0) ?? null
}

function namespacesMissing(): string {
  const { stderr } = spawnSync('unshare', ['--user', '--map-root-user', '--net', 'true'], {
    encoding: 'utf8',
  })
  const said = (stderr ?? '').trim()
  return [
    `no network namespaces can be made here (${said}). Run it as root, or permit them to users:`,
    'sudo sysctl user.max_user_namespaces=10000',
    'sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu 24.04)',
    'sudo sysctl kernel.unprivileged_userns_clone=1 (older Debian)',
    'in a container: docker run --privileged',
  ].join('\n  ')
}

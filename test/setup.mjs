// Installs what the tests need beyond Node: by apt-get when root on Debian, else it prints the line to run.
// Plain JavaScript, since it runs before anything is built.
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'

/** command → Debian package */
const tools = {
  chromium: 'chromium',
  nginx: 'nginx',
  caddy: 'caddy',
  haproxy: 'haproxy',
  strace: 'strace',
  openssl: 'openssl',
  curl: 'curl',
  'systemd-analyze': 'systemd',
  tshark: 'tshark',
  dumpcap: 'wireshark-common',
  capinfos: 'wireshark-common',
  editcap: 'wireshark-common',
  ip: 'iproute2',
  ethtool: 'ethtool',
  socat: 'socat',
}

const missing = Object.entries(tools).filter(([command]) => !isInstalled(command))
if (missing.length > 0) install([...new Set(missing.map(([, name]) => name))])

function isInstalled(command) {
  // Servers live in sbin, which is not on everybody's path.
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/local/sbin']
  return folders.some((folder) => existsSync(`${folder}/${command}`))
}

function install(packages) {
  const line = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
  const isRoot = process.getuid?.() === 0
  if (!isRoot || !existsSync('/etc/debian_version')) {
    console.warn(
      `Some tests will be skipped: ${packages.join(', ')} missing. To have them: sudo ${line}`,
    )
    return
  }
  console.log(`Installing for the tests: ${packages.join(', ')}`)
  withoutStartingServices(() => {
    run('apt-get', ['update', '-q'])
    run('apt-get', line.split(' ').slice(1))
  })
}

/** Debian starts a server when it is installed; the tests start their own. */
function withoutStartingServices(work) {
  const policy = '/usr/sbin/policy-rc.d'
  const isOurs = !existsSync(policy)
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    work()
  } finally {
    if (isOurs) rmSync(policy, { force: true })
  }
}

function run(command, args) {
  const { status } = spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  if (status !== 0) console.warn(`${command} ${args.join(' ')} ended with ${status}`)
}

// The link layers that a capture may have: each puts its header before an IP packet.

export interface LinkLayer {
  readonly name: string
  /** LINKTYPE_ value (tcpdump.org/linktypes.html). */
  readonly linkType: number
  /** Which IP fits; `null`: both. */
  readonly onlyVersion?: 4 | 6
  readonly frame: (ip: Uint8Array) => Buffer
}

const addresses = [0x02, 0, 0x0a, 0x4d, 0, 2, 0x02, 0, 0x0a, 0x4d, 0, 1]

const versionOf = (ip: Uint8Array) => (ip[0] ?? 0) >> 4
const etherType = (ip: Uint8Array) => (versionOf(ip) === 6 ? [0x86, 0xdd] : [0x08, 0x00])

/** With the tags between addresses and type; short frames filled up to 60 bytes, as on the wire. */
const ethernet =
  (...tags: readonly number[]) =>
  (ip: Uint8Array) => {
    const frame = Buffer.concat([Buffer.from([...addresses, ...tags, ...etherType(ip)]), ip])
    return frame.length >= 60 ? frame : Buffer.concat([frame, Buffer.alloc(60 - frame.length)])
  }

/** BSD's address family, in the byte order of the machine that wrote it. */
const family = (ip: Uint8Array) => (versionOf(ip) === 6 ? 30 : 2)

const behind = (header: (ip: Uint8Array) => readonly number[]) => (ip: Uint8Array) =>
  Buffer.concat([Buffer.from(header(ip)), ip])

export const ethernetLayer: LinkLayer = { name: 'Ethernet', linkType: 1, frame: ethernet() }

export const linkLayers: readonly LinkLayer[] = [
  ethernetLayer,
  { name: 'a VLAN tag', linkType: 1, frame: ethernet(0x81, 0, 0, 42) },
  { name: 'two VLAN tags', linkType: 1, frame: ethernet(0x88, 0xa8, 0, 7, 0x81, 0, 0, 42) },
  { name: 'NULL, little-endian', linkType: 0, frame: behind((ip) => [family(ip), 0, 0, 0]) },
  { name: 'NULL, big-endian', linkType: 0, frame: behind((ip) => [0, 0, 0, family(ip)]) },
  { name: 'LOOP', linkType: 108, frame: behind((ip) => [0, 0, 0, family(ip)]) },
  { name: 'RAW', linkType: 101, frame: behind(() => []) },
  { name: 'IPV4', linkType: 228, onlyVersion: 4, frame: behind(() => []) },
  { name: 'IPV6', linkType: 229, onlyVersion: 6, frame: behind(() => []) },
  {
    name: 'LINUX_SLL',
    linkType: 113,
    // Packet type, ARPHRD_ETHER, address length, address, EtherType.
    frame: behind((ip) => [0, 0, 0, 1, 0, 6, 2, 0, 10, 77, 0, 1, 0, 0, ...etherType(ip)]),
  },
  {
    name: 'LINUX_SLL2',
    linkType: 276,
    // EtherType, reserved, interface, ARPHRD_ETHER, packet type, address length, address.
    frame: behind((ip) => [
      ...[...etherType(ip), 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 10, 77, 0, 1, 0, 0],
    ]),
  },
]

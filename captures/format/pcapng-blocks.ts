// The numbers of pcapng (draft-ietf-opsawg-pcapng §4, §11), for who reads it and who writes it.

export const BlockType = {
  /** A palindrome, so that it reads the same in both byte orders. */
  section: 0x0a0d0d0a,
  interface: 1,
  obsoletePacket: 2,
  simplePacket: 3,
  statistics: 5,
  enhancedPacket: 6,
} as const

/** In a section header: tells the byte order of the section. */
export const byteOrderMagic = 0x1a2b3c4d

/** Type, length and, in a section header, the byte order. */
export const blockHeader = 12
/** The length once more. */
export const blockTrailer = 4

/** Each kind of block has its own numbers, but for the first two. */
export const OptionCode = {
  end: 0,
  comment: 1,
  sectionSystem: 3,
  sectionApplication: 4,
  interfaceName: 2,
  interfaceResolution: 9,
  interfaceFilter: 11,
  interfaceOffset: 14,
  statisticsReceived: 4,
  statisticsDropped: 5,
  statisticsDroppedBySystem: 7,
  packetDropCount: 4,
} as const

/** The shortest that a block of that type can be. What has no more than a block's own header isn't read. */
export function shortestBlock(type: number): number {
  switch (type) {
    case BlockType.enhancedPacket:
    case BlockType.obsoletePacket:
      return 32
    case BlockType.interface:
      return 20
    case BlockType.simplePacket:
      return 16
    case BlockType.statistics:
      return 24
    case BlockType.section:
      return 28
    default: // names, secrets, journal, custom, unknown
      return blockHeader
  }
}

/** Wireshark gives frame numbers to these too, but doesn't count them as packets. */
export function isNumbered(type: number): boolean {
  switch (type) {
    case 0x00000009: // systemd journal export
    case 0x00000bad: // custom, to be copied
    case 0x40000bad: // custom, not to be copied
    case 0x00000204: // system call of sysdig
    case 0x00000208: // the same with flags
    case 0x00000216: // and with more parameters
    case 0x00000217:
      return true
    default:
      return false
  }
}

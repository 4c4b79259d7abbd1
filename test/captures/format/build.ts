// Capture files from descriptions, byte by byte: what the readers are tested with. Knows nothing of the readers and the writer.

export type Order = 'little' | 'big'

/** A whole number of 1, 2, 4 or 8 bytes. */
interface Field {
  readonly size: 1 | 2 | 4 | 8
  readonly value: bigint
}

export const u8 = (value: number): Field => ({ size: 1, value: BigInt(value) })
export const u16 = (value: number): Field => ({ size: 2, value: BigInt(value) })
export const u32 = (value: number | bigint): Field => ({ size: 4, value: BigInt(value) })
export const u64 = (value: number | bigint): Field => ({ size: 8, value: BigInt(value) })

/** Numbers in that byte order, and bytes as they are, one after the other. */
export function pack(order: Order, ...parts: readonly (Field | Uint8Array)[]): Uint8Array {
  return concat(...parts.map((part) => (part instanceof Uint8Array ? part : bytesOf(order, part))))
}

function bytesOf(order: Order, { size, value }: Field): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), order === 'little')
  return order === 'little' ? bytes.subarray(0, size) : bytes.subarray(8 - size)
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** So many bytes that tell each other apart. */
export const payload = (length: number, first = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => first + index)

export interface PacketDescription {
  /** Nanoseconds since 1970. */
  readonly time: bigint
  readonly bytes: Uint8Array
  /** By default as many as there are. */
  readonly originalLength?: number
}

export interface FileDescription {
  readonly packets: readonly PacketDescription[]
  /** By default Ethernet. */
  readonly linkType?: number
  /** By default 262,144. */
  readonly snapshotLength?: number
}

export interface PcapDescription extends FileDescription {
  readonly order?: Order
  /** Digits of a second: microseconds or nanoseconds. */
  readonly digits?: 6 | 9
  readonly magic?: number
  readonly version?: readonly [number, number]
}

export function pcap(description: PcapDescription): Uint8Array {
  const { packets, order = 'little', digits = 6, version = [2, 4] } = description
  const { linkType = 1, snapshotLength = 262_144 } = description
  const magic = description.magic ?? (digits === 6 ? 0xa1b2c3d4 : 0xa1b23c4d)
  const unit = digits === 6 ? 1000n : 1n
  return pack(
    order,
    u32(magic),
    u16(version[0]),
    u16(version[1]),
    u64(0),
    u32(snapshotLength),
    u32(linkType),
    ...packets.flatMap(({ time, bytes, originalLength = bytes.length }) => [
      u32(time / 1_000_000_000n),
      u32((time % 1_000_000_000n) / unit),
      u32(bytes.length),
      u32(originalLength),
      bytes,
    ]),
  )
}

export interface OptionDescription {
  readonly code: number
  readonly value: Uint8Array | Field
}

export interface BlockOptions {
  readonly options?: readonly OptionDescription[]
  /** False: the list ends without its end mark. */
  readonly endMark?: boolean
}

/** Makers of pcapng blocks in one byte order; a file is some of them joined. */
export function blocksIn(order: Order) {
  function options({ options: list = [], endMark = true }: BlockOptions): Uint8Array {
    const packed = list.map(({ code, value }) => {
      const bytes = pack(order, value)
      return pack(order, u16(code), u16(bytes.length), bytes, padding(bytes.length))
    })
    return concat(...packed, list.length > 0 && endMark ? new Uint8Array(4) : new Uint8Array(0))
  }

  /** Any block: its type, its body, and what it says of its length at both ends. */
  function block(type: number, body: Uint8Array, ends: { first?: number; last?: number } = {}) {
    const whole = concat(body, padding(body.length))
    const { first = whole.length + 12, last = first } = ends
    return pack(order, u32(type), u32(first), whole, u32(last))
  }

  return {
    block,
    section: (
      description: BlockOptions & { length?: bigint; version?: readonly [number, number] } = {},
    ): Uint8Array => {
      const { length = -1n, version = [1, 0] } = description
      return block(
        0x0a0d0d0a,
        pack(
          order,
          u32(0x1a2b3c4d),
          u16(version[0]),
          u16(version[1]),
          u64(length),
          options(description),
        ),
      )
    },
    interface: (
      description: BlockOptions & { linkType?: number; snapshotLength?: number } = {},
    ): Uint8Array => {
      const { linkType = 1, snapshotLength = 262_144 } = description
      return block(1, pack(order, u16(linkType), u16(0), u32(snapshotLength), options(description)))
    },
    /** `ticks` in units of its interface. */
    enhanced: (
      description: BlockOptions & {
        ticks: bigint
        bytes: Uint8Array
        originalLength?: number
        interface?: number
        capturedLength?: number
      },
    ): Uint8Array => {
      const { ticks, bytes, originalLength = bytes.length, interface: number = 0 } = description
      const { capturedLength = bytes.length } = description
      return block(
        6,
        pack(
          order,
          u32(number),
          ...halves(ticks),
          u32(capturedLength),
          u32(originalLength),
          bytes,
          padding(bytes.length),
          options(description),
        ),
      )
    },
    obsolete: (
      description: BlockOptions & {
        ticks: bigint
        bytes: Uint8Array
        originalLength?: number
        interface?: number
        drops?: number
      },
    ): Uint8Array => {
      const { ticks, bytes, originalLength = bytes.length } = description
      return block(
        2,
        pack(
          order,
          u16(description.interface ?? 0),
          u16(description.drops ?? 0),
          ...halves(ticks),
          u32(bytes.length),
          u32(originalLength),
          bytes,
          padding(bytes.length),
          options(description),
        ),
      )
    },
    simple: (bytes: Uint8Array, originalLength = bytes.length): Uint8Array =>
      block(3, pack(order, u32(originalLength), bytes)),
    statistics: (
      description: BlockOptions & { interface?: number; ticks?: bigint } = {},
    ): Uint8Array => {
      const { interface: number = 0, ticks = 0n } = description
      return block(5, pack(order, u32(number), ...halves(ticks), options(description)))
    },
  }
}

/** Times are stored with their upper half first, in either byte order. */
const halves = (ticks: bigint): Field[] => [u32(ticks >> 32n), u32(ticks & 0xffffffffn)]

const padding = (length: number): Uint8Array => new Uint8Array(-length & 3)

/** A pcapng file of one section and one interface, in nanoseconds. */
export function pcapng(description: FileDescription & { order?: Order }): Uint8Array {
  const { packets, order = 'little', ...rest } = description
  const make = blocksIn(order)
  return concat(
    make.section(),
    make.interface({ ...rest, options: [{ code: 9, value: u8(9) }] }),
    ...packets.map(({ time, ...packet }) => make.enhanced({ ...packet, ticks: time })),
  )
}

/** Every way to store packets with a time; the same tests run on each. */
export const layouts: readonly {
  readonly name: string
  readonly format: 'pcap' | 'pcapng'
  /** Nanoseconds that its times can tell apart. */
  readonly precision: bigint
  readonly headerLength: number
  build(description: FileDescription): Uint8Array
}[] = (['little', 'big'] as const).flatMap((order) => [
  {
    name: `pcap in µs, ${order}-endian`,
    format: 'pcap' as const,
    precision: 1000n,
    headerLength: 24,
    build: (file: FileDescription) => pcap({ ...file, order, digits: 6 }),
  },
  {
    name: `pcap in ns, ${order}-endian`,
    format: 'pcap' as const,
    precision: 1n,
    headerLength: 24,
    build: (file: FileDescription) => pcap({ ...file, order, digits: 9 }),
  },
  {
    name: `pcapng, ${order}-endian`,
    format: 'pcapng' as const,
    precision: 1n,
    headerLength: 28,
    build: (file: FileDescription) => pcapng({ ...file, order }),
  },
])

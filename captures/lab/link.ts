// What lies between the two hosts: frames and the time in, the time at which each comes out (or that it never does) out. Pure.

/** Both ways alike. */
export interface Link {
  /** One way, ms. */
  readonly delay: number
  /** Bits a second; `null`: as fast as the machine is. */
  readonly rate: number | null
  /** `null`: nothing is lost. */
  readonly loss: Loss | null
}

/**
 * Of the client's segments with data, one in so many is lost, by draws that are the same for the same seed. ACKs and answers always
 * arrive, and so do SYNs: how many of them there are differs from run to run, and with it everything that would be drawn after them.
 */
export interface Loss {
  readonly oneIn: number
  readonly seed: number
}

/**
 * What a socket that carries frames may hold for a process that waits for the processor (bytes). The system gives what it allows: on
 * older kernels 208 KiB, of which a frame takes about 2.5; 180 frames may be under way.
 */
export const frameBuffer = 4 * 2 ** 20

/** One direction of a link. */
export interface Way {
  /** When a frame that begins to leave now is there (ms); `null`: it is lost. */
  accept(frame: Uint8Array, now: number): number | null
}

export function createWay({ delay, rate, loss }: Link): Way {
  const chance = loss === null ? null : createChance(loss.seed)
  /** When the line has sent what was given to it. */
  let free = 0
  return {
    accept(frame, now) {
      free = Math.max(free, now) + (rate === null ? 0 : (frame.length * 8000) / rate)
      if (loss !== null && chance !== null && payloadOf(frame) > 0 && chance() * loss.oneIn < 1)
        return null
      return free + delay
    },
  }
}

const ethernetHeader = 14

/** Bytes of TCP payload in an Ethernet frame with IPv4; 0 for anything else. */
export function payloadOf(frame: Uint8Array): number {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  if (frame.length < ethernetHeader + 40 || view.getUint16(12) !== 0x0800) return 0
  if (view.getUint8(ethernetHeader + 9) !== 6) return 0
  const ipHeader = 4 * (view.getUint8(ethernetHeader) & 0x0f)
  const tcp = ethernetHeader + ipHeader
  if (frame.length < tcp + 20) return 0
  const tcpHeader = 4 * (view.getUint8(tcp + 12) >>> 4)
  return Math.max(0, view.getUint16(ethernetHeader + 2) - ipHeader - tcpHeader)
}

/** Mulberry32: numbers from 0 (inclusive) to 1 (exclusive). */
function createChance(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

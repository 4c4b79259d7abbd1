// The bytes of a capture file, in chunks of any size -> its packets, and what it says of itself.
import { createAssembly } from './assembly.ts'
import { CaptureFormatError } from './errors.ts'
import { otherFormatOf, signatureLength } from './other-formats.ts'
import type { CaptureReader, PacketSink } from './packet.ts'
import { createPcapReader, isPcapMagic } from './pcap.ts'
import { createPcapngReader } from './pcapng.ts'
import { BlockType } from './pcapng-blocks.ts'
import type { RecordReader, Window } from './record-reader.ts'

const magicLength = 4

/** Knows the format by its first bytes: pcap or pcapng, uncompressed. */
export function createCaptureReader(onPacket: PacketSink): CaptureReader {
  let format: RecordReader | null = null

  function read(window: Window): number {
    format ??= formatOf(window, onPacket)
    if (format !== null) return format.read(window)
    const inHand = window.bytes.subarray(window.from, window.to)
    if (inHand.length < signatureLength)
      return inHand.length < magicLength ? magicLength : signatureLength
    throw refusal(inHand)
  }

  const assembly = createAssembly(read)
  return {
    push: assembly.push,
    soFar: () => format?.summary(assembly.bytes) ?? null,
    end() {
      const rest = assembly.rest()
      if (format === null) throw refusal(rest.bytes)
      format.end(rest.at, rest.bytes.length)
      return format.summary(assembly.bytes)
    },
  }
}

function formatOf({ view, from, to }: Window, onPacket: PacketSink): RecordReader | null {
  if (to - from < magicLength) return null
  const magic = view.getUint32(from)
  if (isPcapMagic(magic)) return createPcapReader(magic, onPacket)
  return magic === BlockType.section ? createPcapngReader(onPacket) : null
}

function refusal(first: Uint8Array): CaptureFormatError {
  if (first.length === 0) {
    return new CaptureFormatError('empty', 0, 'The file is empty. Record again, or copy it again.')
  }
  const other = otherFormatOf(first)
  if (other !== null) {
    return new CaptureFormatError(other.fault, 0, `This is ${other.is}. ${other.remedy}`)
  }
  return new CaptureFormatError(
    'unknown-magic',
    0,
    'This is no capture: it begins neither like pcap nor like pcapng. Save the packets as .pcap or .pcapng.',
  )
}

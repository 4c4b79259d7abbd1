// Files that are no captures, or such as aren't read here: known by their first bytes, told by name, with what to do.

interface OtherFormat {
  /** First bytes: text, or hexadecimal digits. */
  readonly text?: string
  readonly hex?: string
  readonly is: string
  readonly fault: 'unknown-magic' | 'unsupported'
  readonly remedy: string
}

/** As many first bytes as tell every format. */
export const signatureLength = 16

const convert = 'Convert it: editcap -F pcapng IN OUT'
const recapture = 'Save the packets as .pcap or .pcapng.'

const compressed = (hex: string, name: string, tool: string): OtherFormat => ({
  hex,
  is: `a file compressed with ${name}`,
  fault: 'unsupported',
  remedy: `Decompress it first: ${tool}`,
})
const capture = (signature: { text: string } | { hex: string }, is: string): OtherFormat => ({
  ...signature,
  is,
  fault: 'unsupported',
  remedy: convert,
})
const noCapture = (signature: { text: string } | { hex: string }, is: string): OtherFormat => ({
  ...signature,
  is,
  fault: 'unknown-magic',
  remedy: recapture,
})

const formats: readonly OtherFormat[] = [
  compressed('1f8b', 'gzip', 'gunzip FILE'),
  compressed('28b52ffd', 'zstd', 'unzstd FILE'),
  compressed('fd377a585a00', 'xz', 'unxz FILE'),
  compressed('04224d18', 'lz4', 'unlz4 FILE'),
  compressed('425a68', 'bzip2', 'bunzip2 FILE'),
  compressed('504b0304', 'zip', 'unzip FILE'),
  capture({ hex: 'a1b2cd34' }, 'a pcap file as modified by Alexey Kuznetzov'),
  capture({ hex: '34cdb2a1' }, 'a pcap file as modified by Alexey Kuznetzov'),
  capture({ hex: '1c0001ac' }, 'a pcap file of an Ixia device'),
  capture({ hex: 'ac01001c' }, 'a pcap file of an Ixia device'),
  capture({ hex: '1c0001ab' }, 'a pcap file of Ixia software'),
  capture({ hex: 'ab01001c' }, 'a pcap file of Ixia software'),
  capture({ hex: '736e6f6f70000000' }, 'a capture of snoop (Solaris)'),
  capture({ text: 'RTSS' }, 'a capture of Microsoft Network Monitor 1'),
  capture({ text: 'GMBU' }, 'a capture of Microsoft Network Monitor 2'),
  capture({ text: 'iptrace ' }, 'a capture of iptrace (AIX)'),
  capture({ text: 'XCP\0' }, 'a capture of NetXray or Sniffer'),
  capture({ text: 'TRSNIFF data' }, 'a capture of Sniffer'),
  noCapture({ text: 'HTTP/1' }, 'the text of an HTTP response'),
  ...['GET ', 'PUT ', 'POST ', 'HEAD ', 'PATCH ', 'DELETE ', 'OPTIONS '].map((method) =>
    noCapture({ text: method }, 'the text of an HTTP request'),
  ),
  noCapture({ text: 'CLIENT_' }, 'a list of TLS keys'),
  noCapture({ text: '# SSL/TLS secrets' }, 'a list of TLS keys'),
  noCapture({ text: '#separator' }, 'a log of Zeek'),
  noCapture({ text: '<' }, 'HTML or XML'),
  noCapture({ text: '{' }, 'JSON (a HAR has no packets)'),
  noCapture({ text: '%PDF' }, 'a PDF'),
  noCapture({ hex: '89504e47' }, 'a PNG image'),
  noCapture({ hex: 'ffd8ff' }, 'a JPEG image'),
  noCapture({ text: 'GIF8' }, 'a GIF image'),
  noCapture({ hex: '7f454c46' }, 'a program'),
]

/** What the first bytes show, if it is known. */
export function otherFormatOf(first: Uint8Array): OtherFormat | null {
  const hex = hexOf(first)
  return formats.find((one) => hex.startsWith(one.hex ?? hexOf(utf8(one.text ?? '')))) ?? null
}

const encoder = new TextEncoder()
const utf8 = (text: string) => encoder.encode(text).subarray(0, signatureLength)
const hexOf = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

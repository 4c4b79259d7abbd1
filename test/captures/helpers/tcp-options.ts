// TCP options in packetdrill's words, to bytes: `mss 1460,wscale 7,sackOK,TS val 1 ecr 0,sack 11:21,FO 0a0b,nop,eol`.

/** `blocks`: SACK edges as they shall stand in the header. */
export type TcpOption =
  | { readonly kind: 'mss'; readonly value: number }
  | { readonly kind: 'wscale'; readonly shift: number }
  | { readonly kind: 'sackOK' }
  | { readonly kind: 'sack'; readonly blocks: readonly (readonly [from: number, to: number])[] }
  | { readonly kind: 'timestamps'; readonly value: number; readonly echo: number }
  | { readonly kind: 'fastOpen'; readonly cookie: Uint8Array }
  | { readonly kind: 'nop' }
  | { readonly kind: 'eol' }

/** `sequence` turns an edge of a SACK block as written into the one of the header. */
export function parseOptions(text: string, sequence: (written: number) => number): TcpOption[] {
  return text
    .split(',')
    .map((option) => option.trim().split(/\s+/))
    .filter(([name]) => name !== '')
    .map(([name = '', ...words]) => parseOption(name, words, sequence))
}

function parseOption(
  name: string,
  words: readonly string[],
  sequence: (written: number) => number,
): TcpOption {
  switch (name) {
    case 'mss':
      return { kind: 'mss', value: Number(words[0]) }
    case 'wscale':
      return { kind: 'wscale', shift: Number(words[0]) }
    case 'sackOK':
      return { kind: 'sackOK' }
    case 'sack':
      return { kind: 'sack', blocks: words.map((word) => edges(word, sequence)) }
    case 'TS':
      return { kind: 'timestamps', value: Number(words[1]), echo: Number(words[3]) }
    case 'FO':
      return { kind: 'fastOpen', cookie: Buffer.from(words[0] ?? '', 'hex') }
    case 'nop':
      return { kind: 'nop' }
    case 'eol':
      return { kind: 'eol' }
    default:
      throw new Error(`there is no TCP option "${name}"`)
  }
}

function edges(word: string, sequence: (written: number) => number): [number, number] {
  const [from, to] = word.split(':').map(Number)
  if (from === undefined || to === undefined) throw new Error(`"${word}" is no SACK block`)
  return [sequence(from), sequence(to)]
}

/** In the order given; NOPs fill up to four bytes. */
export function encodeOptions(options: readonly TcpOption[]): Uint8Array {
  const bytes = options.flatMap(encodeOption)
  while (bytes.length % 4 !== 0) bytes.push(1)
  if (bytes.length > 40) throw new Error(`${bytes.length} bytes of options: 40 fit`)
  return Uint8Array.from(bytes)
}

function encodeOption(option: TcpOption): number[] {
  switch (option.kind) {
    case 'mss':
      return [2, 4, ...big(option.value, 2)]
    case 'wscale':
      return [3, 3, option.shift]
    case 'sackOK':
      return [4, 2]
    case 'sack':
      return [
        5,
        2 + 8 * option.blocks.length,
        ...option.blocks.flat().flatMap((edge) => big(edge, 4)),
      ]
    case 'timestamps':
      return [8, 10, ...big(option.value, 4), ...big(option.echo, 4)]
    case 'fastOpen':
      return [34, 2 + option.cookie.length, ...option.cookie]
    case 'nop':
      return [1]
    case 'eol':
      return [0]
  }
}

const big = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, n) => (value >>> (8 * (bytes - 1 - n))) & 0xff)

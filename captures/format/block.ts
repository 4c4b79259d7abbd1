// One pcapng block to be written (draft-ietf-opsawg-pcapng §3.1, §3.5), little-endian: frame and options; the body is the caller's.
import { padded } from './options.ts'
import { blockTrailer, OptionCode } from './pcapng-blocks.ts'

export interface Option {
  readonly code: number
  /** At most `longestValue` bytes. */
  readonly value: Uint8Array
}

export interface Block {
  readonly bytes: Uint8Array
  readonly view: DataView
}

/** Where the body begins. */
export const bodyStart = 8
const optionHeader = 4
const longestValue = 0xffff

/** With so many bytes of body, zeros as yet. */
export function createBlock(type: number, bodyLength: number, options: readonly Option[]): Block {
  const optionsStart = bodyStart + padded(bodyLength)
  const length = optionsStart + lengthOf(options) + blockTrailer
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, type, true)
  view.setUint32(4, length, true)
  view.setUint32(length - blockTrailer, length, true)
  let at = optionsStart
  for (const { code, value } of options) {
    view.setUint16(at, code, true)
    view.setUint16(at + 2, value.length, true)
    bytes.set(value, at + optionHeader)
    at += optionHeader + padded(value.length)
  }
  return { bytes, view }
}

function lengthOf(options: readonly Option[]): number {
  // The end mark is an option too, of which all bytes are zero.
  let length = options.length === 0 ? 0 : optionHeader
  for (const { value } of options) length += optionHeader + padded(value.length)
  return length
}

const encoder = new TextEncoder()

/** What is too long for an option is cut, between characters. */
export function text(code: number, content: string): Option {
  const value = encoder.encode(content)
  if (value.length <= longestValue) return { code, value }
  const cut = new Uint8Array(longestValue)
  return { code, value: cut.subarray(0, encoder.encodeInto(content, cut).written) }
}

export const comment = (content: string): Option => text(OptionCode.comment, content)

/** 8 bytes, unsigned. */
export function count(code: number, value: number): Option {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true)
  return { code, value: bytes }
}

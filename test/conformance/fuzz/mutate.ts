// Strings a little or a lot other than they were, and structured fields (RFC 9651) that follow the grammar, or nearly.
import type { Random } from '../../captures/random.ts'
import { tokens } from './values.ts'

type Mutation = (random: Random, text: string) => string

const mutations: readonly Mutation[] = [
  (random, text) => insert(random, text, random.pick(tokens)),
  (random, text) => insert(random, text, random.pick(tokens)),
  (random, text) => insert(random, text, randomText(random, 1 + random.integer(8))),
  (random, text) => {
    const [from, to] = rangeOf(random, text)
    return text.slice(0, from) + text.slice(to)
  },
  (random, text) => {
    const [from, to] = rangeOf(random, text)
    return text.slice(0, to) + text.slice(from)
  },
  (random, text) => {
    const at = random.integer(text.length + 1)
    const code = (text.charCodeAt(at) || 0) ^ (1 << random.integer(8))
    return text.slice(0, at) + String.fromCharCode(code & 0xff) + text.slice(at + 1)
  },
  (random, text) => text.slice(0, random.integer(text.length + 1)),
  (_random, text) => `${text}, ${text}`,
  (_random, text) => text.toUpperCase(),
  (random, text) => text.repeat(1 + random.integer(40)).slice(0, 8000),
  (random) => structured(random),
  (random) => randomText(random, random.integer(60)),
  (random) => randomText(random, random.integer(8) === 0 ? 9000 : 200),
]

/** Node's parser takes no control characters in a head: one in so many has some, to see that it ends well. */
const breakingOneIn = 60

export function mutate(random: Random, text: string): string {
  let mutated = text
  for (let more = 1 + random.integer(3); more > 0; more--) {
    mutated = random.pick(mutations)(random, mutated)
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant
  const clean = mutated.replaceAll(/[\u0000-\u0008\u000a-\u001f\u007f]/g, '')
  if (random.integer(breakingOneIn) > 0) return clean
  const breaking = ['\r', '\n', '\0', '\u007f', '\r\n', '\r\nX: y\r\n', '\n ']
  return insert(random, clean, random.pick(breaking))
}

/** A value of RFC 9651's grammar: an item, a list or a dictionary, with parameters. */
export function structured(random: Random): string {
  const count = random.integer(4)
  const members = Array.from({ length: count + 1 }, () => {
    const value = random.integer(4) === 0 ? innerList(random) : bareItem(random)
    const member = random.integer(2) === 0 ? value : `${key(random)}=${value}`
    return member + parameters(random)
  })
  return members.join(random.pick([', ', ',', ' , ', ',\t', ';']))
}

function innerList(random: Random): string {
  const items = Array.from(
    { length: random.integer(4) },
    () => bareItem(random) + parameters(random),
  )
  return `(${items.join(' ')})`
}

function parameters(random: Random): string {
  if (random.integer(3) > 0) return ''
  const value = random.integer(2) === 0 ? '' : `=${bareItem(random)}`
  return `;${key(random)}${value}`
}

const key = (random: Random) =>
  random.pick([
    'a',
    'sha-256',
    'sha-512',
    'max-size',
    'max-age',
    '*x',
    'A',
    '__proto__',
    'sha',
    'md5',
  ])

function bareItem(random: Random): string {
  return random.pick([
    () => String(random.integer(2000) - 1000),
    () => `${random.integer(1000)}.${random.integer(10_000)}`,
    () => `"${randomText(random, random.integer(10))}"`,
    () => random.pick(['token', '*t/x:y', 'tok"en']),
    () => `:${Buffer.from(randomText(random, random.integer(40)), 'latin1').toString('base64')}:`,
    () => random.pick(['?0', '?1', '?2', '?']),
    () => `@${random.integer(2 ** 31)}`,
    () => `%"${random.pick(['f%c3%bc', '%ff', '%C3', ''])}"`,
    () => '9'.repeat(1 + random.integer(20)),
  ])()
}

/** Any bytes, as characters of Latin-1. */
export function randomText(random: Random, length: number): string {
  return String.fromCharCode(...Array.from({ length }, () => random.integer(256)))
}

function insert(random: Random, text: string, piece: string): string {
  const at = random.integer(text.length + 1)
  return text.slice(0, at) + piece + text.slice(at)
}

function rangeOf(random: Random, text: string): [from: number, to: number] {
  const from = random.integer(text.length + 1)
  return [from, from + random.integer(text.length + 1 - from)]
}

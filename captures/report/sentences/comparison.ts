// What two captures say when they are held against each other. Comparison in, words out.
import { type Cause, causes } from '../budget/causes.ts'
import type { Comparison, RunsOfSide } from '../comparison.ts'
import type { Sentence } from '../prose.ts'
import { capital, join, listOf, say, tone } from '../prose.ts'
import { count, duration, size } from '../quantity.ts'
import { type Rounded, type RoundedTerm, rounded } from '../rounded.ts'

type Facts = Omit<Comparison, 'verdict'>

/** Causes below this part of the difference are not named. */
const worthNaming = 0.05
const mostNamed = 3
/** Less than this part of the time is no difference. */
const noDifference = 0.01

/** `Closing after each PATCH cost 39 more handshakes (1.57 s) and slow start again (4.87 s): 6.44 s of the 6.45 s difference; 0.00 s unexplained.` */
export function comparisonVerdict(facts: Facts): Sentence {
  const { comparability, difference, names } = facts
  if (difference === null) {
    return say`${tone('warning', 'Not compared')}: ${comparability.reasons.join('; ')}.`
  }
  const told = rounded(difference)
  const { a, b } = difference.total
  const isSame = Math.abs(b - a) < noDifference * Math.max(a, b)
  const sentences = [
    isSame ? same(facts, told) : differ(facts, told),
    ...(comparability.kind === 'normalised'
      ? [say`The times of ${names.b} are scaled to the same work.`]
      : []),
    ...runsTold(facts),
    ...(facts.limits.length > 0
      ? [say`${tone('warning', 'Uncertain')}, because of limits of the captures.`]
      : []),
  ]
  return join(sentences)
}

/** `Median of 3 runs each, A 2.05 s to 2.11 s, B 5.42 s to 5.60 s: …` */
function runsTold({ runs }: Facts): Sentence[] {
  if (runs === null) return []
  const [a, b] = [timesOf(runs.a), timesOf(runs.b)]
  if (a === null || b === null) return []
  const number =
    runs.a.counted === runs.b.counted
      ? `${count(runs.a.counted, 'run')} each`
      : `${runs.a.counted} and ${count(runs.b.counted, 'run')}`
  const longest = Math.max(a.most, b.most)
  const range = ({ least, most }: { readonly least: number; readonly most: number }) =>
    least === most
      ? timeIn(least, longest)
      : `${timeIn(least, longest)} to ${timeIn(most, longest)}`
  const isApart = a.most < b.least || b.most < a.least
  const meaning = isApart
    ? 'the times of both do not overlap'
    : 'the times of both overlap, so the difference may be chance'
  return [
    say`Median of ${number} (A ${range(a)}, B ${range(b)}): ${isApart ? meaning : tone('warning', meaning)}.`,
  ]
}

/** From first SYN to last answer, seconds; `null`: no run shows an upload. */
function timesOf({
  figures,
}: RunsOfSide): { readonly least: number; readonly most: number } | null {
  const row = figures.find(({ name }) => name === 'total')
  return row?.least == null || row.most === null ? null : { least: row.least, most: row.most }
}

/** Both sides in one unit. */
const timeIn = (seconds: number, longest: number): string =>
  longest < 0.9995 ? duration(seconds) : `${seconds.toFixed(2)}\u00a0s`

const figure = ({ figures }: Facts, name: string, side: 'a' | 'b'): number =>
  figures.find((row) => row.name === name)?.[side] ?? 0

function same(facts: Facts, { total, format }: Rounded): Sentence {
  const more = Math.abs(figure(facts, 'handshakes', 'b') - figure(facts, 'handshakes', 'a'))
  const although =
    more > 0 ? `, although one made ${count(more, 'more handshake', 'more handshakes')}` : ''
  return say`No difference to speak of: ${format(total.a)} and ${format(total.b)}${although}.`
}

/** Seen from the slower side: positive terms are what it lost. */
interface Slower {
  readonly side: 'a' | 'b'
  readonly lost: number
  readonly terms: readonly Term[]
  readonly format: (steps: number) => string
}

function differ(facts: Facts, { terms, total, format }: Rounded): Sentence {
  const side = total.difference > 0 ? 'b' : 'a'
  const sign = side === 'b' ? 1 : -1
  const slower: Slower = {
    side,
    lost: Math.abs(total.difference),
    terms: terms.map((term: RoundedTerm) => ({ cause: term.cause, lost: sign * term.difference })),
    format,
  }
  const more = figure(facts, 'handshakes', side) - figure(facts, 'handshakes', otherSide(side))
  const setup = lostTo(slower, 'handshake') + lostTo(slower, 'slow-start')
  if (more > 0 && setup >= slower.lost / 2) return closingSlower(facts, slower, more)
  if (more < 0) return keepingSlower(facts, slower, -more)
  return otherwiseSlower(facts, slower)
}

const otherSide = (side: 'a' | 'b') => (side === 'a' ? 'b' : 'a')

const lostTo = ({ terms }: Slower, cause: Cause) =>
  terms.find((term) => term.cause === cause)?.lost ?? 0

/** The largest losses that can be named, without those already told. */
function largest({ terms, lost }: Slower, sign: 1 | -1, without: readonly Cause[] = []) {
  return terms
    .filter(({ cause }) => cause !== 'unexplained' && !without.includes(cause))
    .filter((term) => sign * term.lost >= Math.max(1, worthNaming * lost))
    .sort((one, other) => sign * (other.lost - one.lost))
    .slice(0, mostNamed)
}

function closingSlower(facts: Facts, slower: Slower, handshakes: number): Sentence {
  const { side, lost, format } = slower
  const connections = figure(facts, 'connections', side)
  const isEach = figure(facts, 'patchesPerConnection', side) === 1
  const subject = isEach
    ? say`Closing after each PATCH`
    : say`Using ${count(connections, 'connection')} instead of ${figure(facts, 'connections', otherSide(side))}`
  const forHandshakes = lostTo(slower, 'handshake')
  const others = largest(slower, 1, ['handshake'])
  const told = forHandshakes + others.reduce((sum, term) => sum + term.lost, 0)
  const costs = [
    say`${count(handshakes, 'more handshake', 'more handshakes')} (${signedTime(forHandshakes, format)})`,
    ...others.map((term) => say`${causes[term.cause].words} (${format(term.lost)})`),
  ]
  const gains = largest(slower, -1, ['handshake'])
  if (gains.length === 0) {
    return say`${subject} cost ${listOf(costs)}: ${told <= lost ? format(told) : 'all'} of the ${format(lost)} difference; ${unexplained(slower)}.`
  }
  return say`${subject} cost ${listOf(costs)}, ${format(told)} together. Against that stand ${less(gains, format)}: ${format(lost)} slower in all; ${unexplained(slower)}.`
}

interface Term {
  readonly cause: Cause
  readonly lost: number
}

/** What went the other way. */
const less = (gains: readonly Term[], format: (steps: number) => string) =>
  listOf(gains.map(({ cause, lost }) => say`${format(lost)} less for ${causes[cause].words}`))

/** The same as the end of a sentence, where it is worth a word. */
function saved(slower: Slower): Sentence {
  const gains = largest(slower, -1, ['handshake'])
  return gains.length === 0 ? [] : say`, against which stand ${less(gains, slower.format)}`
}

function keepingSlower(facts: Facts, slower: Slower, handshakes: number): Sentence {
  const { lost, format } = slower
  const reasons = largest(slower, 1, ['handshake', 'slow-start'])
  const gains = [
    say`the ${count(handshakes, 'handshake')} that it saved (${format(lostTo(slower, 'handshake'))})`,
    ...(lostTo(slower, 'slow-start') < 0
      ? [say`the slow starts (${format(lostTo(slower, 'slow-start'))})`]
      : []),
  ]
  const because =
    reasons.length === 0 ? [] : say`: ${listOf(reasons.map((term) => costing(term, format)))}`
  const what = figure(facts, 'connections', slower.side) === 1 ? 'the connection' : 'connections'
  return say`Keeping ${what} was slower here, by ${format(lost)}${because}. ${capital(listOf(gains))} did not make up for that; ${unexplained(slower)}.`
}

const costing = ({ cause, lost }: Term, format: (steps: number) => string) =>
  say`${causes[cause].words} took ${format(lost)} more`

function otherwiseSlower(facts: Facts, slower: Slower): Sentence {
  const { side, lost, format } = slower
  const reasons = largest(slower, 1)
  const because =
    reasons.length === 0 ? [] : say`: ${listOf(reasons.map((term) => costing(term, format)))}`
  return say`${facts.names[side]} took ${format(lost)} longer than ${facts.names[otherSide(side)]}${chunks(facts, side)}${because}${saved(slower)}; ${unexplained(slower)}.${reasons.some(({ cause }) => cause === 'handshake') ? [] : minorHandshakes(facts, slower)}`
}

/** More connections, but that is not why it was slower. */
function minorHandshakes(facts: Facts, slower: Slower): Sentence {
  const { side, format } = slower
  const more = figure(facts, 'handshakes', side) - figure(facts, 'handshakes', otherSide(side))
  if (more <= 0) return []
  return say` ${count(more, 'handshake more', 'handshakes more')} took ${signedTime(lostTo(slower, 'handshake'), format)} of that.`
}

function chunks(facts: Facts, side: 'a' | 'b'): Sentence {
  const [own, other] = [figure(facts, 'chunk', side), figure(facts, 'chunk', otherSide(side))]
  return own === other || own === 0 || other === 0
    ? []
    : say` (PATCHes of ${size(own)}, not ${size(other)})`
}

function unexplained({ terms, format, lost }: Slower): Sentence {
  const rest = terms.find(({ cause }) => cause === 'unexplained')?.lost ?? 0
  const text = `${signedTime(rest, format)} unexplained`
  return Math.abs(rest) > 0.2 * lost ? say`${tone('warning', text)}` : say`${text}`
}

const signedTime = (steps: number, format: (steps: number) => string) =>
  steps < 0 ? `\u2212${format(steps)}` : format(steps)

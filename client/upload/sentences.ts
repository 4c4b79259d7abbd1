// What the page says about transfers, uploads and connections. Pure: state in, words out.
import type { Connection, ServerConfig, ServerUpload } from './api.ts'
import { currentNote, secondsLeft, speed, type Transfer } from './transfer.ts'
import { ago, bytes, bytesOf, dayAndTime, duration, plural, rate } from './units.ts'

/** How a line is meant: progress, nothing to do, look here, or broken. */
export type Tone = 'calm' | 'warning' | 'damage'

export interface Status {
  /** Short facts, shown with dots between. The first is what is safe. */
  readonly facts: readonly string[]
  /** A sentence about what it does or waits for. */
  readonly sentence: string | null
  readonly tone: Tone
}

/** The words for one file on its way. `keptUntil` in ms since the epoch, null when unknown. */
export function transferStatus(
  transfer: Transfer,
  now: number,
  config: ServerConfig | null,
  keptUntil: number | null,
): Status {
  const { phase } = transfer
  const safe = `${bytesOf(transfer.safe, transfer.size)} safe`
  const calm = (sentence: string | null, ...facts: string[]): Status => ({
    facts: [safe, ...facts],
    sentence,
    tone: 'calm',
  })
  switch (phase.kind) {
    case 'queued':
      return calm(null, 'next in line')
    case 'checking':
      return calm('Asking the server whether it already has a part of this file.')
    case 'elsewhere':
      return {
        facts: [safe],
        sentence:
          phase.by === 'tab'
            ? 'Another tab of this browser is sending this file. This one takes over if that tab is closed.'
            : 'Another program is sending this file right now. This page goes on if it stops.',
        tone: 'warning',
      }
    case 'sending': {
      const note = currentNote(transfer, now)
      return {
        facts: [safe, ...sendingFacts(transfer, now)],
        sentence: note,
        tone: note ? 'warning' : 'calm',
      }
    }
    case 'waiting':
      return { facts: [safe], sentence: waitSentence(transfer, now), tone: 'warning' }
    case 'paused':
      return calm(pauseSentence(transfer, now, config, keptUntil), 'paused')
    case 'failed':
      return { facts: [safe], sentence: phase.why, tone: 'damage' }
    case 'finished':
      return calm(null, 'finished')
  }
}

function sendingFacts(transfer: Transfer, now: number): string[] {
  const facts = [`${bytes(transfer.sent)} sent`]
  const bytesPerSecond = speed(transfer, now)
  const left = secondsLeft(transfer, now)
  if (bytesPerSecond !== null) facts.push(rate(bytesPerSecond))
  if (transfer.size > 0 && transfer.safe === transfer.size) facts.push('the server is finishing it')
  else if (left !== null && left < 30 * 86400) {
    facts.push(`${duration(Math.max(1, left))} left`)
  }
  return facts
}

function waitSentence(transfer: Transfer, now: number): string {
  const { phase } = transfer
  if (phase.kind !== 'waiting') return ''
  const wait = phase.for
  switch (wait.what) {
    case 'network':
      return 'Waiting for the network. It goes on by itself; what is safe stays safe.'
    case 'sign-in':
      return 'The server wants you to sign in again. Nothing is lost: it goes on once you have.'
    case 'server': {
      const seconds = Math.ceil((wait.until - now) / 1000)
      const next = seconds > 1 ? `Trying again in ${seconds} s.` : 'Trying again now.'
      const what =
        wait.status === 0
          ? `${sentenceCase(wait.said)}.`
          : `The server can’t take it right now (${wait.status}: ${wait.said}).`
      return `${what} ${next}`
    }
  }
}

function pauseSentence(
  transfer: Transfer,
  now: number,
  config: ServerConfig | null,
  keptUntil: number | null,
): string | null {
  if (transfer.safe === 0) return null
  const until =
    keptUntil !== null
      ? ` until ${dayAndTime(keptUntil, now)}`
      : config?.expireAfter
        ? ` for ${duration(config.expireAfter)}`
        : ''
  return `The server keeps the ${bytes(transfer.safe)} that are safe${until}. You may close this page.`
}

/** The words for an upload that waits on the server for its file. */
export function unfinishedFacts(upload: ServerUpload, now: number): string[] {
  const safe =
    upload.length === null
      ? `${bytes(upload.offset)} safe, whole size not told`
      : `${bytesOf(upload.offset, upload.length)} safe`
  if (upload.state === 'damaged') return [safe]
  const when = upload.parts
    ? `begun ${ago(Date.parse(upload.created), now)}`
    : upload.active
      ? 'being sent now by another page or program'
      : `stopped ${ago(Date.parse(upload.modified), now)}`
  const kept = upload.expires ? [`kept until ${dayAndTime(Date.parse(upload.expires), now)}`] : []
  return [safe, when, ...(upload.active ? [] : kept)]
}

/** How a connection ended, in words; null while it's open. */
export function endingOf(connection: Connection, keepAliveTimeout: number | null): string | null {
  if (!connection.closed) return null
  const { ended } = connection
  if (!ended) return 'ended with the server'
  const idle = Math.round(connection.longestIdle) || Math.round(keepAliveTimeout ?? 0)
  const who = ended.by === 'server' ? 'the server' : 'the client'
  const words: Record<typeof ended.how, string> = {
    fin: `closed by ${who}`,
    reset: `reset by ${who}`,
    'idle-timeout': `closed by ${who}, idle ${duration(idle)}`,
    drain: `closed by ${who}, which was shutting down`,
    'read-timeout': `closed by ${who}: nothing moved any more`,
    error: `broken on the side of ${who}`,
  }
  return words[ended.how]
}

/** "392 chunks went over one connection: 391 handshakes saved." */
export function reuseSentence(patches: number, connections: number): string {
  if (patches === 0)
    return 'Nothing sent from this page yet. Drop a file and watch its TCP connection here.'
  if (patches === 1) return '1 chunk went over one connection.'
  const over = connections === 1 ? 'one connection' : `${connections} connections`
  const saved = patches - connections
  const outcome = saved > 0 ? `${plural(saved, 'handshake')} saved` : 'no handshake saved'
  return `${plural(patches, 'chunk')} went over ${over}: ${outcome}.`
}

/** What guards the bytes and over what they go, by the page's settings. `checkedUpTo`: longest chunk, in bytes, that is checked. */
export function settingsSentence(settings: {
  readonly isProving: boolean
  readonly hash: string | null
  readonly chunkSize: number
  readonly checkedUpTo: number
  readonly connections: number
}): string {
  return [guardSentence(settings), partsSentence(settings.connections)].filter(Boolean).join(' ')
}

function guardSentence(settings: Parameters<typeof settingsSentence>[0]): string {
  if (!settings.isProving) {
    return 'Not verified: what was damaged on its way beyond TCP’s own checksum stays unnoticed.'
  }
  const end = 'the finished file is compared with yours by SHA-256.'
  if (settings.hash === null) return `This server checks no chunks; ${end}`
  if (settings.chunkSize > settings.checkedUpTo) {
    return `A file in one PATCH goes without a checksum, which would have to be known before its first byte; ${end}`
  }
  return `Each chunk carries its ${hashNames[settings.hash] ?? settings.hash} and goes again if it arrives damaged; ${end}`
}

const hashNames: Readonly<Record<string, string>> = { sha256: 'SHA-256', crc32: 'CRC-32' }

function partsSentence(connections: number): string {
  if (connections === 1) return ''
  return `Files go in up to ${connections} parts at once, each over a TCP connection of its own; the server joins them.`
}

/** What is true when somebody leaves in the middle. */
export function leavingSentence(
  transfers: readonly Transfer[],
  config: ServerConfig | null,
): string {
  const safe = transfers.reduce((sum, transfer) => sum + transfer.safe, 0)
  const kept = config?.expireAfter
    ? `The server keeps it for ${duration(config.expireAfter)}; come`
    : 'Come'
  return `${plural(transfers.length, 'upload')} under way. ${bytes(safe)} are safe and stay safe if you leave. ${kept} back and choose the same ${transfers.length === 1 ? 'file' : 'files'} to go on.`
}

/** What holds for every file, under the place to drop them; empty where the server has no limits. */
export function limitsSentence({ maxSize, expireAfter }: ServerConfig): string {
  const largest = maxSize === null ? '' : `Up to ${bytes(maxSize)} each. `
  return expireAfter === null
    ? largest.trim()
    : `${largest}Unfinished uploads are kept for ${duration(expireAfter)}.`
}

function sentenceCase(text: string): string {
  const trimmed = text.replace(/\.$/, '')
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1)
}

// P6: what a connection's time, packets and bytes went to, each as a bar of a hundred percent. Connection in, picture out.
import type { ConnectionAnalysis } from '../../analysis.ts'
import { amount, duration, size } from '../quantity.ts'
import {
  type Mark,
  type Picture,
  part,
  rect,
  type Tone,
  text,
  toFrame,
  widthOf,
} from './picture.ts'

interface Share {
  readonly name: string
  readonly value: number
  readonly told: string
  readonly tone: Tone
  readonly isHatched?: boolean
  readonly frame?: number | null | undefined
}

export interface Strip {
  readonly name: string
  readonly parts: readonly Share[]
}

/** The same figures as a table would tell. */
export function stripsOf(connection: ConnectionAnalysis): readonly Strip[] {
  return [timeStrip(connection), packetStrip(connection), byteStrip(connection)]
}

function timeStrip({ initiation, maintenance, termination, exchanges }: ConnectionAnalysis): Strip {
  const seconds = (name: string, value: number, tone: Tone, more: Partial<Share> = {}): Share => ({
    name,
    value,
    told: duration(value),
    tone,
    ...more,
  })
  return {
    name: 'time',
    parts: [
      seconds('initiation', initiation.duration ?? 0, 'text', { frame: initiation.packets[0] }),
      seconds('transfer', maintenance.transfer, 'client', { frame: exchanges[0]?.requestPacket }),
      seconds('idle', maintenance.idle, 'soft', {
        isHatched: true,
        frame: maintenance.idleGaps[0]?.fromPacket,
      }),
      seconds('termination', termination.duration, 'server', { frame: termination.packets[0] }),
    ],
  }
}

function packetStrip(connection: ConnectionAnalysis): Strip {
  const { packets, initiation, maintenance, termination } = connection
  const { dataSegments, keepAliveProbes, keepAliveAnswers, zeroWindowProbes } = maintenance
  const opening = initiation.packets.length + initiation.synRetransmissions
  const closing = termination.packets.length
  const probes = keepAliveProbes + keepAliveAnswers + zeroWindowProbes
  const rest = Math.max(
    0,
    packets - opening - closing - dataSegments.client - dataSegments.server - probes,
  )
  const counted = (name: string, value: number, tone: Tone): Share => ({
    name,
    value,
    told: amount(value),
    tone,
  })
  return {
    name: 'packets',
    parts: [
      counted('handshake', opening, 'text'),
      counted('data of the client', dataSegments.client, 'client'),
      counted('data of the server', dataSegments.server, 'server'),
      counted('ACKs and window updates', rest, 'other'),
      counted('probes', probes, 'warning'),
      counted('closing', closing, 'soft'),
    ],
  }
}

function byteStrip(connection: ConnectionAnalysis): Strip {
  const { payloadBytes, headerBytes, retransmittedBytes, wireBytes } = connection
  const resent = retransmittedBytes.client + retransmittedBytes.server
  const heads = headerBytes.client + headerBytes.server
  const layers = Math.max(
    0,
    wireBytes.client + wireBytes.server - payloadBytes.client - payloadBytes.server - resent,
  )
  const counted = (name: string, value: number, tone: Tone): Share => ({
    name,
    value,
    told: size(value),
    tone,
  })
  return {
    name: 'bytes',
    parts: [
      counted(
        'bodies of the client',
        Math.max(0, payloadBytes.client - headerBytes.client),
        'client',
      ),
      counted(
        'bodies of the server',
        Math.max(0, payloadBytes.server - headerBytes.server),
        'server',
      ),
      counted('HTTP heads', heads, 'warning'),
      counted('sent again', resent, 'damage'),
      counted('TCP, IP and link headers', layers, 'other'),
    ],
  }
}

const labelColumn = 58
const barHeight = 14
const lineHeight = 16

export function phaseStrip(connection: ConnectionAnalysis, width: number): Picture {
  const marks: Mark[] = []
  let y = 2
  for (const strip of stripsOf(connection)) {
    const drawn = stripMarks(strip, width, y)
    marks.push(...drawn.marks)
    y += drawn.height + 10
  }
  return {
    title: `What connection ${connection.number} consists of`,
    description: 'Three bars of a hundred percent: its time, its packets, its bytes.',
    width,
    height: y,
    marks,
  }
}

function stripMarks({ name, parts }: Strip, width: number, top: number) {
  const shown = parts.filter(({ value }) => value > 0)
  const total = shown.reduce((sum, { value }) => sum + value, 0)
  const isNarrow = width < 480
  const left = isNarrow ? 0 : labelColumn
  const barTop = isNarrow ? top + 16 : top
  const room = width - left
  const widths = shown.map(({ value }) => Math.max(2, (value / total) * room))
  const excess = widths.reduce((sum, one) => sum + one, 0) - room
  const widest = widths.indexOf(Math.max(...widths))
  if (widest >= 0) widths[widest] = Math.max(2, (widths[widest] ?? 0) - excess)
  const marks: Mark[] = [text(0, top + 11, name, 'soft', { isSmall: true })]
  let x = left
  for (const [index, one] of shown.entries()) {
    const own = widths[index] ?? 0
    const gap = index === shown.length - 1 || own < 4 ? 0 : 1
    marks.push(
      part(`${one.name}: ${one.told}, ${share(one.value, total)}`, toFrame(one.frame), [
        rect([x, barTop, own - gap, barHeight], 'track', 'none'),
        rect([x, barTop, own - gap, barHeight], one.tone, one.isHatched ? 'hatched' : 'solid'),
      ]),
    )
    x += own
  }
  const legend = legendMarks(shown, total, left, width, barTop + barHeight + 13)
  return { marks: [...marks, ...legend.marks], height: legend.bottom - top }
}

function legendMarks(
  parts: readonly Share[],
  total: number,
  left: number,
  width: number,
  firstLine: number,
) {
  const marks: Mark[] = []
  let x = left
  let y = firstLine
  for (const one of parts) {
    const words = `${one.name} ${one.told} (${share(one.value, total)})`
    const needed = 14 + widthOf(words, true) + 14
    if (x > left && x + needed - 14 > width) {
      x = left
      y += lineHeight
    }
    marks.push(
      rect([x, y - 8, 9, 9], one.tone, one.isHatched ? 'hatched' : 'solid'),
      text(x + 14, y, words, 'soft', { isSmall: true }),
    )
    x += needed
  }
  return { marks, bottom: y + 4 }
}

function share(value: number, total: number): string {
  const percent = total > 0 ? (100 * value) / total : 0
  return `${percent >= 9.95 ? percent.toFixed(0) : percent >= 0.1 ? percent.toFixed(1) : '<0.1'}\u00a0%`
}

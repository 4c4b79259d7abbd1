// The two things called keep-alive, and the third that looks like one; and the idle times. Analysis in, words out.
import type { ConnectionAnalysis, IdleGap } from '../../analysis.ts'
import { unreachable } from '../../units.ts'
import type { Sentence } from '../prose.ts'
import { frame, frames, say, tone } from '../prose.ts'
import { count, duration } from '../quantity.ts'

/** HTTP persistence, TCP keep-alive probes, zero-window probes: always all three, so that none is taken for another. */
export function keepAliveSentences(connection: ConnectionAnalysis): Sentence[] {
  return [persistence(connection), tcpProbes(connection), zeroWindowProbes(connection)]
}

function persistence({
  protocol,
  maintenance: { exchanges },
  initiation: { rtt },
}: ConnectionAnalysis): Sentence {
  const name = tone('strong', 'HTTP persistence')
  if (protocol !== 'http' && protocol !== 'upgraded') {
    return say`${name}: cannot be told, as no HTTP/1.1 is to be read on it.`
  }
  if (exchanges === 0) return say`${name}: no request was sent.`
  if (exchanges === 1)
    return say`${name}: not used. One request, and no second one on this connection.`
  const saved = exchanges - 1
  const worth =
    rtt === null
      ? ''
      : `, about ${duration(saved * rtt)}${saved > 1 ? ` (${saved} × ${duration(rtt)})` : ''}`
  return say`${name}: ${count(exchanges, 'request')} used this one connection; ${count(saved, 'handshake')} saved${worth}.`
}

function tcpProbes({ maintenance }: ConnectionAnalysis): Sentence {
  const name = tone('strong', 'TCP keep-alive probes')
  const { keepAliveProbes: probes, keepAliveAnswers: answers } = maintenance
  if (probes === 0) return say`${name} (SO_KEEPALIVE): none.`
  const answered =
    answers >= probes ? 'all answered' : answers === 0 ? 'none answered' : `${answers} answered`
  const gaps = maintenance.idleGaps.filter((gap) => gap.probes > 0)
  const shown = gaps.slice(0, 3).map((gap) => between(gap))
  const where =
    shown.length === 0
      ? []
      : say`, ${shown.flatMap((gap, index) => (index === 0 ? gap : ['; ', ...gap]))}${gaps.length > 3 ? ' …' : ''}`
  return say`${name} (SO_KEEPALIVE): ${count(probes, 'probe')}, ${answered}${where}. They carry nothing; they ask whether the other end is still there.`
}

function zeroWindowProbes({
  maintenance: { zeroWindowProbes: probes },
}: ConnectionAnalysis): Sentence {
  const name = tone('strong', 'Zero-window probes')
  return probes === 0
    ? say`${name} (the third thing, which Wireshark may label Keep-Alive): none.`
    : say`${name}: ${count(probes, 'probe')}. The receiver had closed its window and the sender asked whether it had opened again. Wireshark labels those of Linux "TCP Keep-Alive"; they are none.`
}

function between({ fromPacket, toPacket }: IdleGap): Sentence {
  return toPacket === null
    ? say`after frame ${frame(fromPacket)}`
    : say`between ${frames([fromPacket, toPacket])}`
}

/** One idle time: how long, where, why, and what happened in it. */
export function idleGapSentence(
  gap: IdleGap,
  protocol: ConnectionAnalysis['protocol'] = 'http',
): Sentence {
  const probes = gap.probes > 0 ? `; ${count(gap.probes, 'TCP keep-alive probe')} in it` : ''
  return say`${tone('strong', duration(gap.to - gap.from))} ${between(gap)}: ${protocol === 'http' ? reason(gap) : silence(gap)}${probes}.`
}

/** Where requests cannot be read, idle is all that can be said. */
const silence = (gap: IdleGap) => (gap.kind === 'http-idle' ? 'no data either way' : reason(gap))

function reason({ kind, announcedTimeout, toPacket }: IdleGap): string {
  switch (kind) {
    case 'http-idle': {
      const announced =
        announcedTimeout === null
          ? ''
          : `; the server had announced timeout=${announcedTimeout}\u00a0s`
      return toPacket === null
        ? `no exchange under way until the capture ended${announced}`
        : `no exchange under way, the connection kept${announced}`
    }
    case 'server':
      return 'a request waited for the server’s answer'
    case 'zero-window':
      return 'the receiver had closed its window'
    case 'retransmission':
      return 'a segment was lost and the retransmission timer ran'
    case 'sender-paused':
      return 'a message stopped in its middle, with nothing on its way'
    default:
      return unreachable(kind)
  }
}

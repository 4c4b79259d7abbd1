// An upload as a capture at the client would show it: a plan of chunks and connections in, a consistent Analysis out.
import type {
  Analysis,
  ConnectionAnalysis,
  ExchangeAnalysis,
  Waits,
} from '../../../captures/analysis.ts'
import {
  aConnection,
  aMaintenance,
  anAnalysis,
  anEnd,
  anExchange,
  anIdleGap,
  anInitiation,
  anUpload,
  anUploadPart,
  aSegment,
  aTermination,
  waits,
} from './build-analysis.ts'

export interface Plan {
  readonly patches: number
  readonly chunk: number
  /** PATCHes before the connection is closed. */
  readonly perConnection: number
  readonly rtt: number
  /** Seconds from the first to the last byte of a PATCH; of the first one on a connection, and of the others. */
  readonly firstSend: number
  readonly send: number
  /** Of these, waiting for ACKs and retransmission. */
  readonly firstWaits?: Partial<Waits>
  readonly waits?: Partial<Waits>
  /** So many PATCHes before the first loss go at the line's pace. */
  readonly early?: { readonly patches: number; readonly send: number }
  readonly serverTime: number
  /** How long the last connection is left idle before the server closes it. */
  readonly idle: number
  readonly retransmissions?: number
}

const url = '/files/3f2a9c'
const mss = 1448
const head = 512
const reply = 479

/** The moving parts of the simulated capture. */
interface Tape {
  time: number
  packet: number
}

export function simulateUpload(plan: Plan): Analysis {
  const tape: Tape = { time: 0, packet: 1 }
  const connections: ConnectionAnalysis[] = []
  for (let done = 0; done < plan.patches; done += plan.perConnection) {
    const patches = Math.min(plan.perConnection, plan.patches - done)
    connections.push(simulateConnection(plan, tape, connections.length, done, patches))
  }
  const length = plan.patches * plan.chunk
  return anAnalysis({
    connections,
    uploads: [
      anUpload({
        url,
        length,
        offset: length,
        patches: plan.patches,
        connections: connections.map(({ number }) => number),
        end: tape.time,
      }),
    ],
  })
}

function simulateConnection(
  plan: Plan,
  tape: Tape,
  number: number,
  done: number,
  patches: number,
): ConnectionAnalysis {
  const { rtt, chunk } = plan
  const start = tape.time
  const firstPacket = tape.packet
  tape.packet += 3
  tape.time += rtt
  const exchanges: ExchangeAnalysis[] = []
  for (let index = 0; index < patches; index += 1) {
    exchanges.push(simulatePatch(plan, tape, index, (done + index) * chunk))
  }
  const isLast = done + patches === plan.patches
  const closes = plan.perConnection === 1
  const lastEnd = tape.time
  const idle = isLast && !closes ? plan.idle : 0.0002
  const fin = tape.packet
  tape.packet += 3
  tape.time += idle
  const by = closes ? 'client' : 'server'
  const sent = 1 + patches * (head + chunk)
  const received = 1 + patches * reply
  const ends = closes ? { mine: sent, theirs: received } : { mine: received, theirs: sent }
  const end = tape.time + rtt
  const segmentCount = patches * Math.ceil(chunk / mss)
  return aConnection({
    number,
    client: { address: '10.77.0.1', port: 38036 + 2 * number },
    packets: tape.packet - firstPacket,
    start,
    end,
    firstPacket,
    lastPacket: fin + 2,
    purpose:
      number === 0
        ? { reason: 'first', connection: null }
        : { reason: closes ? 'connection-close' : 'after-fin', connection: number - 1 },
    packetsBy: { client: segmentCount + 5, server: tape.packet - firstPacket - segmentCount - 5 },
    wireBytes: {
      client: patches * (chunk + head) + segmentCount * 66,
      server: patches * reply + (tape.packet - firstPacket - segmentCount) * 66,
    },
    retransmittedBytes: { client: (plan.retransmissions ?? 0) * mss, server: 0 },
    initiation: anInitiation({
      start,
      packets: [firstPacket, firstPacket + 1, firstPacket + 2],
      duration: rtt,
      rtt,
      rttToServer: rtt * 0.998,
      client: anEnd({ isn: (3131580208 + number * 7919) % 2 ** 32 }),
    }),
    maintenance: aMaintenance({
      exchanges: patches,
      patches,
      start: start + rtt,
      end: tape.time,
      transfer: lastEnd - start - rtt,
      idle,
      idleGaps:
        idle > 0.1
          ? [
              anIdleGap({
                from: lastEnd,
                to: tape.time,
                fromPacket: fin - 1,
                toPacket: fin,
                announcedTimeout: 5,
              }),
            ]
          : [],
      retransmissions: plan.retransmissions ?? 0,
      fastRetransmissions: Math.max(0, (plan.retransmissions ?? 0) - 2),
      duplicateAcks: 3 * (plan.retransmissions ?? 0),
      dataSegments: { client: segmentCount, server: patches },
      rtt: {
        client: {
          samples: segmentCount >> 1,
          min: rtt - 0.00002,
          mean: rtt * 1.06,
          max: rtt * 1.4,
        },
        server: { samples: patches, min: 0.00002, mean: 0.00003, max: 0.00008 },
      },
      maxBytesInFlight: { client: Math.min(chunk, 320 * mss), server: reply },
    }),
    termination: aTermination({
      by,
      packets: [fin, fin + 1, fin + 2],
      duration: rtt,
      segments: [
        aSegment({
          packet: fin,
          time: tape.time,
          by,
          sequence: ends.mine,
          acknowledgement: ends.theirs,
          clientState: closes ? 'FIN-WAIT-1' : 'CLOSE-WAIT',
          serverState: closes ? 'CLOSE-WAIT' : 'FIN-WAIT-1',
        }),
        aSegment({
          packet: fin + 1,
          time: tape.time + rtt * 0.999,
          by: closes ? 'server' : 'client',
          sequence: ends.theirs,
          acknowledgement: ends.mine + 1,
          clientState: closes ? 'TIME-WAIT' : 'LAST-ACK',
          serverState: closes ? 'LAST-ACK' : 'TIME-WAIT',
        }),
        aSegment({
          packet: fin + 2,
          time: end,
          by,
          what: 'ACK',
          sequence: ends.mine + 1,
          acknowledgement: ends.theirs + 1,
          clientState: closes ? 'TIME-WAIT' : 'CLOSED',
          serverState: closes ? 'CLOSED' : 'TIME-WAIT',
        }),
      ],
      cause: closes ? 'connection-close' : 'server-idle-timeout',
      idleBefore: idle,
    }),
    exchanges,
  })
}

function simulatePatch(plan: Plan, tape: Tape, index: number, from: number): ExchangeAnalysis {
  const { chunk, rtt, serverTime } = plan
  const isFirst = index === 0
  const start = tape.time + 0.0001
  const isEarly = plan.early !== undefined && index <= plan.early.patches
  const later = isEarly ? plan.early.send : plan.send
  const requestEnd = start + (isFirst ? plan.firstSend : later)
  const responseStart = requestEnd + rtt + serverTime
  const segments = Math.ceil((chunk + head) / mss)
  const first = tape.packet
  const last = first + Math.floor(segments * 1.4)
  tape.packet = last + 2
  tape.time = responseStart
  const requestFrom = 1 + index * (head + chunk)
  const responseFrom = 1 + index * reply
  return anExchange({
    number: index + 1,
    requestPacket: first,
    headPacket: first,
    lastRequestPacket: last,
    responsePacket: last + 1,
    lastResponsePacket: last + 1,
    requestBytes: head + chunk,
    requestBodyBytes: chunk,
    requestSequence: { from: requestFrom, to: requestFrom + head + chunk },
    responseSequence: { from: responseFrom, to: responseFrom + reply },
    start,
    requestEnd,
    requestAcknowledged: requestEnd + rtt,
    responseStart,
    end: responseStart,
    connectionClose: plan.perConnection === 1,
    waits: waits(isFirst ? plan.firstWaits : isEarly ? {} : plan.waits),
    upload: anUploadPart({
      url,
      from,
      to: from + chunk,
      answeredOffset: from + chunk,
      sequence: { from: requestFrom + head, to: requestFrom + head + chunk },
    }),
  })
}

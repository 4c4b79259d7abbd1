// The captures that the texts are looked at with: each one thing that people meet.
import type { Analysis } from '../../../captures/analysis.ts'
import {
  aConnection,
  aMaintenance,
  anAnalysis,
  anExchange,
  anIdleGap,
  anInitiation,
  anUpload,
  anUploadPart,
  aSegment,
  aTermination,
  KiB,
  MiB,
  unseenInitiation,
  waits,
} from './build-analysis.ts'
import { simulateUpload } from './simulate-upload.ts'

/** 20 × 1 MiB on one connection, which the server closes after 6 s. */
export const keptAlive = (): Analysis =>
  simulateUpload({
    patches: 20,
    chunk: MiB,
    perConnection: 20,
    rtt: 0.0404,
    firstSend: 0.21,
    firstWaits: { acknowledgement: 0.15, acknowledgementRounds: 4 },
    send: 0.085,
    serverTime: 0.0016,
    idle: 6,
  })

/** The lab's measure: 40 × 256 KiB over 40 ms, kept and closed. */
const lab = {
  patches: 40,
  chunk: 256 * KiB,
  rtt: 0.0402,
  firstSend: 0.168,
  firstWaits: { acknowledgement: 0.126, acknowledgementRounds: 3 },
  send: 0.042,
  serverTime: 0.0018,
  idle: 5,
} as const
export const kept40 = (): Analysis => simulateUpload({ ...lab, perConnection: 40 })
export const closed40 = (): Analysis => simulateUpload({ ...lab, perConnection: 1 })

/** With loss: the kept connection stays in congestion avoidance. */
export const keptLossy = (): Analysis =>
  simulateUpload({
    ...lab,
    perConnection: 40,
    early: { patches: 3, send: 0.042 },
    send: 0.325,
    waits: { acknowledgement: 0.256, acknowledgementRounds: 7, retransmission: 0.027 },
    retransmissions: 24,
  })
export const closedLossy = (): Analysis =>
  simulateUpload({
    ...lab,
    perConnection: 1,
    firstSend: 0.21,
    firstWaits: { acknowledgement: 0.13, acknowledgementRounds: 3, retransmission: 0.038 },
    retransmissions: 1,
  })

export const closed200 = (): Analysis =>
  simulateUpload({
    patches: 200,
    chunk: MiB,
    perConnection: 1,
    rtt: 0.0404,
    firstSend: 0.23,
    firstWaits: { acknowledgement: 0.16, acknowledgementRounds: 5 },
    send: 0.23,
    serverTime: 0.002,
    idle: 0,
  })

/** Stopped in the third PATCH; asked for the offset and went on, on a second connection. */
export function pausedAndResumed(): Analysis {
  const part = (number: number, from: number, to: number, at: number, packet: number) =>
    anExchange({
      number,
      requestPacket: packet,
      headPacket: packet,
      lastRequestPacket: packet + 900,
      responsePacket: packet + 901,
      lastResponsePacket: packet + 901,
      requestSequence: null,
      responseSequence: null,
      start: at,
      requestEnd: at + 0.45,
      requestAcknowledged: at + 0.49,
      responseStart: at + 0.493,
      end: at + 0.493,
      upload: anUploadPart({ from, to, answeredOffset: to, sequence: null }),
    })
  return anAnalysis({
    connections: [
      aConnection({
        packets: 2720,
        end: 1.62,
        lastPacket: 2720,
        maintenance: aMaintenance({
          exchanges: 3,
          patches: 3,
          start: 0.0404,
          end: 1.54,
          transfer: 1.48,
          idle: 0.02,
        }),
        termination: aTermination({
          by: 'client',
          packets: [2718, 2719, 2720],
          duration: 0.081,
          form: 'four-segment',
          cause: 'client-pause',
          idleBefore: null,
          segments: [
            aSegment({
              packet: 2718,
              time: 1.54,
              by: 'client',
              sequence: 3147265,
              acknowledgement: 959,
              clientState: 'FIN-WAIT-1',
              serverState: 'CLOSE-WAIT',
            }),
            aSegment({
              packet: 2719,
              time: 1.58,
              by: 'server',
              what: 'ACK',
              sequence: 959,
              acknowledgement: 3147266,
              clientState: 'FIN-WAIT-2',
              serverState: 'CLOSE-WAIT',
            }),
            aSegment({
              packet: 2720,
              time: 1.62,
              by: 'server',
              sequence: 959,
              acknowledgement: 3147266,
              clientState: 'TIME-WAIT',
              serverState: 'LAST-ACK',
            }),
          ],
        }),
        exchanges: [
          part(1, 0, MiB, 0.041, 4),
          part(2, MiB, 2 * MiB, 0.54, 910),
          {
            ...part(3, 2 * MiB, 3 * MiB, 1.04, 1815),
            status: null,
            responsePacket: null,
            lastResponsePacket: null,
            responseStart: null,
            end: null,
            responseBytes: 0,
            responseHeadBytes: 0,
            isResponseComplete: false,
            upload: anUploadPart({
              from: 2 * MiB,
              to: 3 * MiB,
              answeredOffset: null,
              isConsistent: null,
              sequence: null,
            }),
          },
        ],
      }),
      aConnection({
        number: 1,
        client: { address: '10.77.0.1', port: 38040 },
        packets: 970,
        start: 9.2,
        end: 10.1,
        firstPacket: 2721,
        lastPacket: 3690,
        purpose: { reason: 'after-pause', connection: 0 },
        initiation: anInitiation({ start: 9.2, packets: [2721, 2722, 2723] }),
        maintenance: aMaintenance({
          exchanges: 2,
          patches: 1,
          start: 9.24,
          end: 10.1,
          transfer: 0.54,
          idle: 0.32,
        }),
        termination: aTermination({
          kind: 'open',
          by: null,
          packets: [],
          duration: 0,
          segments: [],
          form: null,
          cause: 'not-ended',
          idleBefore: null,
        }),
        exchanges: [
          anExchange({
            number: 1,
            method: 'HEAD',
            status: 200,
            requestPacket: 2724,
            headPacket: 2724,
            lastRequestPacket: 2724,
            responsePacket: 2725,
            lastResponsePacket: 2725,
            requestBytes: 310,
            requestHeadBytes: 310,
            requestBodyBytes: 0,
            start: 9.241,
            requestEnd: 9.241,
            requestAcknowledged: 9.2822,
            responseStart: 9.2822,
            end: 9.2822,
            upload: anUploadPart({
              action: 'offset',
              from: null,
              to: null,
              answeredOffset: 3 * MiB,
              isConsistent: true,
              sequence: null,
            }),
          }),
          part(2, 3 * MiB, 4 * MiB, 9.283, 2726),
        ],
      }),
    ],
    uploads: [
      anUpload({
        length: 4 * MiB,
        offset: 4 * MiB,
        patches: 4,
        connections: [0, 1],
        resumptions: 1,
        end: 9.776,
      }),
    ],
    quality: [
      {
        kind: 'missing-end',
        weight: 'note',
        text: 'Connection 1 was still open when the capture ended.',
        connections: [1],
      },
    ],
  })
}

export const refused = (): Analysis =>
  anAnalysis({
    file: { format: 'pcap', dropped: null, writtenBy: null },
    connections: [
      aConnection({
        packets: 2,
        end: 0.00004,
        lastPacket: 2,
        protocol: 'unknown',
        history: 'Sr',
        initiation: anInitiation({
          kind: 'refused',
          packets: [1, 2],
          duration: null,
          rtt: null,
          rttToServer: 0.00004,
          server: null,
        }),
        maintenance: aMaintenance({
          start: null,
          end: null,
          largestSegment: { client: 0, server: 0 },
        }),
        termination: aTermination({
          kind: 'reset',
          by: 'server',
          packets: [2],
          duration: 0,
          segments: [],
          form: null,
          cause: 'refused',
          idleBefore: null,
          resets: 1,
        }),
      }),
    ],
  })

export const resetInExchange = (): Analysis =>
  anAnalysis({
    connections: [
      aConnection({
        packets: 402,
        end: 0.9,
        lastPacket: 402,
        history: 'ShADadR',
        termination: aTermination({
          kind: 'reset',
          by: 'client',
          packets: [400],
          duration: 0.0004,
          segments: [
            aSegment({
              packet: 400,
              time: 0.8996,
              by: 'client',
              what: 'RST, ACK',
              sequence: 2622008,
              acknowledgement: 480,
              clientState: 'CLOSED',
              serverState: 'CLOSED',
            }),
          ],
          form: null,
          cause: 'reset-in-exchange',
          idleBefore: null,
          unacknowledgedBytes: { client: 260640, server: 0 },
          resets: 3,
        }),
        exchanges: [
          anExchange(),
          anExchange({
            number: 2,
            status: null,
            requestPacket: 12,
            headPacket: 12,
            lastRequestPacket: 399,
            responsePacket: null,
            lastResponsePacket: null,
            requestBytes: 1572406,
            requestBodyBytes: 1571894,
            requestSequence: { from: 1049089, to: 2621495 },
            responseSequence: null,
            start: 0.2,
            requestEnd: null,
            requestAcknowledged: null,
            responseStart: null,
            end: null,
            isRequestComplete: false,
            isResponseComplete: false,
            upload: anUploadPart({
              from: MiB,
              to: 2620470,
              answeredOffset: null,
              isConsistent: null,
              sequence: { from: 1049601, to: 2621495 },
            }),
          }),
        ],
      }),
    ],
    uploads: [anUpload({ length: 8 * MiB, offset: MiB, patches: 2, complete: false })],
  })

export const unseenStart = (): Analysis =>
  anAnalysis({
    file: {
      format: 'pcap',
      dropped: null,
      writtenBy: null,
      truncatedPackets: 740,
      truncatedTo: { least: 320, most: 320 },
      snapshotLength: 320,
    },
    connections: [
      aConnection({
        rolesFrom: 'http',
        packets: 742,
        lastPacket: 742,
        history: 'DadFf',
        purpose: { reason: 'unknown', connection: null },
        initiation: unseenInitiation(),
        missingBytes: { client: 2896, server: 0 },
        exchanges: [
          anExchange({
            requestPacket: null,
            headPacket: null,
            lastRequestPacket: 5,
            start: null,
            method: null,
            target: null,
            requestSequence: null,
            upload: null,
          }),
          anExchange({
            number: 2,
            requestPacket: 10,
            headPacket: 10,
            lastRequestPacket: 735,
            responsePacket: 736,
            lastResponsePacket: 736,
            requestSequence: { from: 310, to: 310 + 512 + MiB },
            responseSequence: { from: 480, to: 959 },
            start: 0.2,
            requestEnd: 0.28,
            responseStart: 0.322,
            end: 0.322,
            upload: anUploadPart({
              from: 5 * MiB,
              to: 6 * MiB,
              answeredOffset: 6 * MiB,
              sequence: { from: 822, to: 822 + MiB },
            }),
          }),
        ],
      }),
    ],
    uploads: [anUpload({ length: null, offset: 6 * MiB, patches: 1, filename: null })],
    quality: [
      {
        kind: 'late-start',
        weight: 'limits',
        text: 'Connection 0 was under way when the capture began: its handshake and first bytes are not in the file.',
        connections: [0],
      },
      {
        kind: 'missing-segments',
        weight: 'limits',
        text: '2896 bytes of connection 0 were acknowledged but are not in the file.',
        connections: [0],
      },
    ],
    warnings: [{ packet: 7, text: 'the IP header says 60 bytes, 52 are there' }],
  })

/** A receiver that stops reading for 6 s, and an idle connection with TCP probes: what Wireshark shows alike. */
export const zeroWindow = (): Analysis =>
  anAnalysis({
    connections: [
      aConnection({
        packets: 820,
        end: 160,
        lastPacket: 820,
        maintenance: aMaintenance({
          exchanges: 1,
          patches: 1,
          end: 160,
          transfer: 6.4,
          idle: 153.5,
          idleGaps: [
            anIdleGap({ from: 0.3, to: 6.3, fromPacket: 310, toPacket: 319, kind: 'zero-window' }),
            anIdleGap({
              from: 6.5,
              to: 160,
              fromPacket: 810,
              toPacket: 818,
              kind: 'http-idle',
              probes: 3,
            }),
          ],
          keepAliveProbes: 3,
          keepAliveAnswers: 3,
          zeroWindowProbes: 4,
          zeroWindows: 5,
          windowFull: 1,
          windowUpdates: 2,
          maxBytesInFlight: { client: 262144, server: 479 },
        }),
        termination: aTermination({
          by: 'client',
          cause: 'client-close',
          idleBefore: 153.5,
          packets: [818, 819, 820],
          segments: [],
        }),
        exchanges: [
          anExchange({
            lastRequestPacket: 808,
            responsePacket: 810,
            lastResponsePacket: 810,
            requestEnd: 6.44,
            requestAcknowledged: 6.48,
            responseStart: 6.49,
            end: 6.49,
            waits: waits({ window: 6 }),
          }),
        ],
      }),
    ],
    uploads: [anUpload()],
  })

/** Every capture by the name of its expected text. */
export const scenarios: Readonly<Record<string, () => Analysis>> = {
  'kept-alive': keptAlive,
  'closed-200': closed200,
  'paused-and-resumed': pausedAndResumed,
  refused,
  'reset-in-exchange': resetInExchange,
  'unseen-start': unseenStart,
  'zero-window': zeroWindow,
  lossy: keptLossy,
}

// Analysis documents made by hand: what a test doesn't say is the plainest case.
import type {
  Analysis,
  ConnectionAnalysis,
  EndOptions,
  ExchangeAnalysis,
  ExchangeUpload,
  FileAnalysis,
  IdleGap,
  Initiation,
  InitiationSegment,
  Maintenance,
  Termination,
  TerminationSegment,
  UploadAnalysis,
  Waits,
} from '../../../captures/analysis.ts'

export const KiB = 1024
export const MiB = 1024 * KiB

const bothZero = { client: 0, server: 0 }

export function anAnalysis(
  parts: Partial<Omit<Analysis, 'file'>> & { file?: Partial<FileAnalysis> } = {},
): Analysis {
  const connections = parts.connections ?? []
  const packets = connections.reduce((sum, one) => sum + one.packets, 0)
  const file: FileAnalysis = {
    format: 'pcapng',
    packets,
    bytes: packets * 1000,
    truncatedPackets: 0,
    truncatedTo: null,
    start: '2026-03-02T09:15:00.250000000Z',
    duration: connections.reduce((most, { end }) => Math.max(most, end), 0),
    linkTypes: ['ETHERNET'],
    snapshotLength: 262144,
    dropped: 0,
    writtenBy: 'Dumpcap (Wireshark) 4.0.17',
    tcpPackets: packets,
    otherPackets: 0,
    ...parts.file,
  }
  return { version: 1, uploads: [], quality: [], warnings: [], ...parts, connections, file }
}

export function anEnd(parts: Partial<EndOptions> = {}): EndOptions {
  return {
    isn: 3131580208,
    mss: 1460,
    windowScale: 7,
    sackPermitted: true,
    timestamps: true,
    window: 64240,
    ...parts,
  }
}

/** `start`: when the first SYN was sent. Segments that a test doesn't give are those of `packets`, in the order of the protocol. */
export function anInitiation({
  start = 0,
  ...parts
}: Partial<Initiation> & { readonly start?: number } = {}): Initiation {
  const initiation = plainInitiation(parts)
  return { ...initiation, segments: parts.segments ?? openingSegments(initiation, start) }
}

const plainInitiation = (parts: Partial<Initiation>): Initiation => {
  return {
    kind: 'handshake',
    packets: [1, 2, 3],
    duration: 0.0404,
    rtt: 0.0404,
    rttToServer: 0.0403,
    segments: [],
    synRetransmissions: 0,
    synAckRetransmissions: 0,
    fastOpenBytes: 0,
    isOtherSynUnseen: false,
    client: anEnd(),
    server: anEnd({ isn: 1204771920, window: 65160 }),
    ...parts,
  }
}

const openingParts = {
  handshake: ['client syn', 'server syn-ack', 'client ack'],
  refused: ['client syn', 'server reset'],
  unanswered: ['client syn'],
  unseen: [],
  simultaneous: ['client syn', 'server syn', 'client syn-ack', 'server syn-ack'],
} as const

function openingSegments(initiation: Initiation, start: number): InitiationSegment[] {
  const { kind, packets, duration, rtt, rttToServer, fastOpenBytes } = initiation
  const end = start + (duration ?? 0)
  const answered = end - (rtt ?? duration ?? 0) + (rttToServer ?? 0)
  const one: Record<InitiationSegment['part'], Partial<InitiationSegment>> = {
    syn: { time: start, length: fastOpenBytes },
    'syn-ack': { time: answered, acknowledgement: 1 + fastOpenBytes },
    ack: { time: end, sequence: 1 + fastOpenBytes, acknowledgement: 1 },
    reset: { time: answered, sequence: null },
  }
  const plain = { time: start, sequence: 0, acknowledgement: null, length: 0 }
  return openingParts[kind].flatMap((text, n) => {
    const packet = packets[n]
    const by = text.startsWith('client') ? 'client' : 'server'
    const part = (['syn-ack', 'syn', 'ack', 'reset'] as const).find((name) =>
      text.endsWith(` ${name}`),
    )
    if (packet === undefined || part === undefined) return []
    return [{ ...plain, ...one[part], packet, by, part }]
  })
}

export const unseenInitiation = (): Initiation =>
  anInitiation({
    kind: 'unseen',
    packets: [],
    duration: null,
    rtt: null,
    rttToServer: null,
    client: null,
    server: null,
  })

export function anIdleGap(parts: Partial<IdleGap> = {}): IdleGap {
  return {
    from: 1,
    to: 7,
    fromPacket: 9,
    toPacket: 10,
    kind: 'http-idle',
    probes: 0,
    announcedTimeout: null,
    ...parts,
  }
}

export function aMaintenance(parts: Partial<Maintenance> = {}): Maintenance {
  return {
    exchanges: 0,
    patches: 0,
    start: 0.0404,
    end: 1,
    transfer: 0,
    idle: 0,
    idleGaps: [],
    keepAliveProbes: 0,
    keepAliveAnswers: 0,
    zeroWindowProbes: 0,
    retransmissions: 0,
    fastRetransmissions: 0,
    spuriousRetransmissions: 0,
    outOfOrder: 0,
    duplicateAcks: 0,
    zeroWindows: 0,
    windowFull: 0,
    windowUpdates: 0,
    dsacks: 0,
    dataSegments: bothZero,
    largestSegment: { client: 1448, server: 479 },
    rtt: { client: null, server: null },
    maxBytesInFlight: bothZero,
    ...parts,
  }
}

export function aSegment(parts: Partial<TerminationSegment> = {}): TerminationSegment {
  return {
    packet: 10,
    time: 7,
    by: 'server',
    what: 'FIN, ACK',
    sequence: 480,
    acknowledgement: 1049089,
    length: 0,
    clientState: 'CLOSE-WAIT',
    serverState: 'FIN-WAIT-1',
    ...parts,
  }
}

/** The server closes first, in three segments. */
export function aTermination(parts: Partial<Termination> = {}): Termination {
  return {
    kind: 'fin',
    by: 'server',
    packets: [10, 11, 12],
    duration: 0.0405,
    segments: [
      aSegment(),
      aSegment({
        packet: 11,
        time: 7.0001,
        by: 'client',
        sequence: 1049089,
        acknowledgement: 481,
        clientState: 'LAST-ACK',
        serverState: 'TIME-WAIT',
      }),
      aSegment({
        packet: 12,
        time: 7.0405,
        what: 'ACK',
        sequence: 481,
        acknowledgement: 1049090,
        clientState: 'CLOSED',
        serverState: 'TIME-WAIT',
      }),
    ],
    form: 'three-segment',
    cause: 'server-idle-timeout',
    idleBefore: 6,
    bytesAfterFin: bothZero,
    unacknowledgedBytes: bothZero,
    resets: 0,
    resetsBy: { client: 0, server: 0, [parts.by ?? 'server']: parts.resets ?? 0 },
    resetSpan: 0,
    ...parts,
  }
}

export function aConnection(parts: Partial<ConnectionAnalysis> = {}): ConnectionAnalysis {
  const exchanges = parts.exchanges ?? []
  return {
    number: 0,
    client: { address: '10.77.0.1', port: 38036 },
    server: { address: '10.77.0.2', port: 8080 },
    rolesFrom: 'handshake',
    packets: 12,
    start: 0,
    end: 7.0405,
    firstPacket: 1,
    lastPacket: 12,
    payloadBytes: {
      client: exchanges.reduce((sum, { requestBytes }) => sum + requestBytes, 0),
      server: exchanges.reduce((sum, { responseBytes }) => sum + responseBytes, 0),
    },
    retransmittedBytes: bothZero,
    missingBytes: bothZero,
    headerBytes: {
      client: exchanges.reduce((sum, { requestHeadBytes }) => sum + requestHeadBytes, 0),
      server: exchanges.reduce((sum, { responseHeadBytes }) => sum + responseHeadBytes, 0),
    },
    packetsBy: { client: 7, server: 5 },
    wireBytes: { client: 1100000, server: 1200 },
    history: 'ShADadFf',
    protocol: 'http',
    purpose: { reason: 'first', connection: null },
    initiation: anInitiation(),
    maintenance: aMaintenance({
      exchanges: exchanges.length,
      patches: exchanges.filter(({ upload }) => upload?.action === 'append').length,
    }),
    termination: aTermination(),
    ...parts,
    exchanges,
  }
}

export function waits(parts: Partial<Waits> = {}): Waits {
  return {
    acknowledgement: 0,
    acknowledgementRounds: 0,
    afterIdle: false,
    retransmission: 0,
    window: 0,
    sender: 0,
    ...parts,
  }
}

export function anUploadPart(parts: Partial<ExchangeUpload> = {}): ExchangeUpload {
  return {
    url: '/files/3f2a9c',
    protocol: 'tus',
    action: 'append',
    from: 0,
    to: MiB,
    answeredOffset: MiB,
    isConsistent: true,
    sequence: { from: 513, to: 513 + MiB },
    version: '1.0.0',
    checksum: null,
    isDamaged: false,
    progress: [],
    ...parts,
  }
}

/** A PATCH of 1 MiB that took 129 ms: 85 to send, 42 until the answer. */
export function anExchange(parts: Partial<ExchangeAnalysis> = {}): ExchangeAnalysis {
  return {
    number: 1,
    method: 'PATCH',
    target: '/files/3f2a9c',
    status: 204,
    requestPacket: 4,
    headPacket: 4,
    lastRequestPacket: 8,
    responsePacket: 9,
    lastResponsePacket: 9,
    requestBytes: 512 + MiB,
    responseBytes: 479,
    requestHeadBytes: 512,
    responseHeadBytes: 479,
    requestBodyBytes: MiB,
    responseBodyBytes: 0,
    requestSequence: { from: 1, to: 513 + MiB },
    responseSequence: { from: 1, to: 480 },
    start: 0.0406,
    requestEnd: 0.1256,
    requestAcknowledged: 0.1662,
    responseStart: 0.1676,
    responseEnd: parts.end === undefined ? 0.1676 : parts.end,
    end: 0.1676,
    isRequestComplete: true,
    isResponseComplete: true,
    interim: [],
    connectionClose: false,
    connectionCloseBy: parts.connectionClose === true ? 'field' : null,
    isHeadCut: false,
    headCutBy: null,
    waits: waits(),
    upload: anUploadPart(),
    ...parts,
  }
}

export function anUpload(parts: Partial<UploadAnalysis> = {}): UploadAnalysis {
  return {
    url: '/files/3f2a9c',
    protocol: 'tus',
    protocols: [{ protocol: 'tus', version: '1.0.0' }],
    length: MiB,
    offset: MiB,
    isOffsetKnown: true,
    patches: 1,
    connections: [0],
    resumptions: 0,
    complete: true,
    filename: 'holiday.mp4',
    cancelled: false,
    bytesSentAgain: 0,
    damaged: 0,
    concatenation: null,
    isConsistent: true,
    start: 0,
    end: 0.1676,
    ...parts,
  }
}

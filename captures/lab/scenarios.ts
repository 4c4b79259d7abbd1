// The scenarios: what is recorded, over which link, and what each recording must show.
import type { Link } from './link.ts'
import type { Expectation, Scenario } from './scenario.ts'
import type { Stage } from './stage.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** A good line from one town to another. */
const line: Link = { delay: 20, rate: 50_000_000, loss: null }
/** A slow one, on which there is time to do something to an upload. */
const slowLine: Link = { ...line, rate: 10_000_000 }
/** One on which half a megabyte takes two seconds. */
const slowestLine: Link = { ...line, rate: 2_000_000 }
/** One in 300 is what a bad radio link loses. */
const lossyLine: Link = { ...line, loss: { oneIn: 300, seed: 7 } }

/** 64 KiB of window hold what is under way on the slow line: no queue builds up in front of it. */
const smallWindow = { server: { tcp_rmem: '4096 65536 131072' } }

/** One upload that comes through on one connection, which the client closes. */
const smooth: Expectation = {
  connections: 1,
  patches: 0,
  complete: 1,
  resumptions: 0,
  initiations: { handshake: 1 },
  terminations: { fin: 1 },
  retransmissions: 0,
}

/** The same 5 MiB file in each of the scenarios that are there to be compared. */
const work = 5 * MiB
const patch = 256 * KiB

const uploading =
  (size: number, chunkSize: number) =>
  async ({ upload }: Stage): Promise<void> =>
    (await upload(size, { chunkSize })).ended()

export const scenarios: Readonly<Record<string, Scenario>> = {
  'keep-alive': {
    shows: 'One connection, kept alive, carries the creation and all 20 PATCHes of an upload.',
    link: line,
    serve: [],
    play: uploading(work, patch),
    expected: { ...smooth, patches: 20 },
  },
  'connection-close': {
    shows: 'The same upload with "Connection: close": each request opens a connection of its own.',
    link: line,
    serve: [],
    play: ({ client }) => client({ size: work, chunkSize: patch, connection: 'close' }).ended(),
    expected: {
      ...smooth,
      connections: 21,
      patches: 20,
      initiations: { handshake: 21 },
      terminations: { fin: 21 },
    },
  },
  'chunk-64k': {
    shows: 'The same file in PATCHes of 64 KiB: 80 times the way to the server and back.',
    link: line,
    serve: [],
    play: uploading(work, 64 * KiB),
    expected: { ...smooth, patches: 80 },
  },
  'chunk-1m': {
    shows: 'The same file in PATCHes of 1 MiB.',
    link: line,
    serve: [],
    play: uploading(work, MiB),
    expected: { ...smooth, patches: 5 },
  },
  'whole-file': {
    shows: 'The same file in one PATCH: nothing waits for an answer but the end.',
    link: line,
    serve: [],
    play: uploading(work, 0),
    expected: { ...smooth, patches: 1 },
  },
  browser: {
    shows: 'Chromium with the upload page: which of its connections carries the PATCHes.',
    link: line,
    serve: [],
    play: async ({ browser }) => (await browser(4 * MiB, MiB)).ended(),
    expected: {
      ...smooth,
      connections: [2, 6],
      patches: 4,
      initiations: { handshake: [2, 6] },
      terminations: { fin: [0, 6], reset: [0, 6] },
    },
  },
  parallel: {
    shows: 'Three uploads at once: three connections share the line.',
    link: line,
    serve: [],
    async play({ upload }) {
      const names = ['first.mp4', 'second.mp4', 'third.mp4']
      const runs = await Promise.all(
        names.map((name) => upload(1.5 * MiB, { chunkSize: patch, name })),
      )
      await Promise.all(runs.map((run) => run.ended()))
    },
    expected: {
      ...smooth,
      connections: 3,
      patches: 18,
      complete: 3,
      initiations: { handshake: 3 },
      terminations: { fin: 3 },
    },
  },
  concatenation: {
    shows:
      'One upload in two parts side by side, each on a connection of its own, joined at the end (tus concatenation).',
    link: line,
    serve: [],
    play: ({ inParts }) => inParts(384 * KiB, 64 * KiB, 2).ended(),
    expected: {
      ...smooth,
      connections: 2,
      patches: 6,
      complete: 3,
      initiations: { handshake: 2 },
      terminations: { fin: 2 },
    },
  },
  'pause-resume-short': {
    shows: 'A pause of 2 s between two PATCHes: the connection is kept, and used again.',
    link: line,
    serve: ['--keep-alive-timeout', '5s'],
    play: ({ client }) =>
      client({ size: 2 * MiB, chunkSize: patch, pause: { afterPatches: 4, for: 2000 } }).ended(),
    expected: { ...smooth, patches: 8 },
  },
  'pause-resume-long': {
    shows: 'A pause longer than the server waits: it closes, and the upload goes on elsewhere.',
    link: line,
    serve: ['--keep-alive-timeout', '3s'],
    play: ({ client }) =>
      client({ size: 2 * MiB, chunkSize: patch, pause: { afterPatches: 4, for: 7000 } }).ended(),
    expected: {
      ...smooth,
      connections: 2,
      patches: 8,
      resumptions: 1,
      initiations: { handshake: 2 },
      terminations: { fin: 2 },
    },
  },
  'interrupt-resume': {
    shows:
      'Ctrl-C in the middle of a PATCH, and the same command again: what arrived is not sent twice.',
    link: slowLine,
    serve: [],
    sysctls: smallWindow,
    async play({ upload, serverHas, sleep }) {
      const first = await upload(2 * MiB, { chunkSize: 0 })
      await serverHas(MiB)
      first.child.process.kill('SIGINT')
      await first.ended(1)
      await sleep(1000)
      await (await upload(2 * MiB, { chunkSize: 0 })).ended()
    },
    expected: {
      ...smooth,
      connections: 3,
      patches: 2,
      resumptions: [1, 2],
      initiations: { handshake: 3 },
      terminations: { fin: [2, 3], reset: [0, 1] },
    },
  },
  'idle-timeout': {
    shows: 'A client that says no more: the server closes the idle connection.',
    link: line,
    serve: ['--keep-alive-timeout', '2s'],
    play: ({ client }) => client({ size: MiB, chunkSize: patch, lastWord: 'server' }).ended(),
    expected: { ...smooth, patches: 4 },
  },
  'client-reset': {
    shows:
      'The client resets the connection in the middle of a PATCH, asks how far it came, and goes on.',
    link: line,
    serve: [],
    play: ({ client }) =>
      client({ size: 2 * MiB, chunkSize: patch, reset: { patch: 3, afterBytes: 100_000 } }).ended(),
    expected: {
      ...smooth,
      connections: 2,
      patches: 9,
      resumptions: 1,
      initiations: { handshake: 2 },
      terminations: { fin: 1, reset: 1 },
    },
  },
  'ietf-resume': {
    shows:
      'Begun as an IETF resumable upload, reset in the middle, gone on with by PATCH, finished by tus: one upload by both protocols.',
    link: slowestLine,
    serve: [],
    sysctls: { server: { tcp_rmem: '4096 32768 65536' } },
    play: ({ bothProtocols }) => bothProtocols(448 * KiB).ended(),
    expected: {
      ...smooth,
      connections: 2,
      patches: 2,
      resumptions: 1,
      initiations: { handshake: 2 },
      terminations: { fin: 1, reset: 1 },
    },
  },
  'server-killed': {
    shows:
      'kill -9 of the server in the middle of a PATCH: resets, refusals, and after its restart the rest.',
    link: slowLine,
    serve: [],
    sysctls: smallWindow,
    async play({ upload, server, serverHas, sleep }) {
      const run = await upload(2 * MiB, { chunkSize: 512 * KiB })
      await serverHas(700 * KiB)
      await server.end('SIGKILL')
      await sleep(1000)
      await server.start()
      await run.ended()
    },
    expected: {
      ...smooth,
      connections: [3, 8],
      patches: [4, 6],
      resumptions: 1,
      initiations: { handshake: 2, refused: [1, 6] },
      terminations: { fin: [1, 2], reset: [1, 7] },
    },
  },
  'server-drained': {
    shows:
      'A server that is told to end (SIGTERM) keeps what arrives, answers, closes; after its restart the rest comes.',
    link: slowLine,
    serve: [],
    sysctls: smallWindow,
    async play({ upload, server, serverHas }) {
      const run = await upload(2 * MiB, { chunkSize: 512 * KiB })
      await serverHas(700 * KiB)
      await server.end('SIGTERM')
      await server.start()
      await run.ended()
    },
    expected: {
      ...smooth,
      connections: [2, 8],
      patches: [4, 6],
      resumptions: 1,
      initiations: { handshake: 2, refused: [0, 6] },
      terminations: { fin: [1, 2], reset: [0, 7] },
    },
  },
  'network-cut': {
    shows:
      'The cable is pulled: retransmissions that wait twice as long each time, a client that gives up, and the rest on a new connection.',
    link: slowLine,
    serve: [],
    sysctls: smallWindow,
    async play({ upload, serverHas, sleep, network }) {
      const run = await upload(2 * MiB, {
        chunkSize: 512 * KiB,
        flags: ['--stall-timeout', '3s'],
      })
      await serverHas(700 * KiB)
      await network.middle.cut()
      await sleep(5000)
      await network.middle.mend()
      await run.ended()
    },
    expected: {
      ...smooth,
      connections: [2, 4],
      patches: [4, 6],
      resumptions: [1, 2],
      initiations: { handshake: [2, 3], unanswered: [0, 1] },
      terminations: { fin: [1, 2], reset: [0, 2] },
      retransmissions: [3, 100],
    },
    patience: 40,
  },
  'lossy-kept': {
    shows:
      'One segment in 300 is lost, one kept connection: each loss halves its congestion window for long.',
    link: lossyLine,
    serve: [],
    play: uploading(work, patch),
    expected: { ...smooth, patches: 20, retransmissions: [1, 60] },
    patience: 30,
  },
  'lossy-closed': {
    shows:
      'The same losses with "Connection: close": each PATCH begins with a fresh congestion window.',
    link: lossyLine,
    serve: [],
    play: ({ client }) => client({ size: work, chunkSize: patch, connection: 'close' }).ended(),
    expected: {
      ...smooth,
      connections: 21,
      patches: 20,
      initiations: { handshake: 21 },
      terminations: { fin: 21 },
      retransmissions: [1, 60],
    },
    patience: 30,
  },
  'slow-start-after-idle-on': {
    shows:
      'After 2 s of silence the sender starts again with ten segments (RFC 5681 §4.1), as Linux does by default.',
    link: line,
    serve: [],
    sysctls: { client: { tcp_slow_start_after_idle: 1 } },
    play: pausing,
    expected: { ...smooth, patches: 6 },
  },
  'slow-start-after-idle-off': {
    shows: 'The same with tcp_slow_start_after_idle=0: the congestion window outlives the silence.',
    link: line,
    serve: [],
    sysctls: { client: { tcp_slow_start_after_idle: 0 } },
    play: pausing,
    expected: { ...smooth, patches: 6 },
  },
  'tcp-keep-alive-probes': {
    shows:
      'TCP keep-alive probes (SO_KEEPALIVE) during an idle time: not what HTTP calls keep-alive.',
    link: line,
    serve: [],
    play: ({ client }) =>
      client({
        size: MiB,
        chunkSize: patch,
        probeAfter: 1000,
        pause: { afterPatches: 2, for: 4500 },
      }).ended(),
    expected: { ...smooth, patches: 4 },
  },
  'zero-window': {
    shows:
      'A server that reads nothing for 4 s: the window closes, the client probes, the window opens again.',
    link: line,
    serve: [],
    async play({ upload, server, serverHas, sleep }) {
      const run = await upload(2 * MiB, { chunkSize: 0 })
      await serverHas(400 * KiB)
      server.signal('SIGSTOP')
      await sleep(4000)
      server.signal('SIGCONT')
      await run.ended()
    },
    expected: { ...smooth, patches: 1 },
  },
  refused: {
    shows: 'Nobody listens on the port: each SYN is answered with a reset.',
    link: line,
    serve: null,
    async play({ upload }) {
      const run = await upload(MiB, { chunkSize: patch, flags: ['--retry-for', '2s'] })
      await run.ended(1)
    },
    expected: {
      ...smooth,
      connections: [3, 7],
      complete: 0,
      initiations: { refused: [3, 7] },
      terminations: { reset: [3, 7] },
    },
  },
}

function pausing({ client }: Stage): Promise<void> {
  const pause = { afterPatches: 3, for: 2000 }
  return client({ size: 3 * MiB, chunkSize: 512 * KiB, pause }).ended()
}

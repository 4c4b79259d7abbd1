// The scenarios: what is recorded, over which link, and what each recording must show.
import type { Link } from './link.ts'
import type { Expectation, Scenario } from './scenario.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** A good line from one town to another. */
const line: Link = { delay: 20, rate: 50_000_000, loss: null }

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

export const scenarios: Readonly<Record<string, Scenario>> = {
  'keep-alive': {
    shows: 'One connection, kept alive, carries the creation and all 20 PATCHes of an upload.',
    link: line,
    serve: [],
    async play({ upload }) {
      await (await upload(work, { chunkSize: 256 * KiB })).ended()
    },
    expected: { ...smooth, patches: 20 },
  },
  'connection-close': {
    shows: 'The same upload with "Connection: close": each request opens a connection of its own.',
    link: line,
    serve: [],
    async play({ client }) {
      await client({ size: work, chunkSize: 256 * KiB, connection: 'close' }).ended()
    },
    expected: {
      ...smooth,
      connections: 21,
      patches: 20,
      resumptions: [0, 19],
      initiations: { handshake: 21 },
      terminations: { fin: 21 },
    },
  },
}

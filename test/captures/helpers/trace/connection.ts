// One connection of a trace played through: both ends, the way between, the tap on it.
import type { Chance } from '../chance.ts'
import type { TestSegment } from '../segment.ts'
import type { Clock } from './clock.ts'
import type { Application, End } from './end-settings.ts'
import { createEnd } from './endpoint.ts'
import { createPath } from './path.ts'
import type { ConnectionPlan, PlannedExchange } from './plan.ts'

const silent: Application = { connected() {}, received() {}, finished() {}, reset() {} }

/** How far a connection has come. */
export interface Progress {
  /** Exchanges of which the client has the whole answer. */
  answered: number
}

/** Begins it; what the tap sees is recorded as the clock runs. */
export function play(
  clock: Clock,
  chance: Chance,
  plan: ConnectionPlan,
  record: (segment: TestSegment) => void,
): Progress {
  // Each end needs the way to the other one.
  const ends: { client?: End; server?: End } = {}
  const toServer =
    plan.opening === 'unanswered'
      ? { before: plan.toServer.before, behind: { ...plan.toServer.behind, lost: 1 } }
      : plan.toServer
  const send = {
    client: createPath(clock, chance, toServer, record, (one) => ends.server?.deliver(one)),
    server: createPath(clock, chance, plan.toClient, record, (one) => ends.client?.deliver(one)),
  }
  const clientSide = { ...silent }
  const serverSide = { ...silent }
  const client = createEnd(clock, plan.client, send.client, clientSide)
  const server = createEnd(clock, plan.server, send.server, serverSide)
  Object.assign(ends, { client, server })
  const progress: Progress = { answered: 0 }
  Object.assign(clientSide, clientApplication(clock, plan, client, progress))
  Object.assign(serverSide, serverApplication(clock, plan, server))
  if (plan.opening === 'refused') server.vanish()
  clock.after(plan.start, () => {
    client.connect()
    if (plan.opening === 'simultaneous') server.connect()
  })
  return progress
}

/** Asks, waits for the whole answer, asks on; then ends the connection, if that is its part. */
function clientApplication(
  clock: Clock,
  { exchanges, ending }: ConnectionPlan,
  end: End,
  progress: Progress,
): Application {
  const answersUpTo = totals(exchanges, answerLength)
  let asked = 0
  /** From the decision to ask until the body is written. */
  let isAsking = false

  const ask = () => {
    const exchange = exchanges[asked]
    if (exchange === undefined) {
      finish()
      return
    }
    asked += 1
    isAsking = true
    clock.after(exchange.idleBefore, () => {
      end.write(exchange.requestHead)
      const { requestBody, pauseInBody } = exchange
      const half = Math.ceil(requestBody.length / 2)
      if (half > 0) end.write(requestBody.subarray(0, half))
      if (ending === 'abort-in-body' && asked === exchanges.length) {
        clock.after(pauseInBody, () => end.abort())
        return
      }
      clock.after(pauseInBody, () => {
        end.write(requestBody.subarray(half))
        isAsking = false
        if (ending === 'half-close' && asked === exchanges.length) end.close()
        if (exchanges[asked]?.isPipelined || progress.answered === asked) ask()
      })
    })
  }
  const finish = () => {
    if (ending === 'client-close' || ending === 'both-close') clock.after(2e6, () => end.close())
    if (ending === 'client-abort') clock.after(2e6, () => end.abort())
  }
  return {
    ...silent,
    connected: ask,
    received(bytes) {
      while (bytes >= (answersUpTo[progress.answered] ?? Number.POSITIVE_INFINITY)) {
        progress.answered += 1
        if (progress.answered === asked && !isAsking) ask()
      }
    },
    finished: () => clock.after(1e6, () => end.close()),
  }
}

/** Answers each request that is there to its end. */
function serverApplication(clock: Clock, plan: ConnectionPlan, end: End): Application {
  const { exchanges, ending, serverPause } = plan
  const requestsUpTo = totals(exchanges, requestLength)
  const headsUpTo = exchanges.map(
    ({ requestBody }, n) => (requestsUpTo[n] ?? 0) - requestBody.length,
  )
  let heads = 0
  let answered = 0
  let pausesLeft = serverPause === null ? 0 : 1
  let freeAt = 0

  const finish = () => {
    if (ending === 'server-close' || ending === 'both-close') clock.after(2e6, () => end.close())
    if (ending === 'server-abort') clock.after(2e6, () => end.abort())
  }
  const answer = (exchange: PlannedExchange, isLast: boolean) => {
    // In order, however long each takes.
    freeAt = Math.max(freeAt, clock.now + exchange.serverTime)
    clock.after(freeAt - clock.now, () => {
      end.write(Buffer.concat([exchange.responseHead, exchange.responseBody]))
      if (isLast) finish()
    })
  }
  return {
    ...silent,
    received(bytes) {
      if (serverPause !== null && pausesLeft > 0 && bytes >= serverPause.after) {
        pausesLeft -= 1
        end.setReading(false)
        clock.after(serverPause.lasts, () => end.setReading(true))
      }
      // One request after the other: an interim answer never goes before the answers to what was asked earlier.
      while (true) {
        const exchange = exchanges[answered]
        if (exchange === undefined) return
        if (heads === answered && bytes >= (headsUpTo[heads] ?? 0)) {
          heads += 1
          const { interim } = exchange
          freeAt = Math.max(freeAt, clock.now)
          if (interim) clock.after(freeAt - clock.now, () => end.write(interim))
        } else if (heads > answered && bytes >= (requestsUpTo[answered] ?? 0)) {
          answered += 1
          answer(exchange, answered === exchanges.length)
        } else return
      }
    },
    finished: () => clock.after(5e6, () => end.close()),
  }
}

const requestLength = ({ requestHead, requestBody }: PlannedExchange) =>
  requestHead.length + requestBody.length

const answerLength = ({ interim, responseHead, responseBody }: PlannedExchange) =>
  (interim?.length ?? 0) + responseHead.length + responseBody.length

function totals(
  exchanges: readonly PlannedExchange[],
  lengthOf: (exchange: PlannedExchange) => number,
): number[] {
  let sum = 0
  return exchanges.map((exchange) => {
    sum += lengthOf(exchange)
    return sum
  })
}

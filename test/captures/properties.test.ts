// What must hold whatever happens on the way: exchanges depend on the bytes that were said, not on how they travelled.
import { expect, test } from 'vitest'
import type { Analysis, ConnectionAnalysis, ExchangeAnalysis } from '../../captures/analysis.ts'
import { packetsOf, writeCapture } from './helpers/capture-writer.ts'
import { type Chance, chanceOf } from './helpers/chance.ts'
import { conversation, converse, type Said } from './helpers/conversation.ts'
import { explain, only } from './helpers/explain.ts'
import type { TestSegment } from './helpers/segment.ts'
import { type RandomTrace, randomTrace } from './helpers/trace/trace.ts'
import { randomOf } from './random.ts'

const seeds = (count: number) => Array.from({ length: count }, (_, n) => n)

const analysisOf = (segments: readonly TestSegment[]): Analysis =>
  explain(writeCapture(packetsOf(segments))).analysis

/** What was said, without when and where. */
const said = ({ method, target, status, interim, ...rest }: ExchangeAnalysis) => ({
  ...{ method, target, status, interim },
  requestBytes: rest.requestBytes,
  responseBytes: rest.responseBytes,
  requestBodyBytes: rest.requestBodyBytes,
  responseBodyBytes: rest.responseBodyBytes,
  isRequestComplete: rest.isRequestComplete,
  isResponseComplete: rest.isResponseComplete,
  from: rest.upload?.from,
  to: rest.upload?.to,
  isConsistent: rest.upload?.isConsistent,
})

/** The segments of a conversation, disturbed in all the ways that leave every byte in the file. */
function disturbed(chance: Chance, talk: readonly Said[]): TestSegment[] {
  const isn = () =>
    chance.of(0.5) ? 2 ** 32 - chance.between(1, 5000) : chance.between(0, 2 ** 31)
  const segments = converse(talk, {
    isn: { client: isn(), server: isn() },
    lengthOf: () => chance.skewed(1, chance.one([3, 300, 3000])),
    repeats: () => chance.of(0.1),
  })
  // Neighbours change places: late by little, as two queues of one interface do it.
  for (let n = 3; n + 1 < segments.length; n += 2) {
    const [first, second] = [segments[n], segments[n + 1]]
    if (first === undefined || second === undefined || !chance.of(0.3)) continue
    if (second.time - first.time > 1e6) continue
    segments[n] = { ...second, time: first.time }
    segments[n + 1] = { ...first, time: second.time }
  }
  return segments
}

test('any segmentation, order and repetition of the same bytes gives the same exchanges', () => {
  for (const seed of seeds(60)) {
    const chance = chanceOf(randomOf(seed))
    const talk = conversation(chance, `/files/${seed}`)
    const plain = only(analysisOf(converse(talk)).connections)
    const { exchanges, missingBytes, payloadBytes } = only(
      analysisOf(disturbed(chance, talk)).connections,
    )
    expect(exchanges.map(said), `seed ${seed}`).toEqual(plain.exchanges.map(said))
    expect(missingBytes, `seed ${seed}`).toEqual({ client: 0, server: 0 })
    expect(payloadBytes, `seed ${seed}`).toEqual(plain.payloadBytes)
    expect(exchanges.every(({ isResponseComplete }) => isResponseComplete)).toBe(true)
  }
})

/** The connections of a trace as they are in the analysis: by their ports, in the order of their SYNs. */
function pairsOf({ connections }: RandomTrace, analysis: Analysis) {
  return connections.map((plan) => {
    const { port } = plan.client.own
    const before = connections.filter(
      (one) => one.client.own.port === port && one.start < plan.start,
    )
    const ours = analysis.connections.filter(
      ({ client, server }) => client.port === port || server.port === port,
    )
    return { plan, ours: ours[before.length] }
  })
}

test('what was said is what is told, however much was lost and sent again', () => {
  let exchanges = 0
  for (const seed of seeds(60)) {
    const trace = randomTrace(seed, true)
    for (const { plan, ours } of pairsOf(trace, analysisOf(trace.segments))) {
      if (ours === undefined) continue
      expect(storyOf(ours), `trace ${seed}, port ${plan.client.own.port}`).toEqual(
        plan.exchanges
          .slice(0, ours.exchanges.length)
          .map(({ method, target }) => ({ method, target })),
      )
      const whole = ours.exchanges.slice(0, plan.answered)
      expect(whole.map(outcome), `trace ${seed}, port ${plan.client.own.port}`).toEqual(
        plan.exchanges.slice(0, plan.answered).map((exchange) => ({
          status: exchange.status,
          interim: exchange.interim === null ? 0 : 1,
          requestBodyBytes: exchange.requestBody.length,
          isRequestComplete: true,
          isResponseComplete: true,
        })),
      )
      exchanges += whole.length
    }
  }
  expect(exchanges).toBeGreaterThan(500)
})

const storyOf = ({ exchanges }: ConnectionAnalysis) =>
  exchanges.map(({ method, target }) => ({ method, target }))

const outcome = (exchange: ExchangeAnalysis) => ({
  status: exchange.status,
  interim: exchange.interim.length,
  requestBodyBytes: exchange.requestBodyBytes,
  isRequestComplete: exchange.isRequestComplete,
  isResponseComplete: exchange.isResponseComplete,
})

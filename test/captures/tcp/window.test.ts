// Windows: what the field means (RFC 7323 §2), and what happens at the edge of it.
import { expect, test } from 'vitest'
import { connectionOf, explainText, marksOf } from '../helpers/explain.ts'

const windowsOf = (text: string) => explainText(text).segments.map(({ window }) => window)

test('scaled by what its sender offered, but never in a SYN', () => {
  expect(
    windowsOf(`
      0.000 > S  0:0(0)         win 64240 <mss 1460,nop,wscale 7>
      0.020 < S. 0:0(0)   ack 1 win 65160 <mss 1460,nop,wscale 3>
      0.020 > .  1:1(0)   ack 1 win 502
      0.030 < .  1:1(0)   ack 1 win 502`),
  ).toEqual([64_240, 65_160, 64_256, 4016])
})

test('not scaled where only one side offers it', () => {
  expect(
    windowsOf(`
      0.000 > S  0:0(0)         win 64240 <mss 1460,nop,wscale 7>
      0.020 < S. 0:0(0)   ack 1 win 65160 <mss 1460>
      0.020 > .  1:1(0)   ack 1 win 502
      0.030 < .  1:1(0)   ack 1 win 502`),
  ).toEqual([64_240, 65_160, 502, 502])
})

test('not known where no SYN was captured, and so never full', () => {
  const text = `
    0.000 < .  1:1(0)     ack 1 win 100
    0.010 > .  1:101(100) ack 1 win 502`
  expect(windowsOf(text)).toEqual([100, 502])
  expect(marksOf(text)).toEqual([[], []])
})

test('not known either where the snapshot cut the options of a SYN', () => {
  const text = `
    0.000 > S  0:0(0)         <mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7> cut 66
    0.020 < S. 0:0(0)   ack 1 <mss 1460,sackOK,TS val 1 ecr 1,nop,wscale 7> cut 66
    0.020 > .  1:1(0)   ack 1 win 502
    0.030 < .  1:1(0)   ack 1 win 100
    0.040 > .  1:101(100) ack 1 win 502`
  expect(windowsOf(text).slice(2)).toEqual([502, 100, 502])
  expect(marksOf(text).at(-1)).toEqual([])
})

test('full: the data reach to the edge, and the sender must wait', () => {
  const text = `
    0.000 > S  0:0(0)          win 64240 <mss 1460,nop,wscale 7>
    0.020 < S. 0:0(0)    ack 1 win 1000  <mss 1460,nop,wscale 1>
    0.020 > .  1:1(0)    ack 1 win 502
    0.030 > .  1:501(500)     ack 1 win 502
    0.030 > .  501:1001(500)  ack 1 win 502
    0.050 < .  1:1(0)         ack 1001 win 400
    0.050 > .  1001:1801(800) ack 1 win 502`
  // The window of the SYN+ACK is 1000 bytes; of the next ACK, 400 · 2.
  expect(marksOf(text).slice(3)).toEqual([[], ['windowFull'], [], ['windowFull']])
  expect(connectionOf(text).maintenance).toMatchObject({ windowFull: 2, zeroWindows: 0 })
})

test('an update is the same ACK with another window', () => {
  const text = `
    0.000 > S  0:0(0)           <mss 1460>
    0.020 < S. 0:0(0)     ack 1 <mss 1460>
    0.020 > .  1:1(0)     ack 1
    0.030 > .  1:101(100) ack 1
    0.050 < .  1:1(0)     ack 101 win 1000
    0.060 < .  1:1(0)     ack 101 win 2000
    0.070 < .  1:1(0)     ack 101 win 2000`
  expect(marksOf(text).slice(4)).toEqual([[], ['windowUpdate'], ['duplicateAck']])
})

test('bytes in flight: unacknowledged, less what SACK reports; a FIN is no byte', () => {
  const text = `
    0.000 > S  0:0(0)            <mss 1460,sackOK>
    0.020 < S. 0:0(0)     ack 1  <mss 1460,sackOK>
    0.020 > .  1:1(0)     ack 1
    0.030 > .  1:101(100)   ack 1
    0.030 > .  101:201(100) ack 1
    0.030 > .  201:301(100) ack 1
    0.050 < .  1:1(0)       ack 101 <nop,nop,sack 201:301>
    0.051 > F. 301:401(100) ack 1`
  const { segments } = explainText(text)
  expect(segments.slice(3).map(({ bytesInFlight }) => bytesInFlight)).toEqual([
    100, 200, 300, -1, 200,
  ])
  expect(connectionOf(text).maintenance.maxBytesInFlight).toEqual({ client: 300, server: 0 })
})

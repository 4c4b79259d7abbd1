// A trimmed capture of packets without times says so: the blocks that it writes must have one.
import { expect, test } from 'vitest'
import { blocksIn, concat } from '../format/build.ts'
import { ethernetLayer } from '../helpers/frames.ts'
import { ipPacket } from '../helpers/packets.ts'
import { segments } from '../helpers/segments.ts'
import { trimmedFile } from '../helpers/trim.ts'

test('that packets had no time is told in the file', () => {
  const make = blocksIn('little')
  const [syn] = segments('0.000 > S 0:0(0) <mss 1460>')
  if (syn === undefined) throw new Error('no segment')
  const bytes = ethernetLayer.frame(ipPacket(syn))
  const head = concat(make.section(), make.interface())
  const simple = trimmedFile(concat(head, make.simple(bytes)))
  expect(simple.toString('latin1')).toContain('1 of 1 packets had no time of their own')
  const timed = trimmedFile(concat(head, make.enhanced({ ticks: 1n, bytes })))
  expect(timed.toString('latin1')).not.toContain('no time of their own')
})

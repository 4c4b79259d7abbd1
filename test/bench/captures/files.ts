// The capture files that are measured: deterministic, made when missing, kept in a folder for the next run.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { createPcapFile } from './pcap-file.ts'
import { type UploadPlan, upload } from './upload.ts'
import { createWire } from './wire.ts'

export interface FilePlan {
  /** Part of the file's name: another text for another content. */
  readonly name: string
  readonly title: string
  readonly snapshotLength: number
  readonly connections: number
  /** So many connections at once. */
  readonly atOnce: number
  readonly patchesEach: number
  readonly patchesPerLoss: number
}

const patchBytes = 2 ** 20

export const filePlans = {
  A: {
    name: 'whole',
    title: '1000 PATCHes of 1 MiB on one connection, whole packets',
    snapshotLength: 262_144,
    connections: 1,
    atOnce: 1,
    patchesEach: 1000,
    patchesPerLoss: Infinity,
  },
  B: {
    name: 'heads',
    title:
      '1380 PATCHes of 1 MiB on 12 connections, 4 at once, some loss, 320 bytes kept of each packet',
    snapshotLength: 320,
    connections: 12,
    atOnce: 4,
    patchesEach: 115,
    patchesPerLoss: 10,
  },
  large: {
    name: 'large',
    title: '10 000 PATCHes of 1 MiB on one connection, whole packets',
    snapshotLength: 262_144,
    connections: 1,
    atOnce: 1,
    patchesEach: 10_000,
    patchesPerLoss: Infinity,
  },
} satisfies Record<string, FilePlan>

/** Makes the file if it isn't there. */
export function captureFile(plan: FilePlan, folder: string): string {
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, `${plan.name}.pcap`)
  if (existsSync(file)) return file
  const unfinished = `${file}.${process.pid}`
  try {
    generate(plan, unfinished)
    renameSync(unfinished, file)
  } finally {
    rmSync(unfinished, { force: true })
  }
  return file
}

/** Returns the number of packets. */
export function generate(plan: FilePlan, path: string): number {
  const file = createPcapFile(path, plan.snapshotLength)
  const content = noise(patchBytes + 2048)
  const running: { next: number; packets: Generator<number, number, void> }[] = []
  let begun = 0
  let now = 0

  const begin = () => {
    const packets = upload(createWire(file, 40_000 + begun, (begun * 0x3779_b97f + 1) % 2 ** 32), {
      name: `upload-${begun}`,
      patches: plan.patchesEach,
      patchBytes,
      patchesPerLoss: plan.patchesPerLoss,
      // Not in step with the others.
      start: now + 100 + 1237 * begun,
      content,
    } satisfies UploadPlan)
    begun += 1
    const { value } = packets.next()
    running.push({ next: value, packets })
  }

  while (begun < plan.atOnce) begin()
  while (running.length > 0) {
    let first = running[0]
    for (const one of running) if (first === undefined || one.next < first.next) first = one
    if (first === undefined) break
    now = first.next
    const { value, done } = first.packets.next()
    first.next = value
    if (!done) continue
    running.splice(running.indexOf(first), 1)
    if (begun < plan.connections) begin()
  }
  file.close()
  return file.packets
}

/** File data as of something compressed: no pattern that a dissector might take for its own. */
function noise(length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4))
  let state = 1
  for (let n = 0; n < words.length; n++) {
    // xorshift32
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[n] = state
  }
  return new Uint8Array(words.buffer, 0, length)
}

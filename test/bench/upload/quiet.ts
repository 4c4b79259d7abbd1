// Waits until other processes leave the machine alone, so that a measurement does not measure them.
import { machineCpuSeconds } from './process-figures.ts'

const sampleMs = 500
const mostWaitMs = 10_000
/** Of one core, on average. */
const quietShare = 0.15

/** Resolves after half a quiet second, or after 10 s of none. To be called while the servers rest. */
export async function quiet(): Promise<void> {
  const begin = performance.now()
  while (performance.now() - begin < mostWaitMs) {
    const before = { cpu: machineCpuSeconds(), time: performance.now() }
    await new Promise((resolve) => setTimeout(resolve, sampleMs))
    const seconds = (performance.now() - before.time) / 1000
    if ((machineCpuSeconds() - before.cpu) / seconds < quietShare) return
  }
}

// `bench -- captures`: whole processes on the same two files in turn, round after round.
import { createReadStream, rmSync, statfsSync, statSync } from 'node:fs'
import type { Benchmark } from '../benchmark.ts'
import { writeSection } from '../section.ts'
import { captureFile, filePlans } from './files.ts'
import { exactPeak, type Measurement, measure } from './measure.ts'
import { type CaptureOptions, captureHelp, type FileName, readCaptureOptions } from './options.ts'
import { type ProgramName, programs, requirePrograms } from './programs.ts'
import { describeRun, type FileResult, growthLine, memoryTable, speedTable } from './report.ts'

const largeBytes = 11.2e9

export const captureBenchmark: Benchmark = {
  summary: 'Explaining a capture: seconds and memory of Longhaul, tcptrace and tshark',
  help: captureHelp,
  async run(args) {
    const options = readCaptureOptions(args)
    requirePrograms(options.programs)
    const files: FileResult[] = []
    for (const name of options.files) files.push(await measureFile(name, options))
    const markdown = [
      describeRun(options.programs, files, options.rounds),
      speedTable(options.programs, files),
      memoryTable(options.programs, files),
      ...(options.isLarge ? [await measureGrowth(options)] : []),
    ].join('\n\n')
    console.log(markdown)
    if (options.write !== null) await writeSection(options.write, 'captures', markdown)
  },
}

async function measureFile(name: FileName, options: CaptureOptions): Promise<FileResult> {
  const plan = filePlans[name]
  const file = captureFile(plan, options.folder)
  await readWhole(file)
  const peak = options.programs.includes('ours') ? await exactPeak(file) : null
  const rounds: Map<ProgramName, Measurement>[] = []
  for (let round = 0; round < options.rounds; round++) {
    const results = new Map<ProgramName, Measurement>()
    for (const program of options.programs) {
      if (programs[program].isSlow && round > 0) continue
      const result = await measure(program, file)
      results.set(program, result)
      progress(name, program, result)
    }
    rounds.push(results)
  }
  return { name, plan, bytes: statSync(file).size, rounds, peak }
}

/** So that no program is the one that waits for the disk. */
async function readWhole(file: string): Promise<void> {
  for await (const _ of createReadStream(file, { highWaterMark: 2 ** 23 }));
}

async function measureGrowth({ folder }: CaptureOptions): Promise<string> {
  const small = captureFile(filePlans.A, folder)
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize < 1.2 * largeBytes) {
    throw new Error(`--large needs ${1.2 * largeBytes} free bytes in ${folder}: see --folder`)
  }
  const large = captureFile(filePlans.large, folder)
  try {
    const start = performance.now()
    const peak = await exactPeak(large)
    const seconds = (performance.now() - start) / 1000
    return growthLine(
      { bytes: statSync(small).size, peak: await exactPeak(small) },
      { bytes: statSync(large).size, peak, seconds },
    )
  } finally {
    rmSync(large, { force: true })
  }
}

function progress(file: FileName, program: ProgramName, result: Measurement): void {
  console.error(
    [
      file,
      program.padEnd(18),
      `${result.seconds.toFixed(2)} s`.padStart(8),
      `${((result.peak ?? 0) / 1e6).toFixed(0)} MB`.padStart(8),
      `others ${Math.round(100 * result.others)} %`,
    ].join('  '),
  )
}

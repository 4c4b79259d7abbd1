// What a benchmark is to `npm run bench`.
export interface Benchmark {
  readonly summary: string
  /** The options as `--help` shows them. */
  readonly help: string
  run(args: readonly string[]): Promise<void>
}

export interface TrimOptions {
  readonly force?: boolean
}
export async function runTrim(
  _input: string,
  _output: string,
  _options: TrimOptions,
): Promise<void> {}

// What the commands print: text in the terminal's own style, or exactly one JSON document.

/** Colour only for a person: a terminal that has not said NO_COLOR (no-color.org). */
export function terminalStyle(): { readonly colour: boolean; readonly width: number } {
  const { NO_COLOR, TERM, FORCE_COLOR } = process.env
  const isAsked = FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0'
  const isRefused = (NO_COLOR ?? '') !== '' || TERM === 'dumb'
  const isTerminal = process.stdout.isTTY === true
  return {
    colour: isAsked || (isTerminal && !isRefused),
    width: Math.max(40, isTerminal ? (process.stdout.columns ?? 80) : 80),
  }
}

/** Resolves when it is out; a reader that goes away early (`| head`) is no failure. */
export function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EPIPE' ? resolve() : reject(error),
    )
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`, () => resolve())
  })
}

export const printJson = (document: unknown): Promise<void> => print(JSON.stringify(document))

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

/** Resolves when it is out, or nobody can take it any more. */
export function print(text: string): Promise<void> {
  return write(text.endsWith('\n') ? text : `${text}\n`)
}

/** So much is put together before it is written. */
const batch = 256 * 1024

/**
 * Exactly one JSON document on standard output. Lists at its top level go out piece by piece: a capture of many connections makes a
 * document that is longer than a string can be.
 */
export async function printJson(document: object): Promise<void> {
  let waiting = ''
  for (const piece of piecesOf(document)) {
    waiting += piece
    if (waiting.length < batch) continue
    await write(waiting)
    waiting = ''
  }
  await write(`${waiting}\n`)
}

/** The texts that make up the document, in order. */
function* piecesOf(document: object): Generator<string> {
  let before = '{'
  for (const [name, value] of Object.entries(document)) {
    if (value === undefined) continue
    yield `${before}${JSON.stringify(name)}:`
    before = ','
    if (!Array.isArray(value)) {
      yield JSON.stringify(value)
      continue
    }
    yield '['
    for (const [index, item] of value.entries())
      yield (index === 0 ? '' : ',') + JSON.stringify(item)
    yield ']'
  }
  yield before === '{' ? '{}' : '}'
}

let isBroken = false

/** Of an error the command itself hears nothing: what tells of it is the listener of the whole program (server/cli.ts). */
function write(text: string): Promise<void> {
  return new Promise((resolve) => {
    if (isBroken) {
      resolve()
      return
    }
    process.stdout.write(text, (error) => {
      isBroken = error !== null && error !== undefined
      resolve()
    })
  })
}

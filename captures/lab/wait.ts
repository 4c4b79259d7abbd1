// Waits for what will be seen, instead of for so many seconds.

/** It did not come. */
export class TimeOverError extends Error {
  override readonly name = 'TimeOverError'
}

export const sleep = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

/** Looks again and again until something is there. `seconds`: patience, then a `TimeOverError`. */
export async function until<T>(
  what: string,
  seconds: number,
  look: () => Promise<T | null> | T | null,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000
  for (;;) {
    const seen = await look()
    if (seen !== null) return seen
    if (performance.now() > deadline) throw new TimeOverError(`${what}: not within ${seconds} s`)
    await sleep(20)
  }
}

/** What comes within so many seconds; `null`: nothing did. */
export async function within<T>(seconds: number, coming: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), seconds * 1000)
  })
  try {
    return await Promise.race([coming, late])
  } finally {
    clearTimeout(timer)
  }
}

// Ctrl-C as an AbortSignal.

/** The first Ctrl-C (SIGTERM, SIGHUP) aborts the signal; a second one ends the process as ever. */
export function interruptible(): { signal: AbortSignal; end(): void } {
  const controller = new AbortController()
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const end = () => {
    for (const name of names) process.off(name, stop)
  }
  const stop = () => {
    end()
    controller.abort(new Error('interrupted'))
  }
  for (const name of names) process.on(name, stop)
  return { signal: controller.signal, end }
}

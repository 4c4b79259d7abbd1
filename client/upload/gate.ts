// Where a request waits until it makes sense to send it: for its pause to be over, or for the network or the server to be back.

export interface Gate {
  /** Resolves when `ms` have passed, or at once after `open`; rejects when the signal aborts. */
  pass(ms: number, signal: AbortSignal): Promise<void>
  /** Lets everybody who waits go at once: the server or the network has just come back. */
  open(): void
}

/** ms; what is longer a browser's timer takes for 0. */
const longestTimer = 2 ** 31 - 1

// `navigator.onLine` is no lock here: a server on this very machine is reached without any network.
export function createGate(): Gate {
  const waiting = new Set<() => void>()
  return {
    open() {
      for (const go of [...waiting]) go()
    },
    pass(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        if (ms <= 0) return resolve()
        const leave = () => {
          clearTimeout(timer)
          waiting.delete(go)
          signal.removeEventListener('abort', abort)
        }
        const go = () => {
          leave()
          resolve()
        }
        const abort = () => {
          leave()
          reject(signal.reason)
        }
        const timer = setTimeout(go, Math.min(ms, longestTimer))
        waiting.add(go)
        signal.addEventListener('abort', abort, { once: true })
      })
    },
  }
}

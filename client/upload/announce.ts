// Tells screen readers what happened, politely: one sentence at a time, never a stream of numbers.

/** Speaks through a live region; sentences that come together are joined. */
export function createAnnouncer(region: HTMLElement): (sentence: string) => void {
  let pending: string[] = []
  let isScheduled = false
  return (sentence) => {
    if (!pending.includes(sentence)) pending.push(sentence)
    if (isScheduled) return
    isScheduled = true
    setTimeout(() => {
      isScheduled = false
      // More than a few at once tell nobody anything.
      const spoken = pending.slice(0, 3).join(' ')
      region.textContent = pending.length > 3 ? `${spoken} And ${pending.length - 3} more.` : spoken
      pending = []
    }, 700)
  }
}

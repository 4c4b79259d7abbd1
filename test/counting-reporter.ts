// Ends the run with one plain line of counts, for people and for CI, and with the reason of each skip.
import type { Reporter, TestModule } from 'vitest/node'

export class CountingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    const reasons: string[] = []
    for (const module of modules) {
      // A file that fails to load has no tests, and must not look like success.
      if (module.errors().length > 0) counts.failed += 1
      for (const test of module.children.allTests()) {
        const result = test.result()
        counts[result.state] += 1
        if (result.state === 'skipped')
          reasons.push(`skipped: ${test.fullName} (${result.note ?? 'no reason given'})`)
      }
    }
    const lines = [
      ...reasons,
      `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped + counts.pending} skipped`,
    ]
    process.stdout.write(`\n${lines.join('\n')}\n`)
  }
}

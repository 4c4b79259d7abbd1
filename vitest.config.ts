import { defineConfig } from 'vitest/config'
import { CountingReporter } from './test/counting-reporter.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/temporary-folder.ts',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Tests start real servers and browsers; more files at once than cores only makes them slow.
    maxWorkers: 2,
    reporters: ['default', new CountingReporter()],
  },
})

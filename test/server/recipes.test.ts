// The lines of docs/protocols.md do what it says they do.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findCommand } from '../helpers/proxy.ts'
import { runRecipes } from '../helpers/recipes.ts'
import { cleanUp, type RunningServer, startServer, temporaryFolder } from '../helpers/server.ts'

let server: RunningServer

beforeAll(async () => {
  server = await startServer({ flags: ['--log-level', 'error'] })
})
afterAll(cleanUp)

test.each([
  ['tus 1.0', 9],
  ['IETF resumable uploads', 8],
])('the recipes for %s print what stands behind them', async (heading, least) => {
  const missing = ['bash', 'curl', 'openssl'].filter((name) => findCommand(name) === null)
  expect(missing, 'not installed').toEqual([])
  const runs = await runRecipes(heading, server.url, await temporaryFolder('recipes'))
  expect(runs.length).toBeGreaterThanOrEqual(least)
  for (const { title, output, printed } of runs) {
    expect.soft(printed.trimEnd(), title).toBe(output.trimEnd())
  }
})

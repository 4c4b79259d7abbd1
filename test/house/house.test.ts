// The house keeps its directions of import, and the check sees a breach.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { breaches, importsIn, impurities, placeOf } from './directions.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

function sources(): string[] {
  const folders = ['server', 'client', 'captures', 'test'].filter((folder) =>
    existsSync(path.join(root, folder)),
  )
  return folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => path.posix.join(folder, name)),
  )
}

test('every file has its place', () => {
  expect(sources().length).toBeGreaterThan(30)
  expect(sources().filter((file) => placeOf(file) === null)).toEqual([])
})

test('no import goes against the directions of the house', () => {
  const imports = sources().flatMap((file) =>
    importsIn(file, readFileSync(path.join(root, file), 'utf8')),
  )
  expect(imports.length).toBeGreaterThan(80)
  expect(breaches(imports)).toEqual([])
})

test.each([
  ['the resource must not know a protocol', 'server/uploads/append.ts', '../tus/errors.ts'],
  ['the analysis must not know the service', 'captures/analyse.ts', '../server/units.ts'],
  ['the page must not know the service', 'client/upload/main.ts', '../../server/config.ts'],
  ['nothing but the command imports the process edge', 'server/api.ts', './main.ts'],
  ['a protocol must not reach back to the app', 'server/tus/handler.ts', '../app.ts'],
])('a planted breach is seen: %s', (_reason, from, specifier) => {
  const planted = importsIn(from, `import { x } from '${specifier}'\n`)
  expect(planted).toHaveLength(1)
  expect(breaches(planted)).toEqual(planted)
})

test('the analysis of captures is pure: it runs in a browser as it is', () => {
  const found = sources().flatMap((file) =>
    impurities(file, readFileSync(path.join(root, file), 'utf8')).map((what) => `${file}: ${what}`),
  )
  expect(found).toEqual([])
})

test.each([
  "import { readFileSync } from 'node:fs'",
  "import express from 'express'",
  'const now = Date.now()',
  'if (process.stdout.isTTY) {}',
])('planted impurity is seen: %s', (line) => {
  expect(impurities('captures/tcp/follow.ts', line)).toHaveLength(1)
  expect(impurities('captures/command/output.ts', line)).toEqual([])
})

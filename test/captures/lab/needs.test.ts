// What the lab says where something is missing.
import { expect, test } from 'vitest'
import { missingTools } from '../../../captures/lab/needs.ts'

test('a tool that is there is not missed', () => {
  expect(missingTools(['sh'])).toBeNull()
})

test('what is missing is named, with the line that installs it', () => {
  expect(missingTools(['sh', 'no-such-tool', 'no-other'])).toBe(
    'no-such-tool, no-other not found: on Debian or Ubuntu, sudo apt-get install no-such-tool no-other',
  )
})

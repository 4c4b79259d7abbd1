// Loaded into a process that is measured: at its end it writes the most memory it held, in kB, to descriptor 3.
const { readFileSync, writeSync } = require('node:fs')
const { isMainThread } = require('node:worker_threads')

if (isMainThread) {
  process.on('exit', () => {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))
    writeSync(3, kilobytes)
  })
}

// The stock stack under our command line: `CONFORMANCE_SERVER="node test/conformance/stock-server.mjs"`.
//
// @tus/server with @tus/file-store as its documentation shows them; of our flags it takes those that it knows.
// A request that ends its process is a finding of one row and not of all that follow: it is started anew, on the same
// port and folder.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'

if (process.send === undefined) supervise()
else serve(Number(process.argv[2]), process.argv.slice(3))

function supervise() {
  let port = 0
  const start = () => {
    const child = fork(fileURLToPath(import.meta.url), [String(port), ...process.argv.slice(2)])
    child.once('message', (listening) => {
      if (port === 0) console.log(`listening on http://127.0.0.1:${listening}`)
      port = listening
    })
    child.once('exit', () => start())
  }
  process.once('SIGTERM', () => process.exit())
  start()
}

function serve(port, args) {
  // Node's path, ours and `serve` come first.
  const text = { type: 'string' }
  const { values } = parseArgs({
    args,
    options: { port: text, dir: text, 'max-size': text, 'expire-after': text },
    strict: false,
  })
  const maxSize = bytes(values['max-size'])
  const expiresAfter = milliseconds(values['expire-after'])
  const server = new Server({
    path: '/files',
    datastore: new FileStore({
      directory: values.dir,
      ...(expiresAfter === 0 ? {} : { expirationPeriodInMilliseconds: expiresAfter }),
    }),
    ...(maxSize === 0 ? {} : { maxSize }),
  })
  // Its documentation leaves this to a timer of the user's.
  if (expiresAfter > 0) setInterval(() => server.cleanUpExpiredUploads(), 500)
  const listener = server.listen({ host: '127.0.0.1', port }, () => {
    process.send(listener.address().port)
  })
  process.once('disconnect', () => process.exit())
}

/** A size of our command line in bytes; 0 where it is not given. */
function bytes(text = '0') {
  const [, number, unit] = /^(\d+)(\w*)$/.exec(text) ?? []
  return Number(number) * 1024 ** Math.max(0, ['', 'KiB', 'MiB', 'GiB', 'TiB'].indexOf(unit))
}

function milliseconds(text = '0') {
  const [, number, unit] = /^(\d+)(\w*)$/.exec(text) ?? []
  return Number(number) * ({ ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[unit] ?? 1)
}

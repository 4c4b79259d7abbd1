// The stock stack, alone: `node stock-standalone.mjs FOLDER` is the first example of the README of @tus/server.
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'

const server = new Server({
  path: '/files',
  datastore: new FileStore({ directory: process.argv[2] }),
})
const listener = server.listen({ host: '127.0.0.1', port: 0 }, () => {
  console.log(`listening on http://127.0.0.1:${listener.address().port}`)
})
process.once('SIGTERM', () => process.exit())

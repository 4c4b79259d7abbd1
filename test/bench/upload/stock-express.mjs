// The stock stack in express: `node stock-express.mjs FOLDER` is the README's example, its "*" in express 5's spelling.
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'
import express from 'express'

const app = express()
const uploadApp = express()
const server = new Server({
  path: '/files',
  datastore: new FileStore({ directory: process.argv[2] }),
})

uploadApp.all('/{*path}', server.handle.bind(server))
app.use('/files', uploadApp)
const listener = app.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${listener.address().port}`)
})
process.once('SIGTERM', () => process.exit())

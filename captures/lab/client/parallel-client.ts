// One upload in parts side by side, as a process: `node parallel-client.js ENDPOINT SIZE CHUNK PARTS`. tus-js-client does it, by
// tus concatenation; what is ours is only that its connections are kept, and closed at the end.
import http from 'node:http'
import { DefaultHttpStack, Upload } from 'tus-js-client'
import { madeUpBytes } from '../made-up.ts'

const [endpoint = '', size = '0', chunk = '0', parts = '1'] = process.argv.slice(2)
const agent = new http.Agent({
  keepAlive: true,
  maxSockets: Number(parts),
  keepAliveMsecs: 30_000,
})

try {
  await new Promise<void>((resolve, reject) => {
    new Upload(madeUpBytes(Number(size)), {
      endpoint,
      chunkSize: Number(chunk),
      parallelUploads: Number(parts),
      metadata: { filename: 'holiday.mp4' },
      retryDelays: null,
      httpStack: new DefaultHttpStack({ agent }),
      onError: reject,
      onSuccess: () => resolve(),
    }).start()
  })
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
} finally {
  agent.destroy()
}

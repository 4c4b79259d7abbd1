// /api/capture: what was captured, as JSON and as a file for Wireshark. Behind the same doors as the rest of /api.
import { type RequestHandler, Router } from 'express'
import type { Live } from './live.ts'

/** `live` is null where nothing is captured. */
export function createCaptureApi(live: Live | null): Router {
  const api = Router()
  const noStore: RequestHandler = (_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store')
    next()
  }
  api.use(['/capture', '/capture.pcapng'], noStore, (_request, response, next) => {
    if (live !== null) return next()
    response.status(404).json({ error: 'Packets are captured only by longhaul serve --capture.' })
  })

  api.get('/capture', async (_request, response) => {
    if (live === null) return
    const { isAll: _, ...capture } = await live.all()
    response.json({ ...live.about(), ...capture })
  })

  api.get('/capture.pcapng', async (_request, response) => {
    if (live === null) return
    const pieces = await live.save()
    const { ended, port } = live.about()
    if (pieces === null && ended !== null) {
      response.status(410).json({ error: `The capture has ended: ${ended}.` })
      return
    }
    if (pieces === null) {
      response.status(503).set('Retry-After', '1').json({ error: 'No packet was captured yet.' })
      return
    }
    response.type('application/x-pcapng')
    response.attachment(fileName(port, new Date()))
    response.setHeader(
      'Content-Length',
      pieces.reduce((sum, { length }) => sum + length, 0),
    )
    for (const piece of pieces) response.write(piece)
    response.end()
  })
  return api
}

/** `longhaul-8080-20261125-184510.pcapng`, in UTC as the capture itself. */
export function fileName(port: number, now: Date): string {
  const [day, time] = now
    .toISOString()
    .replace(/[-:]|\..*/g, '')
    .split('T')
  return `longhaul-${port}-${day}-${time}.pcapng`
}

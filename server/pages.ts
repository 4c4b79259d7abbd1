// The built pages, and the headers that keep them safe: nothing from elsewhere, no inline script, not in a frame.

import type { ServerResponse } from 'node:http'
import path from 'node:path'
import express, { type RequestHandler, Router } from 'express'

const contentSecurityPolicy = [
  "default-src 'none'",
  // WebAssembly, for checksums, is compiled by a worker of ours; text is never run as script.
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

export const pageHeaders: RequestHandler = (request, response, next) => {
  response.setHeader('Content-Security-Policy', contentSecurityPolicy)
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('Referrer-Policy', 'no-referrer')
  // Browsers complain of it where it can't count: over plain HTTP.
  if (request.secure) response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
  next()
}

/** Serves the folder that Vite built; `/captures` is `captures.html`. */
export function servePages(folder: string): Router {
  const pages = Router()
  // Their names carry a hash of what they hold.
  pages.use(
    '/assets',
    express.static(path.join(folder, 'assets'), { immutable: true, maxAge: '1y' }),
  )
  const revalidate = (response: ServerResponse) => response.setHeader('Cache-Control', 'no-cache')
  pages.use(express.static(folder, { extensions: ['html'], setHeaders: revalidate }))
  pages.use((_request, response) => {
    response.status(404).type('text').send('There is nothing here.\n')
  })
  return pages
}

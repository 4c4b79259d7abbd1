// Who may use the service when it has a token: programs by bearer token, the page by a cookie from a sign-in form.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type RequestHandler, Router, urlencoded } from 'express'
import { signInPage, signInScript, signInStyle } from './sign-in.ts'

const cookieName = 'longhaul_session'
const cookieDays = 30

export interface Access {
  /** Whether the request bears the token, or the cookie that the sign-in gave. Always, where there is no token. */
  allows(request: IncomingMessage): boolean
  /** `POST /session` with the form's token, and the form's style. */
  readonly session: Router
}

/** `token` is `null` where everybody may use the service. */
export function createAccess(token: string | null): Access {
  // The cookie proves the token without being it; it ends with the token.
  const cookie =
    token === null ? '' : createHmac('sha256', token).update('longhaul session').digest('base64url')

  function allows({ headers }: IncomingMessage): boolean {
    if (token === null) return true
    const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
    if (bearer !== undefined) return same(bearer, token)
    const given = cookieValue(headers.cookie)
    return given !== null && same(given, cookie)
  }

  const session = Router()
  session.get('/sign-in.css', (_request, response) => {
    response.type('css').send(signInStyle)
  })
  session.get('/sign-in.js', (_request, response) => {
    response.type('js').send(signInScript)
  })
  session.post('/session', urlencoded({ extended: false, limit: '4kb' }), (request, response) => {
    const given: unknown = request.body?.token
    if (token === null || (typeof given === 'string' && same(given, token))) {
      response.cookie(cookieName, cookie, {
        httpOnly: true,
        sameSite: 'strict',
        secure: request.secure,
        maxAge: cookieDays * 86_400_000,
        path: '/',
      })
      response.redirect(303, wayBack(request.body?.next))
      return
    }
    const page = signInPage(wayBack(request.body?.next), 'That is not the token of this server.')
    response.status(401).type('html').send(page)
  })
  return { allows, session }
}

/** What a program is answered that bears no token. */
export const needsToken = {
  status: 401,
  text: 'This server asks for a token: send Authorization: Bearer TOKEN.',
  headers: { 'WWW-Authenticate': 'Bearer realm="Longhaul"' },
} as const

/** Sends people to the sign-in form and tells programs what to send. */
export const askForToken: RequestHandler = (request, response) => {
  response.status(needsToken.status).set(needsToken.headers)
  if (request.method === 'GET' && request.accepts(['text', 'html']) === 'html') {
    response.type('html').send(signInPage(request.originalUrl, null))
  } else {
    response.type('text').send(`${needsToken.text}\n`)
  }
}

/** Where the sign-in leads: to what was asked for, and never to another site. */
function wayBack(next: unknown): string {
  return typeof next === 'string' && /^\/(?![/\\])[\x21-\x7e]*$/.test(next) ? next : '/'
}

/** In constant time for any two texts: what is compared are digests of one length. */
function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

function cookieValue(header: string | undefined): string | null {
  const prefix = `${cookieName}=`
  const pair = header?.split(';').find((part) => part.trim().startsWith(prefix))
  return pair?.trim().slice(prefix.length) ?? null
}

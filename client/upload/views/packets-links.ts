// Ways from what is seen of a running upload to the captures page, which explains all of it. In a tab of their own: the upload goes on in this one.
import { h } from '../dom.ts'

/** As the captures page calls what the service captures now. */
const file = 'live.pcapng'

/** To the whole capture, as it is now. */
export const captureLink = (label: string): HTMLAnchorElement => link(label, {})

/** To a frame; its number is the same there. */
export const frameLink = (label: string, connection: number, frame: number): HTMLAnchorElement =>
  link(label, { connection: String(connection), frame: String(frame) })

function link(label: string, place: Readonly<Record<string, string>>): HTMLAnchorElement {
  const href = `/captures#${new URLSearchParams({ file, ...place })}`
  const title = 'on the captures page, in a new tab'
  return h('a', { href, title, target: '_blank', rel: 'noopener', class: 'to-capture' }, label)
}

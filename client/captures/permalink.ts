// Where one looks, as the part of the address after `#`, and back. Text in, view out: what makes no sense is left out.
import { firstView, type View } from './state.ts'
import { frameClasses } from './words.ts'

export function hashOfView(view: View): string {
  const parts: [string, string][] = []
  if (view.file !== null) parts.push(['file', view.file])
  if (view.other !== null) parts.push(['with', view.other])
  if (view.side !== firstView.side) parts.push(['side', view.side])
  if (view.connection !== null) parts.push(['connection', String(view.connection)])
  if (view.frame !== null) parts.push(['frame', String(view.frame)])
  if (view.span !== null) parts.push(['time', `${short(view.span.from)}-${short(view.span.to)}`])
  if (view.upload !== null) parts.push(['upload', view.upload])
  if (view.show !== firstView.show) parts.push(['show', view.show])
  if (view.isOnlyConnection) parts.push(['only', 'connection'])
  if (view.text !== '') parts.push(['find', view.text])
  if (view.axis !== firstView.axis) parts.push(['axis', view.axis])
  return parts.length === 0 ? '' : `#${new URLSearchParams(parts).toString()}`
}

/** To the microsecond. */
const short = (seconds: number) => String(Math.round(seconds * 1e6) / 1e6)

export function viewOfHash(hash: string): View {
  const values = new URLSearchParams(hash.replace(/^#/, ''))
  const show = frameClasses.find(({ name }) => name === values.get('show'))
  const axis = (['clock', 'syn', 'patch'] as const).find((kind) => kind === values.get('axis'))
  return {
    file: values.get('file'),
    other: values.get('with'),
    side: values.get('side') === 'b' ? 'b' : 'a',
    connection: wholeNumber(values.get('connection')),
    frame: wholeNumber(values.get('frame')),
    span: spanOf(values.get('time')),
    upload: values.get('upload'),
    show: show?.name ?? firstView.show,
    isOnlyConnection: values.get('only') === 'connection',
    text: values.get('find') ?? '',
    axis: axis ?? firstView.axis,
  }
}

const wholeNumber = (text: string | null) =>
  text !== null && /^\d{1,10}$/.test(text) ? Number(text) : null

function spanOf(text: string | null): View['span'] {
  const match = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(text ?? '')
  if (match === null) return null
  const [from, to] = [Number(match[1]), Number(match[2])]
  return to > from ? { from, to } : null
}

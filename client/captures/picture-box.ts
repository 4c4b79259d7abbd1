// A picture in the page: its SVG put in place, one stop for the Tab key, arrow keys from mark to mark.
import type { Picture } from '../../captures/report/pictures/picture.ts'
import { svgOf } from '../../captures/report/pictures/svg.ts'

const parser = new DOMParser()

/** Replaces what the box shows; a link that had the focus has it again. */
export function showPicture(box: HTMLElement, picture: Picture, id: string): void {
  const focused = keyOf(box.contains(document.activeElement) ? document.activeElement : null)
  const markup = svgOf(picture, { id, outlet: 'page' })
  box.replaceChildren(
    document.importNode(parser.parseFromString(markup, 'image/svg+xml').documentElement, true),
  )
  const links = linksIn(box)
  const current = links.find((link) => keyOf(link) === focused) ?? links[0]
  current?.setAttribute('tabindex', '0')
  if (focused !== null && current) current.focus()
}

const linksIn = (box: Element) => [
  ...box.querySelectorAll<SVGAElement>('a[data-frame], a[data-connection]'),
]

const keyOf = (element: Element | null) => element?.getAttribute('href') ?? null

const steps: Readonly<Record<string, (at: number, last: number) => number>> = {
  ArrowDown: (at, last) => Math.min(last, at + 1),
  ArrowUp: (at) => Math.max(0, at - 1),
  PageDown: (at, last) => Math.min(last, at + 10),
  PageUp: (at) => Math.max(0, at - 10),
  Home: () => 0,
  End: (_, last) => last,
}

/** To be called once for each box. */
export function moveByKeys(box: HTMLElement): void {
  box.addEventListener('keydown', (event) => {
    const step = steps[event.key]
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    const links = linksIn(box)
    const at = links.findIndex((one) => one.matches(':focus'))
    const next = links[step(at, links.length - 1)]
    if (at < 0 || next === undefined) return
    event.preventDefault()
    for (const link of links) link.setAttribute('tabindex', link === next ? '0' : '-1')
    next.focus()
  })
}

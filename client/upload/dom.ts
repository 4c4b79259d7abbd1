// The few DOM verbs the page needs: make an element, write only what changed, keep a list in step with its items.

type Child = Node | string | null

/** An element with properties (`class`, `aria-…`, `data-…` as attributes; the rest as properties) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Readonly<Record<string, string | boolean | (() => void)>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name.replace(/^on/, ''), value)
    else if (value === true) element.setAttribute(name, '')
    else if (value !== false) setAttribute(element, name, value)
  }
  element.append(
    ...children.flatMap((child) => (typeof child === 'string' ? shown(child) : (child ?? []))),
  )
  return element
}

/** File names come from anywhere: signs that turn the direction of writing would hide what they end in, and turn the sentence around. */
const shown = (text: string) => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, '\ufffd')

const svgNamespace = 'http://www.w3.org/2000/svg'

/** An SVG element with attributes. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Node[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(svgNamespace, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

/** Sets the text unless it's there already, so that selections and screen readers aren't disturbed. */
export function setText(element: Element, text: string): void {
  const wanted = shown(text)
  if (element.textContent !== wanted) element.textContent = wanted
}

/** Sets or removes an attribute unless it's so already. */
export function setAttribute(element: Element, name: string, value: string | null): void {
  const isRead = /^(aria-|title$)/.test(name)
  const wanted = isRead && value !== null ? shown(value) : value
  if (wanted === null) element.removeAttribute(name)
  else if (element.getAttribute(name) !== wanted) element.setAttribute(name, wanted)
}

/** A rendered item: its element and how to bring it up to date. */
export interface Row<T> {
  readonly element: HTMLElement
  update(item: T): void
}

/** Keeps `container`'s children in step with items, by key: an element that stays is never re-made or moved without need, so it keeps its focus. */
export function keyedList<T>(
  container: Element,
  keyOf: (item: T) => string,
  create: (item: T) => Row<T>,
): (items: readonly T[]) => void {
  const rows = new Map<string, Row<T>>()
  return (items) => {
    const wanted = new Set(items.map(keyOf))
    for (const [key, row] of rows) {
      if (wanted.has(key)) continue
      moveFocusOff(row.element, container)
      row.element.remove()
      rows.delete(key)
    }
    let next = container.firstElementChild
    for (const item of items) {
      const key = keyOf(item)
      let row = rows.get(key)
      if (!row) {
        row = create(item)
        rows.set(key, row)
      }
      row.update(item)
      if (row.element === next) next = next.nextElementSibling
      else container.insertBefore(row.element, next)
    }
  }
}

// A keyboard user whose row vanishes goes on from its neighbour, not from the top of the page.
function moveFocusOff(element: HTMLElement, container: Element): void {
  if (!element.contains(document.activeElement)) return
  const neighbour = element.nextElementSibling ?? element.previousElementSibling
  const target =
    neighbour?.querySelector<HTMLElement>('button, a') ??
    container.closest('section')?.querySelector<HTMLElement>('h2')
  if (target?.tagName === 'H2') target.tabIndex = -1
  target?.focus()
}

/** Hides or shows a section; a keyboard user who is in it goes on in the next one that is shown. */
export function setHidden(section: HTMLElement, isHidden: boolean): void {
  if (section.hidden === isHidden) return
  const hadFocus = section.contains(document.activeElement)
  section.hidden = isHidden
  if (!isHidden || !hadFocus) return
  focusSection(
    (one) => (section.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0,
  )
}

/** Puts the focus on the heading of the first section shown that is wanted, or of the first of all. */
export function focusSection(isWanted: (section: HTMLElement) => boolean = () => true): void {
  const sections = [...document.querySelectorAll<HTMLElement>('main section:not([hidden])')]
  const heading = (sections.find(isWanted) ?? sections[0])?.querySelector<HTMLElement>('h2')
  if (!heading) return
  heading.tabIndex = -1
  heading.focus()
}

/** The element with this id; a page without it is broken, so it throws. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id)
  if (!element) throw new Error(`the page lacks #${id}`)
  return element
}

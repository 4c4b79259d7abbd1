// The bars of one capture's connections: SVG while they are few, a canvas of those in sight beyond. One axis may serve two captures.
import type { ConnectionAnalysis } from '../../captures/analysis.ts'
import type { Axis } from '../../captures/report/pictures/axis.ts'
import { axisMarks } from '../../captures/report/pictures/axis.ts'
import {
  ganttPicture,
  ganttRows,
  ganttShape,
  rowHeightOf,
  titleOf,
} from '../../captures/report/pictures/gantt.ts'
import { h, setAttribute } from '../upload/dom.ts'
import { drawOnCanvas, hitAt } from './canvas.ts'
import { moveByKeys, showPicture } from './picture-box.ts'
import type { Actions, Side } from './state.ts'

/** More bars and blocks than this are drawn on a canvas. */
const mostInSvg = 2000
/** Of a canvas, CSS pixels. */
const sight = 420

export interface LanesView {
  readonly connections: readonly ConnectionAnalysis[]
  readonly side: Side
  readonly width: number
  /** See `GanttOptions`. */
  readonly highest: number
  readonly chosen: number | null
  readonly axis: (width: number) => Axis
}

export interface Lanes {
  readonly element: HTMLElement
  update(view: LanesView): void
}

export function createLanes(id: string, actions: Actions): Lanes {
  const drawing = h('div', { class: 'picture-box' })
  const many = createCanvasLanes(id, actions)
  const element = h('div', {}, drawing, many.element)
  moveByKeys(drawing)
  return {
    element,
    update(view) {
      const isMany = bars(view.connections) > mostInSvg
      drawing.hidden = isMany
      many.element.hidden = !isMany
      drawing.dataset.side = view.side
      if (isMany) {
        many.update(view)
        return
      }
      showPicture(drawing, ganttPicture(view.connections, view), id)
    },
  }
}

const bars = (connections: readonly ConnectionAnalysis[]) =>
  connections.reduce((sum, { exchanges }) => sum + 1 + exchanges.length, 0)

function createCanvasLanes(id: string, actions: Actions) {
  const canvas = h('canvas', { 'aria-hidden': 'true' })
  const spacer = h('div', { class: 'spacer' })
  const status = h('p', { class: 'soft', id: `${id}-status` })
  const scroller = h(
    'div',
    {
      class: 'lanes-scroller',
      tabindex: '0',
      role: 'group',
      'aria-label': 'Connections over time. Arrow keys choose a connection.',
      'aria-describedby': `${id}-status`,
    },
    canvas,
    spacer,
  )
  const element = h('div', {}, scroller, status)
  let view: LanesView | null = null
  let first = 0
  let isDue = false

  function draw(): void {
    isDue = false
    if (view === null) return
    const { connections, width, chosen } = view
    const rowHeight = rowHeightOf(connections.length)
    const shape = ganttShape(connections.length, view.highest, width, rowHeight)
    const height = Math.min(sight, connections.length * rowHeight + 22)
    const inSight = Math.ceil((height - 22) / rowHeight)
    first = Math.max(
      0,
      Math.min(connections.length - inSight, Math.round(scroller.scrollTop / rowHeight)),
    )
    const axis = view.axis(shape.bar)
    const bottom = inSight * rowHeight
    drawOnCanvas(canvas, width, height, [
      ...axisMarks(axis, shape.left, 0, bottom),
      ...ganttRows(connections.slice(first, first + inSight), shape, axis, width, chosen),
    ])
    scroller.style.setProperty('height', `${height}px`)
    spacer.style.setProperty('height', `${connections.length * rowHeight + 22 - height}px`)
    const current = connections.find(({ number }) => number === chosen)
    status.textContent = `${current ? `${titleOf(current)}. ` : ''}Rows ${first + 1} to ${Math.min(connections.length, first + inSight)} of ${connections.length}.`
  }

  const later = () => {
    if (isDue) return
    isDue = true
    requestAnimationFrame(draw)
  }
  scroller.addEventListener('scroll', later)

  const place = (event: MouseEvent) => {
    const box = canvas.getBoundingClientRect()
    return hitAt(canvas, event.clientX - box.left, event.clientY - box.top)
  }
  canvas.addEventListener('mousemove', (event) => {
    setAttribute(canvas, 'title', place(event)?.title ?? null)
  })
  canvas.addEventListener('click', (event) => {
    const found = place(event)
    if (found?.target == null || view === null) return
    const { side } = view
    const { kind, number } = found.target
    if (kind === 'frame') actions.goToFrame(number, side)
    else actions.go({ side, connection: number })
  })
  scroller.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20 }[event.key]
    if (step === undefined || view === null || event.altKey || event.ctrlKey) return
    event.preventDefault()
    const { connections, chosen, side } = view
    const at = connections.findIndex(({ number }) => number === chosen)
    const next = Math.max(0, Math.min(connections.length - 1, at < 0 ? first : at + step))
    const wanted = connections[next]
    if (wanted === undefined) return
    const rowHeight = rowHeightOf(connections.length)
    const top = next * rowHeight
    if (top < scroller.scrollTop) scroller.scrollTop = top
    if (top > scroller.scrollTop + sight - 50) scroller.scrollTop = top - sight + 50
    actions.go({ side, connection: wanted.number }, 'replace')
  })

  return {
    element,
    update(next: LanesView) {
      view = next
      draw()
    },
  }
}

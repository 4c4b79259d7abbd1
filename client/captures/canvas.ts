// The second outlet of a picture: its marks on a canvas, and which of them lies under a point.
import type { Group, Mark, Tone } from '../../captures/report/pictures/picture.ts'
import { colours } from '../../captures/report/pictures/svg.ts'

const drawn = new WeakMap<HTMLCanvasElement, readonly Mark[]>()

/** In CSS pixels, sharp on any screen. */
export function drawOnCanvas(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  marks: readonly Mark[],
): void {
  const ratio = devicePixelRatio || 1
  canvas.width = Math.round(width * ratio)
  canvas.height = Math.round(height * ratio)
  canvas.style.setProperty('width', `${width}px`)
  canvas.style.setProperty('height', `${height}px`)
  drawn.set(canvas, marks)
  const context = canvas.getContext('2d')
  if (context === null) return
  context.scale(ratio, ratio)
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches
  const colourOf = (tone: Tone) => colours[tone][isDark ? 1 : 0]
  for (const mark of marks) draw(context, mark, colourOf)
}

function draw(
  context: CanvasRenderingContext2D,
  mark: Mark,
  colourOf: (tone: Tone) => string,
): void {
  switch (mark.kind) {
    case 'rect': {
      if (mark.fill === 'none') return
      if (mark.fill === 'hatched') {
        hatch(context, mark, colourOf('soft'))
        return
      }
      context.fillStyle = colourOf(mark.tone)
      context.fillRect(mark.x, mark.y, mark.width, mark.height)
      return
    }
    case 'line':
      context.strokeStyle = colourOf(mark.tone)
      context.lineWidth = mark.width ?? 1
      context.setLineDash(mark.isDashed ? [3, 3] : [])
      context.beginPath()
      context.moveTo(mark.x1, mark.y1)
      context.lineTo(mark.x2, mark.y2)
      context.stroke()
      return
    case 'path': {
      const path = new Path2D(mark.d)
      context.setLineDash([])
      context.fillStyle = colourOf(mark.tone)
      context.strokeStyle = colourOf(mark.tone)
      context.lineWidth = 2
      if (mark.isFilled) context.fill(path)
      else context.stroke(path)
      return
    }
    case 'text':
      context.fillStyle = colourOf(mark.tone)
      context.font = `${mark.isStrong ? '650 ' : ''}${mark.isSmall ? 11 : 12}px system-ui, sans-serif`
      context.textAlign = mark.anchor === 'middle' ? 'center' : (mark.anchor ?? 'start')
      context.fillText(mark.text, mark.x, mark.y)
      return
    case 'group':
      for (const one of mark.marks) draw(context, one, colourOf)
  }
}

type Box = Extract<Mark, { kind: 'rect' }>

function hatch(context: CanvasRenderingContext2D, { x, y, width, height }: Box, colour: string) {
  context.save()
  context.beginPath()
  context.rect(x, y, width, height)
  context.clip()
  context.strokeStyle = colour
  context.lineWidth = 1
  context.setLineDash([])
  context.beginPath()
  for (let at = x - height; at < x + width; at += 6) {
    context.moveTo(at, y + height)
    context.lineTo(at + height, y)
  }
  context.stroke()
  context.restore()
}

/** The innermost thing under the point: the last one drawn there. */
export function hitAt(canvas: HTMLCanvasElement, x: number, y: number): Group | null {
  let found: Group | null = null
  for (const mark of drawn.get(canvas) ?? []) {
    if (mark.kind === 'group' && mark.marks.some((one) => isHit(one, x, y))) found = mark
  }
  return found
}

function isHit(mark: Mark, x: number, y: number): boolean {
  if (mark.kind === 'line') return Math.abs(mark.x1 - x) < 3 && y >= mark.y1 && y <= mark.y2
  if (mark.kind !== 'rect') return false
  return x >= mark.x && x <= mark.x + mark.width && y >= mark.y && y <= mark.y + mark.height
}

// What the plots are drawn with besides lines: crosses and diamonds, and where an axis of bytes has its labels.
import type uPlot from 'uplot'
import type { Value } from './worker/protocol.ts'

/** Powers of two: sizes that read round. */
export function levels(low: number, high: number, height: number): number[] {
  const most = Math.max(2, Math.floor(height / 44))
  const step = 2 ** Math.ceil(Math.log2(Math.max(1, (high - low) / most)))
  const first = Math.ceil(low / step)
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, n) => (first + n) * step)
}

type Draw = (path: Path2D, x: number, y: number, size: number) => void

export const crossAt: Draw = (path, x, y, size) => {
  path.moveTo(x - size, y - size)
  path.lineTo(x + size, y + size)
  path.moveTo(x + size, y - size)
  path.lineTo(x - size, y + size)
}

export const diamondAt: Draw = (path, x, y, size) => {
  path.moveTo(x, y - size)
  path.lineTo(x + size, y)
  path.lineTo(x, y + size)
  path.lineTo(x - size, y)
  path.closePath()
}

/** Its point is the place: it hangs from above. */
export const triangleAt: Draw = (path, x, y, size) => {
  path.moveTo(x, y)
  path.lineTo(x + size, y - 1.6 * size)
  path.lineTo(x - size, y - 1.6 * size)
  path.closePath()
}

export const marks = (values: readonly Value[]) =>
  values.reduce<number>((sum, value) => (value === null || value === undefined ? sum : sum + 1), 0)

/** A series of marks without a line; many are drawn small. */
export function marker(colour: string, drawMark: Draw, count: number): uPlot.Series {
  const half = count > 400 ? 1.4 : count > 120 ? 2.4 : 4
  return {
    stroke: colour,
    fill: colour,
    width: 1.6,
    points: { show: false },
    paths(own, series, first, last) {
      const path = new Path2D()
      const xs = own.data[0]
      const ys = own.data[series] ?? []
      for (let index = first; index <= last; index++) {
        const [time, value] = [xs[index], ys[index]]
        if (time === undefined || value === null || value === undefined) continue
        drawMark(
          path,
          own.valToPos(time, 'x', true),
          own.valToPos(value, 'y', true),
          half * devicePixelRatio,
        )
      }
      return { stroke: path, fill: path }
    },
  }
}

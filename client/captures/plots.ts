// The two x–y plots, drawn by uPlot: one cursor, one time axis. Points in; a click gives a frame, a drag gives a span of time.
import uPlot from 'uplot'
import { timeAxis } from '../../captures/report/pictures/axis.ts'
import type { Tone } from '../../captures/report/pictures/picture.ts'
import { colours } from '../../captures/report/pictures/svg.ts'
import { moment, size } from '../../captures/report/quantity.ts'
import { h, setText } from '../upload/dom.ts'
import { crossAt, diamondAt, levels, marker, marks } from './plot-marks.ts'
import type { PlotData, Value } from './worker/protocol.ts'

interface PlotActions {
  readonly onFrame: (packet: number) => void
  readonly onSpan: (span: { from: number; to: number }) => void
}

interface Frame {
  readonly width: number
  readonly range: { readonly from: number; readonly to: number }
  /** Of the file, where all of its time is shown; `null`: the scale is that of the points. */
  readonly length: number | null
}

/** Of the values that are in sight, what the axis shows. */
type Range = (values: readonly [low: number, high: number]) => [number, number]

const gutter = 68
const rightEdge = 26

export function createPlots({ onFrame, onSpan }: PlotActions) {
  const offsets = h('div', { class: 'plot', role: 'img', 'aria-label': 'Upload offset over time' })
  const flight = h('div', { class: 'plot', role: 'img', 'aria-label': 'Bytes in flight over time' })
  const reading = h('p', { class: 'plot-reading soft', 'aria-hidden': 'true' })
  const element = h(
    'div',
    { class: 'plots' },
    offsets,
    h(
      'p',
      { class: 'legend', 'aria-hidden': 'true' },
      h('span', { class: 'key key-sent' }, 'bytes sent, connections by turns solid and dashed'),
      h('span', { class: 'key key-flagged' }, 'sent again or out of order'),
      h('span', { class: 'key key-answered' }, 'offset answered by the server'),
    ),
    h('h3', {}, 'Bytes in flight'),
    flight,
    reading,
  )
  let made: uPlot[] = []
  let data: PlotData | null = null
  let frame: Frame | null = null
  let selected: number | null = null

  const colour = (tone: Tone) =>
    colours[tone][matchMedia('(prefers-color-scheme: dark)').matches ? 1 : 0]

  function build(): void {
    for (const plot of made) plot.destroy()
    made = []
    if (data === null || frame === null) return
    const { lines, inFlight, flagged, answered, times } = data
    const whole: Range = ([low, high]) =>
      frame?.length == null
        ? [Math.max(0, low - (high - low) * 0.05), high + (high - low) * 0.05 + 1]
        : [0, frame.length * 1.03]
    const fromZero: Range = ([, high]) => [0, Math.max(1, high * 1.08)]
    // What a segment brought holds until the next one.
    const steps = uPlot.paths.stepped?.({ align: 1 })
    const line = (index: number): uPlot.Series => ({
      stroke: colour('client'),
      width: 1.6,
      ...(steps === undefined ? {} : { paths: steps }),
      ...(index % 2 === 1 ? { dash: [5, 3] } : {}),
      points: { show: false },
    })
    const offsetSeries: uPlot.Series[] = [
      {},
      marker(colour('server'), diamondAt, marks(answered)),
      ...lines.map((_, index) => line(index)),
      marker(colour('damage'), crossAt, marks(flagged)),
    ]
    made = [
      plot(offsets, 300, offsetSeries, [times, answered, ...lines, flagged], whole),
      plot(
        flight,
        150,
        [{}, ...inFlight.map((_, index) => line(index))],
        [times, ...inFlight],
        fromZero,
      ),
    ]
  }

  function plot(
    box: HTMLElement,
    height: number,
    series: uPlot.Series[],
    columns: readonly (readonly Value[])[],
    scaleOf: Range,
  ): uPlot {
    const { width, range } = frame ?? { width: 600, range: { from: 0, to: 1 } }
    const axis = {
      stroke: colour('soft'),
      grid: { stroke: colour('line'), width: 1 },
      ticks: { show: false },
    }
    const inner = width - gutter - rightEdge
    const ticks = timeAxis(range, inner).ticks
    const scale = (range.to - range.from) / inner
    const options: uPlot.Options = {
      width,
      height,
      series,
      legend: { show: false },
      padding: [10, rightEdge, 0, 0],
      cursor: {
        sync: { key: 'captures' },
        points: { show: false },
        drag: { x: true, y: false, setScale: false },
      },
      scales: {
        x: {
          time: false,
          min: range.from,
          max: range.to,
          auto: false,
          range: [range.from, range.to],
        },
        y: { range: (_, low, high) => scaleOf([low, high]) },
      },
      axes: [
        {
          ...axis,
          size: 26,
          gap: 4,
          splits: () => ticks.map(({ at }) => range.from + at * scale),
          values: () => ticks.map(({ label }) => label),
        },
        {
          ...axis,
          size: gutter,
          splits: (_, __, low, high) => levels(low, high, height),
          values: (_, splits) => splits.map(size),
        },
      ],
      hooks: {
        setCursor: [(own) => tell(own)],
        setSelect: [
          (own) => {
            if (own.select.width < 4) return
            const from = own.posToVal(own.select.left, 'x')
            const to = own.posToVal(own.select.left + own.select.width, 'x')
            own.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
            onSpan({ from, to })
          },
        ],
        draw: [(own) => drawSelected(own)],
      },
    }
    const aligned: unknown = columns
    const drawn = new uPlot(options, isAligned(aligned) ? aligned : [[]], box)
    let downAt = 0
    drawn.over.addEventListener('mousedown', (event) => {
      downAt = event.clientX
    })
    drawn.over.addEventListener('click', (event) => {
      const index = nearest(drawn)
      const packet = index === null ? undefined : data?.packets[index]
      if (Math.abs(event.clientX - downAt) < 4 && packet) onFrame(packet)
    })
    return drawn
  }

  function nearest(own: uPlot): number | null {
    const at = own.cursor.idx
    if (data === null || at === null || at === undefined) return null
    // A gap between connections is a point without a frame.
    return data.packets[at] ? at : at + 1 < data.packets.length ? at + 1 : null
  }

  function tell(own: uPlot): void {
    const index = nearest(own)
    if (data === null || index === null) {
      setText(reading, '')
      return
    }
    const offset = valueAt([...data.lines, data.flagged, data.answered], index)
    const bytes = valueAt(data.inFlight, index)
    setText(
      reading,
      [
        `${moment(data.times[index] ?? 0)} s`,
        `frame ${data.packets[index]}`,
        ...(offset === null ? [] : [`offset ${size(offset)} (${offset})`]),
        ...(bytes === null ? [] : [`${size(bytes)} in flight`]),
      ].join(' · '),
    )
  }

  /** A line where the chosen frame is. */
  function drawSelected(own: uPlot): void {
    const index = selected === null || data === null ? -1 : data.packets.indexOf(selected)
    const time = data?.times[index]
    if (time === undefined) return
    const x = own.valToPos(time, 'x', true)
    const { ctx, bbox } = own
    ctx.save()
    ctx.strokeStyle = colour('text')
    ctx.lineWidth = devicePixelRatio
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.restore()
  }

  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', build)

  return {
    element,
    draw(next: PlotData, own: Frame) {
      data = next
      frame = own
      build()
    },
    select(packet: number | null) {
      if (packet === selected) return
      selected = packet
      for (const one of made) one.redraw(false)
    },
  }
}

const isAligned = (columns: unknown): columns is uPlot.AlignedData => Array.isArray(columns)

function valueAt(lists: readonly (readonly Value[])[], index: number): number | null {
  for (const list of lists) {
    const value = list[index]
    if (value !== null && value !== undefined) return value
  }
  return null
}

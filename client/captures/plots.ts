// The two x–y plots, drawn by uPlot: one cursor, one time axis. Points in; a click gives a frame, a drag gives a span of time.
import uPlot from 'uplot'
import { type Span, timeAxis } from '../../captures/report/pictures/axis.ts'
import type { Tone } from '../../captures/report/pictures/picture.ts'
import { colours } from '../../captures/report/pictures/svg.ts'
import { moment, size } from '../../captures/report/quantity.ts'
import { h, setText } from '../upload/dom.ts'
import { beyondWords, type PlotBytes } from './plot-bytes.ts'
import { crossAt, diamondAt, levels, marker, marks, triangleAt } from './plot-marks.ts'
import type { PlotData, Value } from './worker/protocol.ts'

interface PlotActions {
  readonly onFrame: (packet: number) => void
  readonly onSpan: (span: Span) => void
}

interface Frame {
  readonly width: number
  readonly range: Span
  /** What both plots show of bytes; of two captures the same. */
  readonly bytes: PlotBytes
}

const gutter = 68
const rightEdge = 26

/** `name` tells the plots of one capture from those of another. */
export function createPlots(name: string, { onFrame, onSpan }: PlotActions) {
  const plotBox = (what: string) =>
    h('div', { class: 'plot', role: 'img', 'aria-label': `${what} over time, ${name}` })
  const offsets = plotBox('Upload offset')
  const flight = plotBox('Bytes in flight')
  const beyond = h('p', { class: 'soft' })
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
      h('span', { class: 'key key-acknowledged' }, 'acknowledged by the server’s system (TCP)'),
      h('span', { class: 'key key-answered' }, 'offset answered by the server (HTTP)'),
    ),
    h('h3', {}, 'Bytes in flight'),
    flight,
    h(
      'p',
      { class: 'legend', 'aria-hidden': 'true' },
      h('span', { class: 'key key-sent' }, 'sent and not yet acknowledged'),
      h('span', { class: 'key key-window' }, 'receive window of the server'),
      h(
        'span',
        { class: 'key key-burst' },
        'before the first ACK: initial window, restart after idle',
      ),
    ),
    beyond,
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
    const { lines, acknowledged, inFlight, window, flagged, answered, bursts, times } = data
    const { bytes } = frame
    // What a segment brought holds until the next one.
    const steps = uPlot.paths.stepped?.({ align: 1 })
    const stepped = (tone: Tone, width: number, dash: number[] = []): uPlot.Series => ({
      stroke: colour(tone),
      width,
      ...(steps === undefined ? {} : { paths: steps }),
      ...(dash.length > 0 ? { dash } : {}),
      points: { show: false },
    })
    const line = (index: number) => stepped('client', 1.6, index % 2 === 1 ? [5, 3] : [])
    const offsetSeries: uPlot.Series[] = [
      {},
      marker(colour('server'), diamondAt, marks(answered)),
      ...acknowledged.map(() => stepped('server', 1)),
      ...lines.map((_, index) => line(index)),
      marker(colour('damage'), crossAt, marks(flagged)),
    ]
    const flightSeries: uPlot.Series[] = [
      {},
      ...window.map(() => stepped('server', 1, [2, 3])),
      ...inFlight.map((_, index) => line(index)),
      marker(colour('text'), triangleAt, marks(bursts)),
    ]
    made = [
      plot(
        offsets,
        300,
        offsetSeries,
        [times, answered, ...acknowledged, ...lines, flagged],
        bytes.offsets,
      ),
      plot(flight, 150, flightSeries, [times, ...window, ...inFlight, bursts], bytes.flight),
    ]
    setText(beyond, beyondWords(data, bytes))
  }

  function plot(
    box: HTMLElement,
    height: number,
    series: uPlot.Series[],
    columns: readonly (readonly Value[])[],
    bytes: readonly [low: number, high: number],
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
        y: { auto: false, range: [bytes[0], bytes[1]] },
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
    const acknowledged = valueAt(data.acknowledged, index)
    const open = valueAt(data.window, index)
    setText(
      reading,
      [
        `${moment(data.times[index] ?? 0)} s`,
        `frame ${data.packets[index]}`,
        ...(offset === null ? [] : [`offset ${size(offset)} (${offset})`]),
        ...(bytes === null ? [] : [`${size(bytes)} in flight`]),
        ...(acknowledged === null ? [] : [`acknowledged up to ${size(acknowledged)}`]),
        ...(open === null ? [] : [`receive window ${size(open)}`]),
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

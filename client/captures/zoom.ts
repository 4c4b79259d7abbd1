// Which part of the time is shown: buttons that change it, for pointer and keyboard alike.
import type { Span } from '../../captures/report/pictures/axis.ts'
import { moment } from '../../captures/report/quantity.ts'
import { h, setText } from '../upload/dom.ts'
import { isByPatches } from './linked-axes.ts'
import { type LinkedTime, linkedTime } from './linked-time.ts'
import { isAll, within } from './span.ts'
import type { Actions, PageState } from './state.ts'

/** Times of less say nothing. */
const shortest = 2e-6

export function zoomButtons(actions: Actions) {
  let state: PageState | null = null
  const words = h('span', { class: 'soft span-words', id: 'span-words' })
  const change = (how: (span: Span, whole: Span) => Span | null) => {
    const time = state === null ? null : linkedTime(state)
    if (time === null) return
    const { whole, shown } = time
    const next = how(shown, whole)
    actions.go({ span: next === null || isAll(next, whole) ? null : within(next, whole) })
  }
  const button = (sign: string, name: string, how: Parameters<typeof change>[0]) =>
    h(
      'button',
      { type: 'button', title: name, 'aria-label': name, onclick: () => change(how) },
      sign,
    )
  const scaled = (factor: number) => (span: Span) => {
    const middle = (span.from + span.to) / 2
    const half = Math.max(shortest, ((span.to - span.from) / 2) * factor)
    return { from: middle - half, to: middle + half }
  }
  const moved = (share: number) => (span: Span) => {
    const by = (span.to - span.from) * share
    return { from: span.from + by, to: span.to + by }
  }
  const steps = [
    button('◀', 'Earlier', moved(-0.5)),
    button('−', 'Zoom out', scaled(2)),
    button('+', 'Zoom in', scaled(0.5)),
    button('▶', 'Later', moved(0.5)),
  ]
  const whole = button('Whole', 'Show the whole time', () => null)
  const element = h(
    'span',
    {
      class: 'zoom',
      role: 'group',
      'aria-label': 'Time shown',
      'aria-describedby': 'span-words',
    },
    words,
    ...steps,
    whole,
  )
  return {
    element,
    update(now: PageState) {
      state = now
      const time = linkedTime(now)
      const isTimeless = isByPatches(now)
      for (const step of steps) step.disabled = isTimeless
      // A stretch may have been chosen in the plots of the offsets, and must not be for good.
      whole.disabled = isTimeless && !time?.isPart
      setText(words, shownWords(time, isTimeless))
    },
  }
}

function shownWords(time: LinkedTime | null, isTimeless: boolean): string {
  const part = time?.isPart ? `${moment(time.shown.from)} to ${moment(time.shown.to)} s` : ''
  if (!isTimeless) return part
  return part === '' ? 'PATCH by PATCH there is no time to zoom' : `offsets below: ${part}`
}

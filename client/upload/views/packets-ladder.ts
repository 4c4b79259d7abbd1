// A ladder as a list: one segment a line, an arrow from its sender to the other end. Read aloud it is a list of sentences.
import type { Arrow } from '../capture.ts'
import { h } from '../dom.ts'
import { frameLink } from './packets-links.ts'

/** `connection`: its number in the capture, to which the frames lead. */
export interface LadderList {
  readonly element: HTMLElement
  update(arrows: readonly Arrow[], connection: number): void
}

export function ladderList(): LadderList {
  const element = h('ol', { class: 'ladder' })
  let shown = ''
  return {
    element,
    update(arrows, connection) {
      const wanted = JSON.stringify([arrows, connection])
      if (wanted === shown) return
      shown = wanted
      element.replaceChildren(...arrows.map((arrow) => rung(arrow, connection)))
    },
  }
}

function rung(
  { packet, time, by, label, numbers, states }: Arrow,
  connection: number,
): HTMLElement {
  if (packet === null || by === null) return h('li', { class: 'rung rung-fold' }, label)
  const to = by === 'client' ? 'server' : 'client'
  const kind = label.startsWith('RST') ? 'reset' : 'segment'
  return h(
    'li',
    { class: 'rung', 'data-by': by, 'data-kind': kind },
    h(
      'span',
      { class: 'rung-frame' },
      frameLink(`frame ${packet}`, connection, packet),
      hidden(', '),
    ),
    h('span', { class: 'rung-time' }, time === null ? '' : `${seconds(time)} s`, hidden(', ')),
    h(
      'span',
      { class: 'rung-arrow' },
      hidden(`${by} to ${to}: `),
      h('span', { class: 'rung-label' }, label),
      h('span', { class: 'rung-numbers' }, numbers === '' ? '' : ` ${numbers}`),
    ),
    h(
      'span',
      { class: 'rung-states' },
      states === null ? '' : hidden(', then '),
      h('span', { class: 'rung-client' }, states?.client ?? ''),
      states === null ? '' : hidden(' and '),
      h('span', { class: 'rung-server' }, states?.server ?? ''),
    ),
  )
}

const hidden = (text: string) => h('span', { class: 'visually-hidden' }, text)

/** As Wireshark's Time column. */
const seconds = (time: number) => time.toFixed(6)

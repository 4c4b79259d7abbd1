// One axis for all captures that are open: equal lengths mean equal times. State in, an axis for each capture out.
import type { Analysis } from '../../captures/analysis.ts'
import { type Axis, patchAxis, timeAxis } from '../../captures/report/pictures/axis.ts'
import { type LinkedTime, ownSpan } from './linked-time.ts'
import { isComparing, type PageState } from './state.ts'

/** Two captures may be laid side by side PATCH by PATCH, in which no time is told. */
export const isByPatches = (state: PageState): boolean =>
  isComparing(state) && state.view.axis === 'patch'

export function axesOf(
  state: PageState,
  time: LinkedTime,
): (analysis: Analysis) => (width: number) => Axis {
  if (isByPatches(state)) {
    const { a, b } = state.captures
    const all = [a, b].flatMap((one) => (one === null ? [] : [one.analysis]))
    const most = Math.max(1, ...all.map(patchesOf))
    return (analysis) => (width) => patchAxis(analysis.connections, width, most)
  }
  return (analysis) => (width) => timeAxis(ownSpan(time, analysis), width, time.zeroOf(analysis))
}

const patchesOf = ({ connections }: Analysis) =>
  connections.reduce((sum, { maintenance }) => sum + maintenance.patches, 0)

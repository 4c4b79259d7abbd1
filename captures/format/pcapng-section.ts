// What a section of a pcapng file says of itself: its header, its interfaces and their statistics (draft-ietf-opsawg-pcapng §4.1, 4.2, 4.6).
import { type Clock, createClock, type Epoch } from './clock.ts'
import { countOption, findOption, lengthOfOption, textAt, textOption } from './options.ts'
import type { CaptureInterface } from './packet.ts'
import { OptionCode } from './pcapng-blocks.ts'

export interface Section {
  little: boolean
  /** Their places in the array are their numbers in the section. */
  interfaces: SectionInterface[]
}

export interface SectionInterface {
  /** Its number in the file. */
  readonly number: number
  readonly clock: Clock
  readonly description: CaptureInterface
}

/** `shb_userappl` and `shb_os`; options in `[at, end)`. */
export function readWriter(
  view: DataView,
  at: number,
  end: number,
  little: boolean,
): string | null {
  const application = textOption(view, at, end, OptionCode.sectionApplication, little)
  const system = textOption(view, at, end, OptionCode.sectionSystem, little)
  if (application === null) return system
  return system === null ? application : `${application} on ${system}`
}

/** An Interface Description Block at `at`, its options up to `end`. */
export function readInterface(
  view: DataView,
  at: number,
  end: number,
  little: boolean,
  number: number,
  epoch: Epoch,
): SectionInterface {
  const options = at + 16
  const description: CaptureInterface = {
    linkType: view.getUint16(at + 8, little),
    snapshotLength: view.getUint32(at + 12, little),
    name: textOption(view, options, end, OptionCode.interfaceName, little),
    filter: readFilter(view, options, end, little),
    resolution: readResolution(view, options, end, little),
    received: null,
    droppedByInterface: null,
    droppedBySystem: null,
  }
  const offset = findOption(view, options, end, OptionCode.interfaceOffset, little)
  const hasOffset = offset >= 0 && lengthOfOption(view, offset, little) === 8
  const seconds = hasOffset ? view.getBigInt64(offset, little) : 0n
  return { number, clock: createClock(description.resolution, seconds, epoch), description }
}

/** One byte that tells the kind, then the filter; only the kind 0 is text. */
function readFilter(view: DataView, at: number, end: number, little: boolean): string | null {
  const value = findOption(view, at, end, OptionCode.interfaceFilter, little)
  if (value < 0) return null
  const length = lengthOfOption(view, value, little)
  return length > 1 && view.getUint8(value) === 0 ? textAt(view, value + 1, length - 1) : null
}

function readResolution(
  view: DataView,
  at: number,
  end: number,
  little: boolean,
): CaptureInterface['resolution'] {
  const value = findOption(view, at, end, OptionCode.interfaceResolution, little)
  if (value < 0 || lengthOfOption(view, value, little) < 1) return { base: 10, exponent: 6 }
  const byte = view.getUint8(value)
  return { base: byte < 0x80 ? 10 : 2, exponent: byte & 0x7f }
}

/** An Interface Statistics Block at `at`. Later ones of the same interface win: they count from the beginning, too. */
export function readStatistics(view: DataView, at: number, end: number, section: Section): void {
  const { little, interfaces } = section
  const description = interfaces[view.getUint32(at + 8, little)]?.description
  if (description === undefined) return
  const options = at + 20
  description.received =
    countOption(view, options, end, OptionCode.statisticsReceived, little) ?? description.received
  description.droppedByInterface =
    countOption(view, options, end, OptionCode.statisticsDropped, little) ??
    description.droppedByInterface
  description.droppedBySystem =
    countOption(view, options, end, OptionCode.statisticsDroppedBySystem, little) ??
    description.droppedBySystem
}

// A file that is no capture, told with the place.

export type CaptureFault = 'empty' | 'unknown-magic' | 'unsupported' | 'truncated'

/** The input can't be read as a capture at all. Damage further on is no error: see `Damage`. */
export class CaptureFormatError extends Error {
  override readonly name = 'CaptureFormatError'
  readonly fault: CaptureFault
  /** Bytes from the start of the file. */
  readonly offset: number
  constructor(fault: CaptureFault, offset: number, detail: string) {
    super(detail)
    this.fault = fault
    this.offset = offset
  }
}

// The few statistics that the tables need.

export interface Summary {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** Of at least one number. */
export function summarise(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (position: number) => sorted[position] ?? Number.NaN
  const middle = (sorted.length - 1) / 2
  return {
    min: at(0),
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    max: at(sorted.length - 1),
  }
}

export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

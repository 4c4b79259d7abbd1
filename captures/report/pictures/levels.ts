// Where an axis of bytes has its lines: at powers of two and their multiples, as file sizes are.

/** From 0 up to `highest`, about `most` of them. */
export function levels(highest: number, most = 5): number[] {
  const step = 2 ** Math.ceil(Math.log2(highest / most))
  return Array.from({ length: Math.floor(highest / step) + 1 }, (_, n) => n * step)
}

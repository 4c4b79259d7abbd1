// Whole numbers shared out without losing one: the largest-remainder method.

/** Whole parts of `total` in the ratio of the weights; they add up to it. Weights are not negative. */
export function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0)
  if (sum === total && weights.every(Number.isInteger)) return [...weights]
  if (sum <= 0) return weights.map((_, index) => (index === weights.length - 1 ? total : 0))
  return roundToSum(
    weights.map((weight) => (total * weight) / sum),
    total,
  )
}

/** The values rounded to whole numbers that add up to `total`: those nearest to the next number give way. */
export function roundToSum(values: readonly number[], total: number): number[] {
  const rounded = values.map(Math.floor)
  let left = Math.round(total) - rounded.reduce((all, value) => all + value, 0)
  const order = values
    .map((value, index) => ({ index, rest: value - Math.floor(value) }))
    .sort((a, b) => b.rest - a.rest)
  for (let turn = 0; left !== 0 && order.length > 0; turn += 1) {
    const step = left > 0 ? 1 : -1
    // What is missing goes to the largest remainders first; what is too much comes from the smallest.
    const place = step > 0 ? turn % order.length : order.length - 1 - (turn % order.length)
    const index = order[place]?.index ?? 0
    rounded[index] = (rounded[index] ?? 0) + step
    left -= step
  }
  return rounded
}

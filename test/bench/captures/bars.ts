// What the analysis has to reach.

/** So many times the speed of tshark's listing, with bodies put together and without. */
export const tsharkBar = 20

/** And of tcptrace. */
export const tcptraceBar = 1

/** Peak memory, bytes. */
export const peakBar = 250e6

/** Peak memory with ten times the file, as a multiple. */
export const growthBar = 1.15

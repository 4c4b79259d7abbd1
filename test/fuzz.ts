// `npm run fuzz -- [captures|http] [COUNT] [FIRST]`: damaged captures, or damaged requests, without end.
const fuzzers = {
  captures: () => import('./captures/fuzz-run.ts'),
  http: () => import('./conformance/fuzz-run.ts'),
}

const name = process.argv[2] === 'http' ? 'http' : 'captures'
// Each reads its numbers from where they stand when it is run alone.
if (process.argv[2] === name) process.argv.splice(2, 1)
await fuzzers[name]()

export {}

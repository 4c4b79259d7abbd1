// The log: JSON lines on standard error, or coloured ones for a person at a terminal.
import pino, { type Logger } from 'pino'
import type { Config } from './config.ts'

export async function createLog({
  logLevel,
  logFormat,
}: Pick<Config, 'logLevel' | 'logFormat'>): Promise<Logger> {
  const forPeople = logFormat === 'pretty' || (logFormat === 'auto' && process.stderr.isTTY)
  const options = {
    level: logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  if (!forPeople) {
    // Lines leave in blocks, or after 200 ms: a line for each PATCH must not cost a system call each.
    const blocks = pino.destination({ dest: 2, sync: false, minLength: 4096, periodicFlush: 200 })
    return pino(options, blocks)
  }
  const { default: pretty } = await import('pino-pretty')
  return pino(
    options,
    pretty({
      destination: 2,
      translateTime: 'SYS:HH:MM:ss',
      ignore: 'remote,connection,exchange',
      singleLine: true,
    }),
  )
}

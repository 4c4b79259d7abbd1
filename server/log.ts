// The log: JSON lines on standard error, or coloured ones for a person at a terminal.
import pino, { type Logger } from 'pino'
import pretty from 'pino-pretty'
import type { Config } from './config.ts'

export function createLog({ logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>): Logger {
  const forPeople = logFormat === 'pretty' || (logFormat === 'auto' && process.stderr.isTTY)
  const options = {
    level: logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  if (!forPeople)
    return pino(
      options,
      pino.destination({ dest: 2, sync: false, minLength: 4096, periodicFlush: 200 }),
    )
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

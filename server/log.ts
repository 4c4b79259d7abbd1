// The log: JSON lines on standard error, or coloured ones for a person at a terminal.
import { Writable } from 'node:stream'
import pino, { type Logger } from 'pino'
import type { Config } from './config.ts'
import { createLogLines } from './log-lines.ts'

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
  const lines = createLogLines(2)
  process.once('exit', lines.flushSync)
  if (!forPeople) return pino(options, lines)
  const { default: pretty } = await import('pino-pretty')
  return pino(
    options,
    pretty({
      destination: new Writable({
        write(chunk, _encoding, done) {
          lines.write(String(chunk))
          done()
        },
      }),
      colorize: process.stderr.isTTY,
      translateTime: 'SYS:HH:MM:ss',
      ignore: 'remote,connection,exchange',
      singleLine: true,
    }),
  )
}

#!/usr/bin/env node
// The one command `longhaul`: arguments in, one call out. Exit status: 0 done, 1 failed, 2 wrong usage.
import { readFile } from 'node:fs/promises'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { UploadCommandOptions } from '../client/terminal/upload.ts'
import {
  ConfigError,
  type ConfigOption,
  configOptions,
  environmentName,
  readConfig,
} from './config.ts'
import { parseDuration, parseSize } from './units.ts'

const { version } = JSON.parse(
  await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
)

const program = new Command('longhaul')
  .description('Resumable uploads you can see on the wire.')
  .version(version)
  .showHelpAfterError('(--help lists what there is)')
  .exitOverride()

program.addCommand(serveCommand())
program.addCommand(uploadCommand())

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitStatusOf(error)
}

function serveCommand(): Command {
  const command = new Command('serve')
    .description('Run the upload service and its pages.')
    .option('--config <file>', 'JSON file with any of these options, by name without the dashes')
    .addHelpText(
      'after',
      '\nSizes take KiB, MiB, GiB, TiB; durations ms, s, m, h, d.\nEach option can also be given as an environment variable: --max-size as LONGHAUL_MAX_SIZE.',
    )
    .action(async (given: Record<string, string | undefined>) => {
      const { config: file = process.env.LONGHAUL_CONFIG, ...flags } = given
      const settings = file === undefined ? undefined : await readSettings(file)
      const config = readConfig({ flags, environment: process.env, file: settings })
      // Each command loads what it needs: `upload` should not wait for a server's libraries.
      const { serve } = await import('./main.ts')
      await serve(config)
    })
  for (const option of Object.values(configOptions)) command.addOption(flagFor(option))
  return command.exitOverride()
}

/** The defaults are only told here: readConfig applies them, after the environment had its say. */
function flagFor(option: ConfigOption): Option {
  const value = option.value === undefined ? '' : ` ${option.value}`
  const told =
    option.default === null || option.value === undefined
      ? ''
      : ` (default: ${option.default || 'none'})`
  return new Option(`${option.flag}${value}`, option.help + told)
}

function uploadCommand(): Command {
  return new Command('upload')
    .description('Upload files; interrupted and run again, it goes on where it was.')
    .argument('<file...>', 'files to upload')
    .option('--to <URL>', 'where to: the server, or its /files', 'http://127.0.0.1:8080/files')
    .addOption(
      measured(
        '--chunk-size <size>',
        'bytes in one PATCH; 0 sends the whole file in one',
        parseSize,
        '8MiB',
      ),
    )
    .option('--token <secret>', 'token of the server; better given as LONGHAUL_TOKEN')
    .addOption(
      measured(
        '--retry-for <duration>',
        'how long to keep trying while nothing gets through',
        parseDuration,
        '1h',
      ),
    )
    .addOption(
      measured(
        '--stall-timeout <duration>',
        'a connection on which nothing moves for so long is replaced',
        parseDuration,
        '2m',
      ),
    )
    .option('--no-resume', 'start over even if a part of the file is on the server')
    .option('--quiet', 'say nothing but errors')
    .option('--json', 'print one JSON document at the end')
    .action(async (files: string[], options: UploadCommandOptions) => {
      const token = options.token ?? process.env[environmentName('--token')]
      const { runUpload } = await import('../client/terminal/upload.ts')
      process.exitCode = await runUpload(
        files,
        token === undefined ? options : { ...options, token },
      )
    })
    .exitOverride()
}

/** An option in sizes or durations; `--help` tells the default as a person writes it. */
function measured(
  flags: string,
  help: string,
  read: (text: string) => number,
  standard: string,
): Option {
  return new Option(flags, help).default(read(standard), standard).argParser((text) => {
    try {
      return read(text)
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
    }
  })
}

async function readSettings(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    const reason =
      error instanceof SyntaxError ? `is no JSON: ${error.message}` : 'could not be read'
    throw new ConfigError(`the configuration file ${file} ${reason}`)
  }
}

function exitStatusOf(error: unknown): number {
  // Commander has printed its message; help and version are no failures.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof Error && 'exitStatus' in error) {
    process.stderr.write(`longhaul: ${error.message}\n`)
    return Number(error.exitStatus)
  }
  process.stderr.write(`longhaul: ${error instanceof Error ? error.stack : error}\n`)
  return 1
}

#!/usr/bin/env node
// The one command `longhaul`: arguments in, one call out. Exit status: 0 done, 1 failed, 2 wrong usage.
import { readFile } from 'node:fs/promises'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { CompareOptions } from '../captures/command/compare.ts'
import type { ExplainOptions } from '../captures/command/explain.ts'
import type { RecordCommandOptions } from '../captures/command/record.ts'
import type { ReportOptions } from '../captures/command/report.ts'
import type { TrimOptions } from '../captures/command/trim.ts'
import type { UploadCommandOptions } from '../client/terminal/upload.ts'
import {
  ConfigError,
  type ConfigOption,
  configOptions,
  environmentName,
  readConfig,
} from './config.ts'
import { parseDuration, parseSize } from './units.ts'

// Built, this file stands one folder deeper.
const packageFile = import.meta.url.endsWith('.ts') ? '../package.json' : '../../package.json'
const { version } = JSON.parse(await readFile(new URL(packageFile, import.meta.url), 'utf8'))

watchOutput()

const program = new Command('longhaul')
  .description('Resumable uploads you can see on the wire.')
  .version(version)
  .showHelpAfterError('(--help lists what there is)')
  .exitOverride()

program.addCommand(serveCommand())
program.addCommand(uploadCommand())
program.addCommand(explainCommand())
program.addCommand(compareCommand())
program.addCommand(trimCommand())
program.addCommand(recordCommand())
program.addCommand(reportCommand())

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
    .option(
      '--checksum <name>',
      'checks each PATCH of up to 64 MiB: sha256, sha512, sha1, crc32, md5; or none, also of the whole file in the end (default: sha256)',
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

function explainCommand(): Command {
  return new Command('explain')
    .description(
      'Explain each TCP connection of a capture: initiation, maintenance, termination, and what uploads it carried.',
    )
    .argument('<file>', 'capture: pcap or pcapng, also gzipped; - reads standard input')
    .addOption(
      new Option('--connection <number>', "only this one, by Wireshark's tcp.stream").argParser(
        wholeNumber,
      ),
    )
    .option('--json', 'print the analysis as one JSON document')
    .action(async (file: string, options: ExplainOptions) => {
      const { runExplain } = await import('../captures/command/explain.ts')
      await runExplain(file, options)
    })
    .exitOverride()
}

function compareCommand(): Command {
  return new Command('compare')
    .description('Compare two captures of the same work, and account for the difference in time.')
    .argument('<captures...>', 'two captures; with --with, all runs of the first kind')
    .option(
      '--with <captures...>',
      'runs of the second kind: of each side the run with the median time is compared, and the spread told',
    )
    .option('--json', 'print the comparison as one JSON document')
    .action(async (captures: string[], options: CompareOptions) => {
      const { runCompare } = await import('../captures/command/compare.ts')
      await runCompare(captures, options)
    })
    .exitOverride()
}

function trimCommand(): Command {
  return new Command('trim')
    .description(
      'Write a small capture to share: headers and HTTP heads kept, no byte of a file, original lengths kept, our explanation as packet comments.',
    )
    .argument('<in>', 'capture: pcap or pcapng, also gzipped')
    .argument('<out>', 'pcapng file to write')
    .option('--force', 'overwrite it if it is there')
    .action(async (input: string, output: string, options: TrimOptions) => {
      const { runTrim } = await import('../captures/command/trim.ts')
      await runTrim(input, output, options)
    })
    .exitOverride()
}

function recordCommand(): Command {
  return new Command('record')
    .description(
      'Record a scenario of the lab, a server and a client on two hosts of its own making, or what passes a port of this machine until Ctrl-C.',
    )
    .argument('[scenario]', 'what to record; --list tells which there are')
    .option('--list', 'list the scenarios')
    .addOption(new Option('--port <number>', 'record this TCP port instead').argParser(wholeNumber))
    .option(
      '--out <file>',
      'pcapng file to write (default: SCENARIO.pcapng, in captures/recordings if there is such a folder)',
    )
    .option('--force', 'overwrite --out if it is there')
    .action(async (scenario: string | undefined, options: RecordCommandOptions) => {
      const { runRecord } = await import('../captures/command/record.ts')
      await runRecord(scenario, options)
    })
    .exitOverride()
}

function reportCommand(): Command {
  return new Command('report')
    .description(
      'Write what the recordings show: their explanations, comparisons and pictures, as Markdown and SVG.',
    )
    .option('--from <folder>', 'recordings to read', 'captures/recordings')
    .option('--out <folder>', 'where to write report.md and its pictures', 'docs/results')
    .action(async (options: ReportOptions) => {
      const { runReport } = await import('../captures/command/report.ts')
      await runReport(options)
    })
    .exitOverride()
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('give a whole number from 0 on')
  return Number(text)
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
    const text = await readFile(file, 'utf8')
    // Editors of some systems put a mark before it (RFC 8259 §8.1 lets us pass over it).
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    const reason =
      error instanceof SyntaxError ? `is no JSON: ${error.message}` : 'could not be read'
    throw new ConfigError(`the configuration file ${file} ${reason}`)
  }
}

/**
 * A reader that goes away early (`| head`) is no failure, also of `--help`; anything else that keeps the output from being
 * written is one, whatever the command says.
 */
function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    const isFull = error.code === 'ENOSPC' || error.code === 'EDQUOT'
    const reason = isFull ? 'the disk is full' : error.message
    process.stderr.write(`longhaul: standard output can't be written: ${reason}\n`)
    process.once('exit', () => {
      process.exitCode ||= 1
    })
  })
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

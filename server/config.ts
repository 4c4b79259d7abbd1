// What `serve` can be told: one table of options with units, defaults and help; text in, Config out.
import {
  expiry,
  hosts,
  httpUrl,
  oneOf,
  origins,
  proxies,
  text,
  wholeNumber,
  withoutBrackets,
  yesOrNo,
} from './config-readers.ts'
import { parseDuration, parseSize } from './units.ts'

export type Durability = 'finish' | 'patch' | 'none'

/** The service's settings. Sizes are bytes, durations seconds. */
export interface Config {
  readonly host: string
  readonly port: number
  readonly dir: string
  readonly maxSize: number
  readonly maxMetadata: number
  readonly expireAfter: number
  readonly durability: Durability
  readonly minFree: number
  readonly keepAliveTimeout: number
  readonly headersTimeout: number
  readonly readTimeout: number
  readonly minRate: number
  readonly grace: number
  readonly openFiles: number
  readonly corsOrigin: readonly string[]
  readonly trustProxy: readonly string[]
  readonly interim: 'auto' | 'on' | 'off'
  readonly publicHost: readonly string[]
  readonly token: string | null
  readonly allowAnonymous: boolean
  readonly capture: boolean
  readonly finishHook: string | null
  readonly finishHookSecret: string | null
  readonly finishHookRetryFor: number
  readonly logLevel: LogLevel
  readonly logFormat: 'auto' | 'json' | 'pretty'
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** One setting: its flag, how its text is read, and what `--help` says of it. */
export interface ConfigOption<T = unknown> {
  readonly flag: string
  /** What stands for the value in `--help`; absent for a switch. */
  readonly value?: string
  /** The default, written as a user would; `null` where there is none. */
  readonly default: string | null
  readonly help: string
  read(text: string): T
}

/** In the order of `--help`. The environment variable of a flag is `LONGHAUL_` and its name. */
export const configOptions = {
  host: {
    flag: '--host',
    value: '<address>',
    default: '127.0.0.1',
    help: 'address to listen on; any but loopback needs --token or --allow-anonymous',
    read: withoutBrackets,
  },
  port: {
    flag: '--port',
    value: '<number>',
    default: '8080',
    help: 'TCP port; 0 lets the system choose',
    read: wholeNumber(0, 65_535),
  },
  dir: {
    flag: '--dir',
    value: '<folder>',
    default: './data',
    help: 'folder of the uploads; made if it is not there',
    read: text,
  },
  maxSize: {
    flag: '--max-size',
    value: '<size>',
    default: '1TiB',
    help: 'largest upload; 0 sets no limit',
    read: parseSize,
  },
  maxMetadata: {
    flag: '--max-metadata',
    value: '<size>',
    default: '8KiB',
    help: 'longest Upload-Metadata header',
    read: parseSize,
  },
  expireAfter: {
    flag: '--expire-after',
    value: '<duration>',
    default: '7d',
    help: 'an unfinished upload is removed so long after its last byte; 0 keeps it for ever',
    read: expiry,
  },
  durability: {
    flag: '--durability',
    value: '<when>',
    default: 'finish',
    help: 'bytes are forced to the disk: before the last answer (finish), before every answer (patch), never (none)',
    read: oneOf(['finish', 'patch', 'none'] as const),
  },
  minFree: {
    flag: '--min-free',
    value: '<size>',
    default: '0',
    help: 'disk space that no new upload may claim',
    read: parseSize,
  },
  keepAliveTimeout: {
    flag: '--keep-alive-timeout',
    value: '<duration>',
    default: '75s',
    help: 'an idle connection is closed after this; keep it longer than your proxy does',
    read: parseDuration,
  },
  headersTimeout: {
    flag: '--headers-timeout',
    value: '<duration>',
    default: '30s',
    help: 'a request head must be complete within this',
    read: parseDuration,
  },
  readTimeout: {
    flag: '--read-timeout',
    value: '<duration>',
    default: '60s',
    help: 'a request body that is silent for so long is cut off, what arrived is kept; 0: never',
    read: parseDuration,
  },
  minRate: {
    flag: '--min-rate',
    value: '<size>',
    default: '1KiB',
    help: 'a body slower than this each second, over --read-timeout, is cut off; 0 allows any rate',
    read: parseSize,
  },
  grace: {
    flag: '--grace',
    value: '<duration>',
    default: '10s',
    help: 'on SIGTERM or Ctrl-C, the time to keep what arrives and to answer',
    read: parseDuration,
  },
  openFiles: {
    flag: '--open-files',
    value: '<number>',
    default: '512',
    help: 'uploads whose file stays open between two PATCHes',
    read: wholeNumber(1, 1_000_000),
  },
  corsOrigin: {
    flag: '--cors-origin',
    value: '<origins>',
    default: '*',
    help: 'web origins that may upload from their own pages, by commas; * is all, none is no other',
    read: origins,
  },
  trustProxy: {
    flag: '--trust-proxy',
    value: '<addresses>',
    default: '',
    help: 'proxies whose X-Forwarded-* headers count: addresses, networks or "loopback", by commas',
    read: proxies,
  },
  interim: {
    flag: '--interim',
    value: '<when>',
    default: 'auto',
    help: 'interim answers (104) to clients of the IETF protocol: always (on), never (off: nginx fails at them), unless there is a proxy (auto)',
    read: oneOf(['auto', 'on', 'off'] as const),
  },
  publicHost: {
    flag: '--public-host',
    value: '<names>',
    default: '',
    help: 'names under which the service is reached, by commas; needed behind a proxy without --token and --trust-proxy',
    read: hosts,
  },
  token: {
    flag: '--token',
    value: '<secret>',
    default: null,
    help: 'ask every client for this bearer token; better given as LONGHAUL_TOKEN',
    read: text,
  },
  allowAnonymous: {
    flag: '--allow-anonymous',
    default: 'false',
    help: 'listen beyond loopback without a token',
    read: yesOrNo,
  },
  capture: {
    flag: '--capture',
    default: 'false',
    help: 'capture the packets of this port and show them on the upload page; on loopback only, needs dumpcap and the right to capture',
    read: yesOrNo,
  },
  finishHook: {
    flag: '--finish-hook',
    value: '<URL>',
    default: null,
    help: 'POST here when an upload is complete',
    read: httpUrl,
  },
  finishHookSecret: {
    flag: '--finish-hook-secret',
    value: '<secret>',
    default: null,
    help: 'key of the HMAC-SHA-256 signature of the hook; better given as LONGHAUL_FINISH_HOOK_SECRET',
    read: text,
  },
  finishHookRetryFor: {
    flag: '--finish-hook-retry-for',
    value: '<duration>',
    default: '3d',
    help: 'a hook that fails is tried again for so long',
    read: parseDuration,
  },
  logLevel: {
    flag: '--log-level',
    value: '<level>',
    default: 'info',
    help: `how much is logged to standard error: ${logLevels.join(', ')}`,
    read: oneOf(logLevels),
  },
  logFormat: {
    flag: '--log-format',
    value: '<format>',
    default: 'auto',
    help: 'json, pretty, or auto: pretty on a terminal',
    read: oneOf(['auto', 'json', 'pretty'] as const),
  },
} satisfies { [Name in keyof Config]: ConfigOption<Config[Name]> }

/** A setting that can't be used; the message names it and says what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly exitStatus = 2
}

/** The environment variable that stands for a flag: `--max-size` is `LONGHAUL_MAX_SIZE`. */
export function environmentName(flag: string): string {
  return `LONGHAUL_${flag.slice(2).toUpperCase().replaceAll('-', '_')}`
}

/** Where a setting's text may come from, the first that has it winning: flags, environment, `--config` file. */
export interface ConfigSources {
  /** By the names of `Config`. */
  readonly flags: Readonly<Record<string, string | boolean | undefined>>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** A JSON object by flag names without the dashes: `{ "max-size": "10GiB" }`. */
  readonly file?: unknown
}

/** The settings from all sources. Throws a `ConfigError` for an unknown, unreadable or unsafe one. */
export function readConfig(sources: ConfigSources): Config {
  const file = settingsOf(sources.file)
  const entries = Object.entries(configOptions).map(([name, option]: [string, ConfigOption]) => {
    const given =
      sources.flags[name] ??
      sources.environment[environmentName(option.flag)] ??
      file.get(option.flag.slice(2)) ??
      option.default
    return [name, given === null ? null : read(option, String(given))] as const
  })
  // The table's type ties each name to its reader, which Object.entries can't express.
  const config = Object.fromEntries(entries) as unknown as Config
  refuseUnsafe(config)
  return config
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

function read(option: ConfigOption, given: string): unknown {
  try {
    return option.read(given)
  } catch (error) {
    throw new ConfigError(`${option.flag}: ${error instanceof Error ? error.message : error}`)
  }
}

function settingsOf(file: unknown): Map<string, unknown> {
  if (file === undefined) return new Map()
  if (typeof file !== 'object' || file === null || Array.isArray(file)) {
    throw new ConfigError(
      'the configuration file must hold one JSON object, e.g. { "max-size": "10GiB" }',
    )
  }
  const known = new Set(Object.values(configOptions).map((option) => option.flag.slice(2)))
  const unknown = Object.keys(file).find((name) => !known.has(name))
  if (unknown !== undefined) {
    throw new ConfigError(`the configuration file has "${unknown}", which is no option of serve`)
  }
  return new Map(Object.entries(file))
}

function refuseUnsafe(config: Config): void {
  if (config.token !== null && !/^[\w~+/.=-]+$/.test(config.token)) {
    throw new ConfigError(
      '--token: take letters, digits and -._~+/= only, since it travels in a header',
    )
  }
  if (config.token !== null && config.token.length < 8) {
    throw new ConfigError('--token: take at least 8 characters, e.g. from "openssl rand -hex 24"')
  }
  if (!isLoopback(config.host) && config.token === null && !config.allowAnonymous) {
    throw new ConfigError(
      `--host ${config.host} lets other machines in: set a --token, or say --allow-anonymous if everybody may upload`,
    )
  }
  if (config.capture && !(isLoopback(config.host) && config.trustProxy.length === 0)) {
    const why = isLoopback(config.host) ? '--trust-proxy lets' : `--host ${config.host} lets`
    throw new ConfigError(
      `--capture shows the packets of this machine: it goes with a loopback --host only, and ${why} others in`,
    )
  }
}

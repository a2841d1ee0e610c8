// What astern.yaml may hold: the one place that names its keys. Validation, the editors' JSON Schema and docs/configuration.md
// all come from here, so every key carries its description. What needs other files or other keys is checked in service.ts and definitions.ts.
import { z } from 'zod'
import { parseFreezeWindow } from '../core/freeze.ts'
import { MAX_REPLICAS } from '../core/processes.ts'
import { DEFAULTS } from './defaults.ts'
import { parseRepository } from './image-reference.ts'
import { MAX_PORT, parseHost, parseListen } from './listen.ts'
import {
  argv,
  duration,
  integer,
  list,
  mapping,
  matching,
  NAME_PATTERN,
  memorySize,
  oneOf,
  parsed,
  variables,
} from './schema-fields.ts'
import { database } from './schema-database.ts'
import { build } from './schema-build.ts'
import { checks, requires } from './schema-checks.ts'
import { hooks } from './schema-hooks.ts'
import { extraHosts, networks } from './schema-networks.ts'
import { registry, registryHere } from './schema-registry.ts'
import { RETENTION_HINTS, retention } from './schema-retention.ts'
import { envFile, secrets } from './schema-secrets.ts'
import { signals } from './schema-signals.ts'
import { git, version } from './schema-source.ts'
import { TRIAL_HINTS, failure, trial, trialHere } from './schema-trial.ts'
import { ports, volumes } from './schema-volumes.ts'

const MAX_STANDBYS = 100
export const MAX_CHECKS = 100
const MIN_CPUS = 0.01
const MAX_CPUS = 1_024
const CPUS_RULE = `expected a number from ${MIN_CPUS} to ${MAX_CPUS}`
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const YEAR_MS = 365 * DAY_MS

const SIGNALS = [
  'SIGTERM',
  'SIGINT',
  'SIGQUIT',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
  'SIGABRT',
  'SIGKILL',
] as const

/** Unreserved characters of a URL that mean nothing to a proxy's configuration file. */
export const HTTP_PATH_PATTERN = /^\/[\w\-.~!&()*+,;=:@%/?]{0,1023}$/

const listen = parsed(parseListen, {
  description: 'Where users connect: an IP address and a port. The proxy listens there.',
  examples: ['127.0.0.1:18080', '0.0.0.0:80'],
})

const hosts = list(parsed(parseHost, { description: 'A host name.' }), {
  description:
    'Host names that are routed here; other services may then share the address. When absent, everything that reaches `listen`.',
  examples: [['shop.example.com']],
})

const env = variables({
  description:
    'Environment variables. Stored with each release and shown by `astern diff`: what is confidential belongs under `secrets`. Wins over `env_file`.',
  examples: [{ GIN_MODE: 'release' }],
})

const healthMapping = mapping(
  {
    path: matching(HTTP_PATH_PATTERN, 'a path that begins with /', {
      description: 'What is asked for by GET; 2xx and 3xx are healthy. When absent, a TCP connect is enough.',
      examples: ['/healthz'],
    }).optional(),
    interval: duration(10, HOUR_MS, {
      description: 'Time between two checks.',
      default: DEFAULTS.health.interval,
    }).optional(),
    timeout: duration(1, HOUR_MS, {
      description: 'A check without an answer in this time has failed.',
      default: DEFAULTS.health.timeout,
    }).optional(),
    rise: integer(1, MAX_CHECKS, {
      description: 'Checks in a row that must succeed before a replica counts as healthy.',
      default: DEFAULTS.health.rise,
    }).optional(),
    fall: integer(1, MAX_CHECKS, {
      description: 'Checks in a row that must fail before a replica counts as unhealthy.',
      default: DEFAULTS.health.fall,
    }).optional(),
    start_period: duration(0, DAY_MS, {
      description: 'How long a new replica may take until it is healthy.',
      default: DEFAULTS.health.start_period,
    }).optional(),
  },
  { description: 'A health check with its timing.' },
)

const health = z
  .union(
    [
      z.literal('tcp').meta({ description: 'A TCP connect on `port`.' }),
      matching(HTTP_PATH_PATTERN, 'a path that begins with /', { description: 'Short for `{ path: … }`.' }),
      healthMapping,
    ],
    { error: 'expected a path as in /healthz, tcp, or a mapping with path, interval, timeout …' },
  )
  .meta({
    description:
      "How a replica shows that it can serve. When absent, the image's HEALTHCHECK if it has one, else a TCP connect on `port`.",
    examples: ['/healthz'],
  })

const stop = mapping(
  {
    signal: oneOf(SIGNALS, {
      description: 'The signal that asks the process to end.',
      default: DEFAULTS.stop.signal,
    }).optional(),
    timeout: duration(0, HOUR_MS, {
      description: 'A process that has not ended by then is killed.',
      default: DEFAULTS.stop.timeout,
    }).optional(),
    drain: duration(0, DAY_MS, {
      description: 'How long requests in flight may take to finish before the replica is stopped or frozen.',
      default: DEFAULTS.stop.drain,
    }).optional(),
  },
  { description: 'How a replica is stopped.' },
)

const standbyShape = mapping(
  {
    warm: integer(0, MAX_STANDBYS, {
      description: 'Earlier releases that keep running: a rollback takes milliseconds.',
      default: DEFAULTS.standby.warm,
    }).optional(),
    warm_for: duration(0, YEAR_MS, {
      description: 'How long they keep running; then they are frozen.',
      default: DEFAULTS.standby.warm_for,
    }).optional(),
    frozen: integer(0, MAX_STANDBYS, {
      description: 'Earlier releases that are paused: memory, but no CPU.',
      default: DEFAULTS.standby.frozen,
    }).optional(),
    frozen_for: duration(0, YEAR_MS, {
      description: 'How long they stay paused; then they are stopped.',
      default: DEFAULTS.standby.frozen_for,
    }).optional(),
    cold: integer(0, MAX_STANDBYS, {
      description: 'Earlier releases whose stopped containers are kept. Of older ones only the image remains.',
      default: DEFAULTS.standby.cold,
    }).optional(),
  },
  { description: 'How earlier releases are kept ready for a rollback.' },
)
export type StandbyConfig = z.output<typeof standbyShape>

const cpus = z
  .number({ error: CPUS_RULE })
  .min(MIN_CPUS, { error: CPUS_RULE })
  .max(MAX_CPUS, { error: CPUS_RULE })
  .meta({ description: 'The most processor time a replica may use, in cores. When absent, no limit.', examples: [0.5] })

/** What is said of a process beside `web`; the rest is the service's. */
const process = mapping(
  {
    command: argv({
      description: "The command in the container, word by word. When absent, the image's own.",
      examples: [['/app', 'worker']],
    }).optional(),
    replicas: integer(1, MAX_REPLICAS, {
      description: 'How many containers do its work.',
      default: DEFAULTS.replicas,
    }).optional(),
    schedule: z
      .string({ error: 'expected five fields, as in "0 3 * * *"' })
      .meta({
        description:
          'When it runs, as cron writes it: minute, hour, day of month, month, weekday. Then it does not run all the time. `astern serve` starts it.',
        examples: ['0 3 * * *'],
      })
      .optional(),
    time_zone: z
      .string({ error: 'expected a time zone, as in Asia/Shanghai' })
      .meta({ description: 'The time zone of `schedule`.', default: DEFAULTS.schedule.time_zone })
      .optional(),
    timeout: duration(1_000, DAY_MS, {
      description: 'A scheduled run that takes longer is stopped.',
      default: DEFAULTS.schedule.timeout,
    }).optional(),
    handover: oneOf(['start_first', 'stop_first'], {
      description:
        'Whether the new release is started before the old one stops, or after. When absent, start_first, unless both would write to one volume.',
    }).optional(),
    env: env.optional(),
    volumes: volumes.optional(),
    memory: memorySize({ description: 'The most memory a replica may use.', examples: ['128m'] }).optional(),
    cpus: cpus.optional(),
    stop: stop.optional(),
    standby: standbyShape
      .meta({
        description: 'How earlier releases of it are kept ready; when nothing is said, cold: 1 and nothing else.',
      })
      .optional(),
  },
  { description: 'A process beside `web`: a worker, or with `schedule` a job.' },
)
export type ProcessConfig = z.output<typeof process>

const service = mapping(
  {
    image: parsed(parseRepository, {
      description:
        'The repository of the image, without tag or digest: a release adds them. Needed unless the compose file names it.',
      examples: ['gin-shop', 'registry.example.com/shop/gin-shop'],
    }).optional(),
    registry: registry.optional(),
    compose: matching(/^[^#]+(?:#[^#]+)?$/, 'FILE or FILE#SERVICE, as in compose.yaml#web', {
      description:
        'Takes the definition from a service of a compose file. What stands here wins. Without `#SERVICE` it is the one of the same name, or the only one.',
      examples: ['compose.yaml#web'],
    }).optional(),
    build: build.optional(),
    port: integer(1, MAX_PORT, {
      description:
        'Where the process listens in its container. Needed unless the compose file names it, or the service has only `processes`.',
    }).optional(),
    health: health.optional(),
    replicas: integer(1, MAX_REPLICAS, {
      description: 'How many containers serve.',
      default: DEFAULTS.replicas,
    }).optional(),
    command: argv({
      description: "The command in the container, word by word. When absent, the image's own.",
      examples: [['/app', 'serve']],
    }).optional(),
    env: env.optional(),
    env_file: envFile.optional(),
    secrets: secrets.optional(),
    volumes: volumes.optional(),
    ports: ports.optional(),
    networks: networks.optional(),
    extra_hosts: extraHosts.optional(),
    memory: memorySize({
      description: 'The most memory a replica may use. When absent, no limit.',
      examples: ['128m'],
    }).optional(),
    cpus: cpus.optional(),
    stop: stop.optional(),
    standby: standbyShape.optional(),
    processes: z
      .record(z.string().meta({ pattern: NAME_PATTERN.source }), process, { error: 'expected a mapping of processes' })
      .meta({
        description:
          'Processes beside `web`, from the same image: released and rolled back together with it. A service that names no `port` has these alone.',
        examples: [{ worker: { command: ['/app', 'worker'] } }],
      })
      .optional(),
    hooks: hooks.optional(),
    database: database.optional(),
    retention: retention.optional(),
    ...trial,
    failure: failure.optional(),
    signals: signals.optional(),
    version: version.optional(),
  },
  { description: 'A service: one deployable unit.' },
)

const freezeWindow = parsed(parseFreezeWindow, { description: 'A window of every week, or of every day.' })

const freeze = z
  .union([freezeWindow.transform((window) => [window]), z.array(freezeWindow)], {
    error: 'expected a window as in "Fri 16:00–Mon 08:00 Asia/Shanghai", or a list of them',
  })
  .meta({
    description:
      'When deploys are refused, unless --force=freeze says otherwise: `DAY HH:MM–DAY HH:MM ZONE` every week, or `HH:MM–HH:MM ZONE` every day. Days are Mon to Sun; the zone is an IANA name and UTC when absent. A rollback is never refused.',
    examples: ['Fri 16:00–Mon 08:00 Asia/Shanghai', '22:00–06:00 Europe/Berlin'],
  })

/** What an environment, or a service in it, may say anew. */
const overrides = {
  listen: listen.optional(),
  hosts: hosts.optional(),
  replicas: integer(1, MAX_REPLICAS, { description: 'How many containers serve here.' }).optional(),
  env: env.optional(),
  registry: registryHere.optional(),
  retention: retention.optional(),
  checks: checks.optional(),
  requires: requires.optional(),
  ...trial,
  ...trialHere,
}

const environment = mapping(
  {
    ...overrides,
    freeze: freeze.optional(),
    services: z
      .record(z.string(), mapping(overrides, { description: 'What differs for one service in this environment.' }), {
        error: 'expected a mapping of services',
      })
      .meta({
        description: 'For a file with several services: what differs for one of them. Wins over what stands beside it.',
      })
      .optional(),
  },
  { description: 'An environment: where services run.' },
)

/** The pattern is for editors. Checked with NAME_PATTERN by whoever reads them: here a wrong name would hide what stands below it. */
const name = z.string().meta({ pattern: NAME_PATTERN.source })

export const configSchema = z
  .strictObject(
    {
      services: z
        .record(name, service, { error: 'expected a mapping of services' })
        .meta({ description: 'The services, by name.' }),
      environments: z
        .record(name, environment, { error: 'expected a mapping of environments' })
        .meta({ description: 'The environments, by name.' }),
      sets: z
        .record(
          name,
          list(z.string({ error: 'expected the name of a service' }), { description: 'Names of services.' }),
          {
            error: 'expected a mapping of sets',
          },
        )
        .meta({
          description:
            'Services that are deployed and rolled back as one (`--set NAME`): all of them or none. What others need comes first.',
          examples: [{ shop: ['catalogue', 'orders', 'web'] }],
        })
        .optional(),
      git: git.optional(),
    },
    { error: 'expected a mapping with services and environments' },
  )
  .meta({ title: 'astern.yaml', description: 'Services, and the environments they run in.' })

export type Config = z.output<typeof configSchema>
export type ServiceConfig = Config['services'][string]
export type EnvironmentConfig = Config['environments'][string]

/** What is said of keys that are not known here: those of later versions, and those that people know from elsewhere. */
export const UNKNOWN_KEYS: Readonly<Record<string, string>> = {
  ...TRIAL_HINTS,
  ...RETENTION_HINTS,
  before_deploy: 'unknown field here; it belongs under hooks',
  after_deploy: 'unknown field here; it belongs under hooks',
  after_rollback: 'unknown field here; it belongs under hooks',
  listen: 'unknown field here; it belongs under environments',
  hosts: 'unknown field here; it belongs under environments',
  autopilot: 'unknown field here; it belongs under environments',
  freeze: 'unknown field here; it belongs under environments',
  checks: 'unknown field here; it belongs under environments',
  requires: 'unknown field here; it belongs under environments',
  tag: 'unknown field; a release adds the tag (astern deploy TAG)',
  environment: 'unknown field; did you mean "env"?',
  healthcheck: 'unknown field; did you mean "health"?',
  mem_limit: 'unknown field; did you mean "memory"?',
  stop_signal: 'unknown field; did you mean "stop: { signal: … }"?',
  stop_grace_period: 'unknown field; did you mean "stop: { timeout: … }"?',
  retries: 'unknown field; did you mean "fall"?',
  scale: 'unknown field; did you mean "replicas"?',
}

// One service as astern.yaml and its compose file have it together: what stands in astern.yaml wins. What an environment may
// change (listen, hosts, replicas, env) is added in definitions.ts.
import { resolve } from 'node:path'
import type { DatabaseDefinition } from '../core/migration.ts'
import type {
  ContainerOptions,
  Dependency,
  Health,
  HealthTiming,
  Hook,
  Mount,
  SecretReference,
  StandbyPolicy,
  StopPolicy,
} from '../core/model.ts'
import type { BuildDefinition } from '../core/build.ts'
import { buildOf } from './build.ts'
import { readComposeService } from './compose-file.ts'
import type { ComposeService } from './compose-file.ts'
import { composeContainer, composeDependencies, composeSecrets, without } from './compose-container.ts'
import { composeHealth } from './compose-health.ts'
import {
  composeCommand,
  composeImage,
  composeLimits,
  composeMounts,
  composePorts,
  composeReplicas,
  composeStop,
  noteIgnored,
} from './compose-service.ts'
import type { Placed } from './compose-service.ts'
import { composeVariables } from './compose-variables.ts'
import { databaseOf } from './database.ts'
import { DEFAULTS } from './defaults.ts'
import { hooksOf } from './hooks.ts'
import type { Path, Place, Problems } from './problems.ts'
import type { PortEntry } from './published-port.ts'
import { readProcesses } from './processes.ts'
import type { Process } from './processes.ts'
import type { RetentionConfig } from './schema-retention.ts'
import type { ServiceConfig } from './schema.ts'
import type { ServiceContext } from './service-context.ts'
import { signalsOf } from './signals.ts'
import { msOf, standbyOf } from './standby.ts'
import { failureOf } from './trial.ts'
import type { ServiceTrial } from './trial.ts'
import { addEnvFile, addPlain } from './variables.ts'
import type { Variables } from './variables.ts'
import type { YamlDocument } from './yaml-document.ts'

type DocumentPlace = Place & { readonly document: YamlDocument }
type At = (...rest: Path) => DocumentPlace

/** What the environments of a service have in common. Parts that are missing were reported. */
export type Service = {
  readonly name: string
  readonly path: Path
  readonly image: string
  readonly composeTag: string | null
  readonly build: BuildDefinition
  readonly registry: 'none' | 'image'
  /** `null`: it takes no requests. */
  readonly port: number | null
  readonly health: Health | null
  readonly replicas: { readonly count: number; readonly place: Place | null }
  readonly command: readonly string[] | null
  readonly variables: Variables
  readonly secrets: readonly SecretReference[]
  readonly mounts: readonly Mount[]
  readonly ports: readonly Placed<PortEntry>[]
  /** True when `ports` come from the compose file. */
  readonly portsFromCompose: boolean
  readonly memoryBytes: number | null
  readonly cpus: number | null
  readonly stop: StopPolicy
  readonly standby: StandbyPolicy
  readonly processes: readonly Process[]
  readonly container: ContainerOptions
  readonly dependencies: readonly Dependency[]
  readonly hooks: readonly Hook[]
  readonly trial: ServiceTrial
  readonly retention: RetentionConfig | undefined
  readonly database: DatabaseDefinition | null
}

const SECRETS_FOLDER = '/run/secrets'

const DEFAULT_TIMING: HealthTiming = {
  intervalMs: msOf(DEFAULTS.health.interval),
  timeoutMs: msOf(DEFAULTS.health.timeout),
  rise: DEFAULTS.health.rise,
  fall: DEFAULTS.health.fall,
  startPeriodMs: msOf(DEFAULTS.health.start_period),
}

export function readService(name: string, config: ServiceConfig, context: ServiceContext): Service {
  const { document, problems } = context
  const path = ['services', name]
  const at = (...rest: Path): DocumentPlace => ({ document, path: [...path, ...rest] })
  const given = (key: keyof ServiceConfig): boolean => document.has([...path, key])
  const compose = config.compose === undefined ? null : composeOf(config.compose, name, at('compose'), context)
  // What a compose file that cannot be read would have named is not reported as missing as well.
  const unknown = given('compose') && compose === null

  const composedImage = compose === null ? null : composeImage(compose, given('image') ? null : problems)
  if (config.image === undefined && !given('image') && !unknown && compose?.fields.image === undefined) {
    const where = compose === null ? '' : ', and the compose file names none'
    problems.missing(at('image'), `is missing${where}; it names the repository of the image`)
  }
  const composedPorts = compose === null ? null : composePorts(compose, given('ports') ? null : problems)
  const inContainer = composedPorts?.inContainer ?? []
  const port = config.port ?? onlyPort(inContainer)
  const webless = port === null && !given('port') && inContainer.length === 0 && config.processes !== undefined
  if (port === null && !webless && !given('port') && !unknown) {
    const why = inContainer.length > 1 ? `; the compose file names several (${inContainer.join(', ')})` : ''
    problems.missing(at('port'), `is missing${why}; it is where the process listens in its container`)
  }
  const limits = compose === null ? null : composeLimits(compose, problems)
  const composed = compose === null ? null : composeReplicas(compose, problems)
  const common = {
    mounts: mountsOf(config, given('volumes') ? null : compose, at, context),
    memoryBytes: config.memory ?? limits?.memoryBytes ?? null,
    cpus: config.cpus ?? limits?.cpus ?? null,
    stop: stopOf(config, compose, problems),
    container: containerOf(config, compose, problems),
  }
  return {
    ...common,
    name,
    path,
    image: config.image ?? composedImage?.repository ?? '',
    composeTag: composedImage?.tag ?? null,
    build: buildOf(config.build, at('build').path, context),
    registry: config.registry ?? DEFAULTS.registry,
    port: webless ? null : (port ?? 0),
    health: healthOf(config, given('health') ? null : compose, port, problems),
    replicas:
      config.replicas !== undefined
        ? { count: config.replicas, place: at('replicas') }
        : (composed ?? { count: DEFAULTS.replicas, place: null }),
    command: commandOf(config, given('command') ? null : compose, at('command'), problems),
    variables: variablesOf(config, compose, at, context),
    secrets: [...(compose === null ? [] : composeSecrets(compose, problems)), ...secretsOf(config, at, context)],
    ports: given('ports')
      ? (config.ports ?? []).flatMap((entries, index) => entries.map((value) => ({ value, place: at('ports', index) })))
      : (composedPorts?.fixed ?? []),
    portsFromCompose: !given('ports'),
    standby: standbyOf(config.standby, DEFAULTS.standby),
    retention: config.retention,
    hooks: hooksOf(config.hooks, at('hooks'), { ...context, words: wordsAt }),
    database: databaseOf(config.database, (...rest) => at('database', ...rest), {
      ...context,
      words: wordsAt,
    }),
    trial: {
      layer: { said: config, at, own: true },
      failure: failureOf(config.failure, at('failure'), problems),
      signals: signalsOf(config.signals, at('signals'), { ...context, words: wordsAt }),
    },
    processes: readProcesses(config, common, {
      at,
      problems,
      words: wordsAt,
      mounts: (process, place) => mountsOf(process, null, place, context),
    }),
    dependencies: compose === null ? [] : composeDependencies(compose),
  }
}

function composeOf(text: string, name: string, at: DocumentPlace, context: ServiceContext): ComposeService | null {
  const [file = '', service = null] = text.split('#')
  const path = resolve(context.folder, file)
  const compose = readComposeService(path, { name: service, otherwise: name }, at, context)
  if (compose !== null) noteIgnored(compose, context.problems)
  return compose
}

function onlyPort(ports: readonly number[]): number | null {
  return ports.length === 1 ? (ports[0] ?? null) : null
}

function healthOf(
  { health }: ServiceConfig,
  compose: ComposeService | null,
  port: number | null,
  problems: Problems,
): Health | null {
  if (health === undefined) {
    return compose === null || port === null ? null : composeHealth(compose, port, DEFAULT_TIMING, problems)
  }
  if (health === 'tcp') return { ...DEFAULT_TIMING, kind: 'tcp' }
  if (typeof health === 'string') return { ...DEFAULT_TIMING, kind: 'http', path: health }
  const timing: HealthTiming = {
    intervalMs: health.interval ?? DEFAULT_TIMING.intervalMs,
    timeoutMs: health.timeout ?? DEFAULT_TIMING.timeoutMs,
    rise: health.rise ?? DEFAULT_TIMING.rise,
    fall: health.fall ?? DEFAULT_TIMING.fall,
    startPeriodMs: health.start_period ?? DEFAULT_TIMING.startPeriodMs,
  }
  return health.path === undefined ? { ...timing, kind: 'tcp' } : { ...timing, kind: 'http', path: health.path }
}

function commandOf(
  { command }: ServiceConfig,
  compose: ComposeService | null,
  place: DocumentPlace,
  problems: Problems,
): readonly string[] | null {
  if (command !== undefined) return wordsAt(command, place)
  return compose === null ? null : composeCommand(compose, problems)
}

/** Words as they were written: `8080` and `1.10` too. */
export function wordsAt(words: readonly (string | number | boolean)[], place: DocumentPlace): string[] {
  return words.map((word, index) => place.document.text([...place.path, index]) ?? String(word))
}

function variablesOf(
  config: ServiceConfig,
  compose: ComposeService | null,
  at: At,
  context: ServiceContext,
): Variables {
  const overridden = new Set([...Object.keys(config.env ?? {}), ...Object.keys(config.secrets ?? {})])
  const variables: Variables = compose === null ? new Map() : composeVariables(compose, overridden, context)
  const { env_file: envFile } = config
  const files = envFile === undefined ? [] : typeof envFile === 'string' ? [envFile] : envFile
  for (const [index, file] of files.entries()) {
    const place = typeof envFile === 'string' ? at('env_file') : at('env_file', index)
    addEnvFile(variables, resolve(context.folder, file), { place, required: true, fromCompose: false }, context)
  }
  addPlain(variables, config.env ?? {}, at('env'), context.problems)
  return variables
}

function secretsOf(config: ServiceConfig, at: At, { folder, files, problems }: ServiceContext): SecretReference[] {
  return Object.entries(config.secrets ?? {}).flatMap(([name, secret]): SecretReference[] => {
    const place = at('secrets', name)
    const common = {
      name,
      onRollback: secret.on_rollback ?? DEFAULTS.onRollback,
      at: problems.positionOf(place),
      ...(secret.as === 'file' ? { as: 'file' as const } : {}),
    }
    const given = (['file', 'exec'] as const).filter((key) => place.document.has([...place.path, key]))
    if (given.length !== 1) {
      problems.atKey(place, `expected ${given.length === 0 ? 'file or exec' : 'either file or exec, not both'}`)
      return []
    }
    if (secret.file !== undefined) {
      const path = resolve(folder, secret.file)
      if (!files.isFile(path)) problems.atKey(at('secrets', name, 'file'), `there is no file ${problems.shown(path)}`)
      return [{ ...common, source: { kind: 'file', path } }]
    }
    if (secret.exec === undefined) return []
    const argv = wordsAt(secret.exec, at('secrets', name, 'exec'))
    if (argv[0] === '' || argv[0]?.startsWith('-') === true) {
      problems.at(at('secrets', name, 'exec', 0), 'expected the name of a program')
    }
    return [{ ...common, source: { kind: 'exec', argv, cwd: folder } }]
  })
}

function mountsOf(
  { volumes, secrets }: Pick<ServiceConfig, 'volumes' | 'secrets'>,
  compose: ComposeService | null,
  at: At,
  { folder, problems }: ServiceContext,
): readonly Mount[] {
  const mounts =
    compose === null
      ? (volumes ?? []).map((volume, index) => ({
          value: volume.kind === 'bind' ? { ...volume, source: resolve(folder, volume.source) } : volume,
          place: at('volumes', index),
        }))
      : composeMounts(compose, problems)
  const secretFiles = Object.values(secrets ?? {}).some((secret) => secret.as === 'file')
  const targets = new Set<string>()
  for (const { value, place } of mounts) {
    if (value.target === SECRETS_FOLDER && secretFiles)
      problems.at(place, `${SECRETS_FOLDER} is where the secrets are that are given as files`)
    if (targets.has(value.target)) problems.at(place, `another volume already has the target ${value.target}`)
    targets.add(value.target)
  }
  return mounts.map(({ value }) => value)
}

function stopOf({ stop }: ServiceConfig, compose: ComposeService | null, problems: Problems): StopPolicy {
  const composed = compose === null ? null : composeStop(compose, problems)
  return {
    signal: stop?.signal ?? composed?.signal ?? DEFAULTS.stop.signal,
    timeoutMs: stop?.timeout ?? composed?.timeoutMs ?? msOf(DEFAULTS.stop.timeout),
    drainMs: stop?.drain ?? msOf(DEFAULTS.stop.drain),
  }
}

function containerOf(
  { networks, extra_hosts: extraHosts }: ServiceConfig,
  compose: ComposeService | null,
  problems: Problems,
): ContainerOptions {
  const own = { networks: networks !== undefined, extraHosts: extraHosts !== undefined }
  const composed = compose === null ? {} : composeContainer(compose, own, problems)
  const some = <T>(values: readonly T[] | undefined) => (values?.length === 0 ? undefined : values)
  return { ...composed, ...without({ networks: some(networks?.toSorted()), extraHosts: some(extraHosts) }) }
}

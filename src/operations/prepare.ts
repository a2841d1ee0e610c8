// Everything a deploy needs before anything moves: the host, the image, the secrets, and the release made of them.
import { type AsternError, fail } from '../core/errors.ts'
import { identityOf } from '../core/identity.ts'
import { migrationOf } from '../core/migration.ts'
import type { Definition, Health, ImageFacts, Release, ReleaseProcess, SecretVersion } from '../core/model.ts'
import { hasWeb } from '../core/processes.ts'
import type { Seen } from '../core/seen.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { SealedSecrets } from '../store/releases.ts'
import { liveUnder } from '../store/services.ts'
import type { App } from './app.ts'

const DEFAULT_TIMING = { intervalMs: 500, timeoutMs: 2_000, rise: 1, fall: 2, startPeriodMs: 30_000 }
/** Nobody can be asked whether a process without requests works; it does as long as it does not end. */
const KEEPS_RUNNING: Health = { kind: 'running', ...DEFAULT_TIMING }
const VERSION = /^v?\d+\.\d+\.\d+/

export type OpenSecrets = { readonly versions: readonly SecretVersion[]; readonly sealed: SealedSecrets }

export type Draft = { readonly release: Release; readonly sealed: SealedSecrets; readonly live: Seen['live'] }

/** Returns what deserves a warning. Errors: ENGINE_…, FOREIGN_INSTALLATION, NETWORK_UNKNOWN. */
export async function prepareHost(app: App, definition: Definition): Promise<readonly string[]> {
  const runtime = await app.runtime()
  await runtime.facts()
  await runtime.ensureNetwork()
  const foreign = (await runtime.foreign(definition)).find(({ running }) => running)
  if (foreign !== undefined) {
    const { service, environment } = definition
    throw fail('FOREIGN_INSTALLATION', { installation: foreign.installation, service, environment })
  }
  return lookAround(runtime, definition)
}

/** A stop-first release would find out too late that a network is missing, so it is asked before anything moves. */
async function lookAround(runtime: Runtime, definition: Definition): Promise<readonly string[]> {
  const { process, dependencies = [], service } = definition
  const networks = process.container?.networks ?? []
  if (networks.length === 0 && dependencies.length === 0) return []
  const { missingNetworks, stoppedDependencies } = await runtime.lookAround({ networks, dependencies })
  const command = ['docker compose up -d', ...dependencies.map((one) => one.service)].join(' ')
  const [network] = missingNetworks
  if (network !== undefined) throw fail('NETWORK_UNKNOWN', { network, service, command })
  return stoppedDependencies.map(
    (one) => `${one}, which ${service} depends on, does not run: docker compose up -d ${one}`,
  )
}

/** `null`: it is not on the host, and was not to be pulled. Without a registry it is never pulled. Errors: IMAGE_NOT_FOUND, REGISTRY_UNREACHABLE. */
export async function findImage(
  app: App,
  definition: Definition,
  tag: string,
  pull: boolean,
  signal?: AbortSignal,
): Promise<ImageFacts | null> {
  const runtime = await app.runtime()
  const alone = definition.registry === 'none'
  const found = await runtime.image(referenceOf(definition, tag), {
    pull: pull && !alone,
    ...(signal === undefined ? {} : { signal }),
  })
  if (found === null && pull && alone) throw notCarried(definition, tag)
  return found
}

function referenceOf({ image }: Definition, tag: string): string {
  return tag.startsWith('sha256:') ? `${image}@${tag}` : `${image}:${tag}`
}

/** What is neither here nor in a registry that could be asked. */
export function notCarried(definition: Definition, tag: string): AsternError {
  const image = referenceOf(definition, tag)
  return fail('IMAGE_NOT_FOUND', {
    image,
    reason: 'no registry is asked for it (registry: none); astern push carries it here',
  })
}

/** Reads and seals every secret; their values go no further than this. Error: SECRET_UNAVAILABLE. */
export async function readSecrets(app: App, definition: Definition, signal?: AbortSignal): Promise<OpenSecrets> {
  const versions: SecretVersion[] = []
  const sealed: Record<string, string> = {}
  if (definition.secrets.length === 0) return { versions, sealed }
  const { vault } = app.store
  const resolver = await app.secrets()
  for (const reference of definition.secrets) {
    const { name, onRollback, as } = reference
    const value = (await resolver.resolve(reference, signal)).reveal()
    versions.push({ name, version: vault.version(name, value), onRollback, ...(as === undefined ? {} : { as }) })
    sealed[name] = vault.seal(name, value)
  }
  return { versions, sealed }
}

/** The release as it would be; its number is handed out when the plan is committed. */
export function draftRelease(app: App, definition: Definition, image: ImageFacts, secrets: OpenSecrets): Draft {
  const health = definition.health ?? (hasWeb(definition.process) ? webHealth(image) : KEEPS_RUNNING)
  const config = {
    ...definition.process,
    health,
    processes: definition.processes.map(({ replicas: _replicas, standby: _standby, ...process }): ReleaseProcess => ({
      ...process,
      health: KEEPS_RUNNING,
    })),
    secrets: [...secrets.versions].sort((a, b) => (a.name < b.name ? -1 : 1)),
    ...(definition.database === undefined ? {} : { migration: migrationOf(definition.database, image) }),
  }
  return {
    release: {
      service: definition.service,
      environment: definition.environment,
      number: 0,
      version: versionOf(app, definition, image),
      image: image.reference,
      digest: image.digest,
      configDigest: image.configDigest,
      identity: identityOf(image.configDigest, config),
      config,
      gitRevision: image.revision,
      createdAt: app.clock.now(),
      state: 'candidate',
      stable: false,
      rolledBack: false,
      pinned: false,
      pinName: null,
      prunedAt: null,
      activeAt: null,
      activeBy: null,
      standbySince: null,
    },
    sealed: secrets.sealed,
    live: liveUnder(definition, app.store.services.get(definition)),
  }
}

function webHealth(image: ImageFacts): Health {
  return { kind: image.hasHealthcheck ? 'image' : 'tcp', ...DEFAULT_TIMING }
}

/**
 * What was recorded when it was built; else a tag that is a version says it, unless that is the label's own, with environment and build behind it;
 * else the image's label; else the tag as it is.
 */
function versionOf(app: App, { image: repository, environment }: Definition, image: ImageFacts): string | null {
  const colon = image.reference.lastIndexOf(':')
  const tag =
    image.reference.includes('@') || colon < image.reference.lastIndexOf('/') ? null : image.reference.slice(colon + 1)
  const built = tag === null ? null : app.store.tags.get(repository, tag)
  if (built?.configDigest === image.configDigest && built.version !== null) return built.version
  const own = image.version === null ? null : `${image.version.replaceAll('+', '_')}-${environment}-`
  if (own !== null && tag?.startsWith(own) === true) return image.version
  if (tag !== null && VERSION.test(tag)) return tag
  return image.version ?? tag
}

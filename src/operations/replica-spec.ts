// Puts together what the runtime needs to create a replica: the release's snapshot, and its secrets as they should be now.
import { fail, isAsternError } from '../core/errors.ts'
import { keptSecretsHash } from '../core/identity.ts'
import type { Release, Scope } from '../core/model.ts'
import { configOf, type RunningConfig } from '../core/processes.ts'
import { wholeOf } from '../core/transaction-id.ts'
import type { ReplicaName, ReplicaSpec } from '../ports/runtime.ts'
import type { StoredReplica } from '../store/replicas.ts'
import type { App } from './app.ts'

/** Shorter ones would hide half of every text, and are no secrets. */
const SHORTEST_SECRET = 4
/** Of a secret with several lines: `}` alone says nothing. */
const SHORTEST_LINE = 8

type Found = { readonly replica: StoredReplica; readonly release: Release; readonly config: RunningConfig }

function find(app: App, scope: Scope, name: string): Found {
  const replica = app.store.replicas.get(scope, name)
  const release = replica === null ? null : app.store.releases.get(scope, replica.release)
  const config = replica === null || release === null ? null : configOf(release.config, replica.process)
  if (replica === null || release === null || config === null)
    throw new Error(`no replica ${name} of ${scope.service} in ${scope.environment}`)
  return { replica, release, config }
}

export function replicaSpec(app: App, scope: Scope & { readonly transactionId: string }, name: string): ReplicaSpec {
  const { replica, release, config } = find(app, scope, name)
  return {
    service: scope.service,
    environment: scope.environment,
    name,
    release: release.number,
    process: replica.process,
    transactionId: wholeOf(scope.transactionId),
    address: replica.address,
    configDigest: release.configDigest,
    config,
    secretFiles: takesFiles(release) ? app.store.secretFiles.pathOf(scope, release.number) : null,
    roleFolder: app.roles.folder(scope, release.number),
    openEnv: () => openEnv(app, scope, release, replica, config.env),
  }
}

export function replicaNameWithPolicy(app: App, scope: Scope, name: string): ReplicaName {
  const { release, config } = find(app, scope, name)
  return {
    service: scope.service,
    environment: scope.environment,
    name,
    release: release.number,
    stop: config.stop,
  }
}

/** The error without any value of the release's secrets: a service may have printed one into the log lines that the error quotes. */
export function redacted(app: App, scope: Scope, number: number, error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const hide = hiderOf(app, scope, number)
  if (hide(error.message) === error.message) return error
  if (!isAsternError(error)) return new Error(hide(error.message))
  const details = Object.entries(error.details).map(([name, detail]) => [
    name,
    typeof detail === 'string' ? hide(detail) : detail,
  ])
  return fail(error.code, Object.fromEntries(details))
}

/** Takes every value of the release's secrets out of a text. */
export function hiderOf(app: App, scope: Scope, number: number): (text: string) => string {
  const { vault, releases, services } = app.store
  const sealed = [
    ...Object.entries(releases.sealed(scope, number)),
    ...services.currentSecrets(scope).map((one) => [one.name, one.sealed] as const),
  ]
  return hiding(sealed.map(([name, value]) => vault.open(name, value)))
}

/** Takes these values out of a text. */
export function hiding(secrets: readonly string[]): (text: string) => string {
  const values = secrets.flatMap(shapesOf)
  return (text) => values.reduce((hidden, value) => hidden.replaceAll(value, '[redacted]'), text)
}

/** A value as services print it: as it is, quoted, in an address, in Base64, and, if it has several lines, each for itself. Long ones first. */
function shapesOf(value: string): string[] {
  const lines = value.includes('\n') ? value.split('\n').filter((line) => line.length >= SHORTEST_LINE) : []
  const shapes = [value, JSON.stringify(value).slice(1, -1), encodeURI(value), encodeURIComponent(value), ...lines]
  return [...new Set([...shapes, Buffer.from(value).toString('base64')])]
    .filter((shape) => shape.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length)
}

/**
 * The environment as the release had it; secrets marked `keep_current` as they are now, if the replica was made to have those (the replicas of a
 * deploy that has not ended have their own).
 */
function openEnv(
  app: App,
  scope: Scope,
  release: Release,
  replica: StoredReplica,
  env: Readonly<Record<string, string>>,
): Record<string, string> {
  const current = app.store.services.currentSecrets(scope)
  const versions = new Map(current.map(({ name, version }) => [name, version]))
  const keepCurrent = replica.secretsHash === keptSecretsHash(release, versions)
  return environmentOf(app, scope, release, { env, keepCurrent })
}

/** `env` with the release's secrets. `keepCurrent`: those marked so have the value of now; otherwise all are as the release was made with them. */
export function environmentOf(
  app: App,
  scope: Scope,
  release: Release,
  { env, keepCurrent }: { readonly env: Readonly<Record<string, string>>; readonly keepCurrent: boolean },
): Record<string, string> {
  const { vault, services, releases } = app.store
  const sealed = { ...releases.sealed(scope, release.number) }
  const current = keepCurrent ? services.currentSecrets(scope) : []
  for (const secret of current) if (secret.name in sealed) sealed[secret.name] = secret.sealed
  const files = new Set(release.config.secrets.filter(({ as }) => as === 'file').map(({ name }) => name))
  const variables = Object.entries(sealed).filter(([name]) => !files.has(name))
  const secrets = Object.fromEntries(variables.map(([name, value]) => [name, vault.open(name, value)]))
  return { ...env, ...secrets }
}

export function takesFiles(release: Pick<Release, 'config'>): boolean {
  return release.config.secrets.some(({ as }) => as === 'file')
}

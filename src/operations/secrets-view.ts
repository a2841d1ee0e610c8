// Which secrets there are: names, versions, sources. Nothing here opens one.
import { releaseName, type Scope, type SecretSource, type SecretVersion } from '../core/model.ts'
import type { App } from './app.ts'

/** Releases that are looked at, newest first. */
const HISTORY_LIMIT = 50

/** The snake_case names are what machines read. */
export type SecretEntry = Scope & {
  readonly name: string
  /** Where the next deploy reads it; `null`: the configuration names it no more. */
  readonly source: { readonly kind: SecretSource['kind']; readonly from: string; readonly at: string | null } | null
  /** What every release has now that it stays; `null`: a rollback brings back the release's own. */
  readonly current_version: string | null
  /** Newest first. */
  readonly versions: readonly {
    readonly version: string
    readonly as: 'env' | 'file'
    readonly on_rollback: SecretVersion['onRollback']
    readonly releases: readonly string[]
  }[]
}

export function secretsOf(app: App, scope: Scope): SecretEntry[] {
  const { services, releases } = app.store
  const references = services.get(scope)?.definition.secrets ?? []
  const current = new Map(services.currentSecrets(scope).map(({ name, version }) => [name, version]))
  const uses = releases
    .list(scope, HISTORY_LIMIT)
    .flatMap(({ number, config }) => config.secrets.map((secret) => ({ ...secret, release: releaseName(number) })))
  const names = new Set([...references, ...uses].map(({ name }) => name))
  return [...names].sort().map((name) => {
    const reference = references.find((one) => one.name === name)
    const own = Map.groupBy(
      uses.filter((use) => use.name === name),
      ({ version, as, onRollback }) => `${version} ${as ?? 'env'} ${onRollback}`,
    )
    return {
      service: scope.service,
      environment: scope.environment,
      name,
      source:
        reference === undefined
          ? null
          : { kind: reference.source.kind, from: describeSource(reference.source), at: reference.at ?? null },
      current_version: current.get(name) ?? null,
      versions: [...own.values()].map((same) => ({
        version: same[0]!.version,
        as: same[0]!.as ?? 'env',
        on_rollback: same[0]!.onRollback,
        releases: same.map(({ release }) => release),
      })),
    }
  })
}

/** The words of a command stand in astern.yaml and are no secret. */
function describeSource(source: SecretSource): string {
  if (source.kind === 'template') return `${source.variables.join(', ')} (${source.path})`
  return source.kind === 'exec' ? source.argv.join(' ') : source.path
}

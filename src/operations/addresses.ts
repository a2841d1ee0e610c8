// Gives each new replica a fixed address on the installation's network.
import { addressPool, nextAddress } from '../core/addresses.ts'
import { fail } from '../core/errors.ts'
import { keptSecretsHash } from '../core/identity.ts'
import type { Release, Scope } from '../core/model.ts'
import { configOf } from '../core/processes.ts'
import { processOf } from '../core/replica-name.ts'
import type { App } from './app.ts'

/** Of a replica that takes no requests: the proxy never hears of it. */
const NO_PORT = 0

/** Within the commit of the plan. `versions` are those of the secrets that stay. Errors: NETWORK_FULL. */
export function insertReplicas(
  app: App,
  scope: Scope,
  number: number,
  names: readonly string[],
  versions?: ReadonlyMap<string, string>,
): void {
  if (names.length === 0) return
  const { store } = app
  const release = store.releases.get(scope, number)
  const subnet = store.subnet.subnet()
  if (release === null || subnet === null) throw new Error('a replica needs its release and the network to be known')
  const current = versions ?? new Map(store.services.currentSecrets(scope).map(({ name, version }) => [name, version]))
  const pool = addressPool(subnet)
  const taken = store.replicas.addresses()
  for (const name of names) {
    const address = nextAddress(pool, taken)
    if (address === null) throw fail('NETWORK_FULL', { network: subnet })
    taken.add(address)
    const process = processOf(name)
    const config = configOf(release.config, process)
    if (config === null) throw new Error(`${name} belongs to no process of its release`)
    store.replicas.insert({
      service: scope.service,
      environment: scope.environment,
      name,
      release: number,
      process,
      address,
      secretsHash: keptSecretsHash(release, current),
      port: config.port ?? NO_PORT,
      healthPath: config.health.kind === 'http' ? config.health.path : null,
    })
  }
}

/** Versions of the secrets of a release that a rollback leaves alone. */
export function keptVersions(release: Pick<Release, 'config'>): Map<string, string> {
  return new Map(
    release.config.secrets
      .filter(({ onRollback }) => onRollback === 'keep_current')
      .map(({ name, version }) => [name, version]),
  )
}

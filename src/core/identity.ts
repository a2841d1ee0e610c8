// The identity of a release: the hash of all that decides how it behaves. Quarantine, noop and drift are asked of it, never of the digest.
import { hash } from 'node:crypto'
import type { ReleaseConfig, Release } from './model.ts'

const IDENTITY_HEX_DIGITS = 32

/** Takes the image's config digest, so that pushing it later changes nothing. Keys are sorted, so their order in a file changes nothing either. */
export function identityOf(configDigest: string, config: ReleaseConfig): string {
  const { processes, ...web } = config
  // A release with `web` alone is what it was before there were others.
  const whole = processes.length === 0 ? web : config
  return hash('sha256', canonical({ configDigest, ...whole })).slice(0, IDENTITY_HEX_DIGITS)
}

export type SecretVersions = ReadonlyMap<string, string>

/**
 * Hash of the values that do not go back with a release, as a container of it should have them now: the current version of each secret that the
 * release knows and that is marked `keep_current`. A container made with another hash is stale. What it has as a file is rewritten in place.
 */
export function keptSecretsHash(release: Pick<Release, 'config'>, current: SecretVersions): string {
  const kept = release.config.secrets.flatMap(({ name, as }) =>
    current.has(name) && as !== 'file' ? [[name, current.get(name)]] : [],
  )
  return kept.length === 0 ? '' : hash('sha256', canonical(kept)).slice(0, IDENTITY_HEX_DIGITS)
}

/** JSON with sorted keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

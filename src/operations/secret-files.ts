// Secrets as files: written before a container starts, rewritten when a value that stays has changed, removed with the last container.
import { type Release, releaseName, type Scope } from '../core/model.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { App } from './app.ts'
import { takesFiles } from './replica-spec.ts'

/** Writes the files of a release as its containers should find them now. */
export async function writeSecretFiles(app: App, scope: Scope, release: Release, runtime: Runtime): Promise<void> {
  const owner = await runtime.ownerOf(release.configDigest, release.config.container?.user)
  app.store.secretFiles.ensure(scope, release.number, valuesOf(app, scope, release), owner)
}

/** True when files are left of a release that has no containers any more, or hold another value than they should. Opens no secret. */
export function secretFilesAreDue(app: App, scope: Scope): boolean {
  const { secretFiles, releases, vault } = app.store
  return secretFiles.releases(scope).some((number) => {
    if (!hasContainers(app, scope, number)) return true
    const release = releases.get(scope, number)
    if (release === null) return false // of an image that is verified, and is no release
    const files = secretFiles.read(scope, number) ?? new Map<string, string>()
    return sourcesOf(app, scope, release).some(({ name, version }) => {
      const value = files.get(name)
      return value === undefined || vault.version(name, value) !== version
    })
  })
}

/** Returns how many releases were put right. An operation that runs looks after its own. */
export function tidySecretFiles(app: App, scope: Scope): number {
  const { secretFiles, releases, leases } = app.store
  if (leases.holder(scope, app.clock.now())?.alive === true || !secretFilesAreDue(app, scope)) return 0
  let count = 0
  for (const number of secretFiles.releases(scope)) {
    const release = releases.get(scope, number)
    if (!hasContainers(app, scope, number)) secretFiles.remove(scope, number)
    else if (release !== null) secretFiles.ensure(scope, number, valuesOf(app, scope, release), 'as_before')
    count += 1
  }
  return count
}

function hasContainers(app: App, scope: Scope, number: number): boolean {
  const { replicas, oneOffs } = app.store
  return [...replicas.of(scope), ...oneOffs.of(scope)].some(({ release }) => release === number)
}

function valuesOf(app: App, scope: Scope, release: Release): Map<string, string> {
  const { vault } = app.store
  return new Map(sourcesOf(app, scope, release).map(({ name, sealed }) => [name, vault.open(name, sealed)]))
}

/** Each file's value, sealed: as the release had it; those that stay as they are now, once the release has served. */
function sourcesOf(app: App, scope: Scope, release: Release): { name: string; version: string; sealed: string }[] {
  if (!takesFiles(release)) return []
  const { releases, services } = app.store
  const own = releases.sealed(scope, release.number)
  const current = new Map(services.currentSecrets(scope).map((secret) => [secret.name, secret]))
  return release.config.secrets
    .filter(({ as }) => as === 'file')
    .map(({ name, version }) => {
      const stays = release.activeAt === null ? undefined : current.get(name)
      const sealed = own[name]
      if (sealed === undefined) throw new Error(`${releaseName(release.number)} has no value of ${name}`)
      return stays ?? { name, version, sealed }
    })
}

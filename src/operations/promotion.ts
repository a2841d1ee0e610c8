// Promotion between environments: the very image of a release that served in one is deployed in the other, with the other's configuration.
import { fail } from '../core/errors.ts'
import { type Definition, type ImageFacts, type Release, releaseName, type Scope } from '../core/model.ts'
import type { Force } from '../core/plan-rollback.ts'
import type { App } from './app.ts'
import { bringImage } from './bring-image.ts'
import { findImage } from './prepare.ts'
import { findRelease } from './releases.ts'
import { nameOf } from './see.ts'

/**
 * The release to promote: the one that is named, else the one that serves there. What never served there has shown nothing. Errors: RELEASE_UNKNOWN,
 * NOT_PROMOTABLE, QUARANTINED.
 */
export function promotable(app: App, from: Scope, name: string | null, force: ReadonlySet<Force>): Release {
  const { services, releases } = app.store
  const { service, environment } = from
  const active = services.get(from)?.active ?? null
  const release = name === null ? (active === null ? null : releases.get(from, active)) : findRelease(app, from, name)
  if (release === null) throw fail('NOT_PROMOTABLE', { service, environment, reason: 'nothing serves there' })
  const title = nameOf(app, from, release.number)
  if (release.activeAt === null)
    throw fail('NOT_PROMOTABLE', { service, environment, reason: `${title} has never served there` })
  const quarantine = force.has('quarantine') ? null : releases.quarantined(from, release.identity)
  if (quarantine !== null)
    throw fail('QUARANTINED', { release: `${title} in ${environment}`, reason: quarantine.reason })
  return release
}

/**
 * The image that is to be deployed: of a release that is promoted exactly that one, whatever its tag means by now. `null`: it is not on the host, and
 * was not to be pulled. Errors: IMAGE_NOT_FOUND, REGISTRY_UNREACHABLE.
 */
export async function imageMeant(
  app: App,
  definition: Definition,
  { tag, promotes }: { readonly tag: string; readonly promotes?: Release },
  mayPull: boolean,
  signal = new AbortController().signal,
): Promise<ImageFacts | null> {
  return promotes === undefined
    ? findImage(app, definition, tag, mayPull, signal)
    : imageOfRelease(app, promotes, mayPull, signal)
}

/** With what the release knows of it: its tag, its version, its revision. `null` and errors as above. */
export async function imageOfRelease(
  app: App,
  release: Release,
  mayPull: boolean,
  signal: AbortSignal,
): Promise<ImageFacts | null> {
  if (mayPull) await bringImage(app, signal, release)
  const runtime = await app.runtime()
  const here = await runtime.image(release.configDigest, { pull: false, signal })
  if (here === null) return null
  const { image: reference, digest, version, gitRevision: revision } = release
  return { ...here, reference, digest, version, revision }
}

/** What the journal says of where it comes from. */
export function originOf(release: Release | undefined): { readonly promoted_from?: object } {
  if (release === undefined) return {}
  return { promoted_from: { environment: release.environment, release: releaseName(release.number) } }
}

/** Within a transaction. */
export function notePromotion(app: App, to: Release, { environment, number }: Release): void {
  app.store.verifications.promoted(to, to.number, { environment, release: number })
}

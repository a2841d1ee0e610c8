// Where an image has passed or failed, and what that means for a deploy of it.
import { type Definition, type Release, releaseName } from '../core/model.ts'
import type { Refused } from '../core/plan.ts'
import type { App } from './app.ts'

/** By environment: the newest result there. The names are a contract. */
export type VerifiedView = Readonly<
  Record<string, { readonly outcome: 'passed' | 'failed'; readonly at: string; readonly transaction_id: string }>
>

export function verifiedView(
  app: App,
  { service, configDigest }: Pick<Release, 'service' | 'configDigest'>,
): VerifiedView {
  const found = app.store.verifications.of(service, configDigest)
  return Object.fromEntries(
    found.map(({ environment, outcome, at, transactionId }) => [
      environment,
      { outcome, at: new Date(at).toISOString(), transaction_id: transactionId },
    ]),
  )
}

/** Why this image may not be deployed here: it has not passed where it has to. Nothing overrides that, and it stops no rollback. */
export function unverified(
  app: App,
  { environment, service, requires = [] }: Definition,
  release: Release,
): Refused | null {
  const verified = verifiedView(app, release)
  const missing = requires.filter((required) => verified[required]?.outcome !== 'passed')
  if (missing.length === 0) return null
  const reasons = missing.map((required) => {
    const failed = verified[required]
    return failed === undefined
      ? `was never verified in ${required}`
      : `failed in ${required} (${failed.transaction_id})`
  })
  const what = nameFor(release)
  const details = {
    environment,
    required: requires.join(', '),
    image: release.image,
    reason: reasons.join(', '),
    command: missing.map((required) => `astern verify ${what} --env ${required} --service ${service}`).join(' && '),
  }
  return { outcome: 'refused', code: 'UNVERIFIED', details }
}

/** A word for its image that commands take: its tag, or its digest. */
export function nameFor({ image, digest }: Pick<Release, 'image' | 'digest'>): string {
  const tag = /:([\w.-]+)$/.exec(image)?.[1]
  return image.includes('@') || tag === undefined ? digest : tag
}

/** Where a release came from; `null`: it was deployed by itself. The names are a contract. */
export type PromotedFrom = { readonly environment: string; readonly release: string }

export function promotedFrom(
  app: App,
  release: Pick<Release, 'service' | 'environment' | 'number'>,
): PromotedFrom | null {
  const origin = app.store.verifications.origin(release, release.number)
  return origin === null ? null : { environment: origin.environment, release: releaseName(origin.release) }
}

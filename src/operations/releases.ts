// Releases as they are listed: what each is at this moment. Invariant: a list costs what it shows, however long the history is.
import { fail } from '../core/errors.ts'
import type { Release, ReleaseRef, ReleaseState, Scope } from '../core/model.ts'
import type { ReleaseQuery } from '../store/release-finder.ts'
import type { StoredReplica } from '../store/replicas.ts'
import type { Service } from '../store/services.ts'
import { releaseRef } from './answer.ts'
import type { App } from './app.ts'
import { named } from './see.ts'
import { promotedFrom, type PromotedFrom, verifiedView, type VerifiedView } from './verified.ts'

/** One of `releases` in `astern releases --json`. The names are a contract. */
export type ReleaseEntry = ReleaseRef &
  Scope & {
    readonly identity: string
    /** `retired`: it served, and has no containers. */
    readonly state: ReleaseState
    readonly stable: boolean
    /** Its identity was rolled back from, perhaps under another number. */
    readonly quarantined: boolean
    readonly pinned: boolean
    /** Why it was pinned, if somebody said. */
    readonly pin_name: string | null
    /** When the last copy of its image was let go: no rollback can go there any more. ISO 8601, UTC. */
    readonly pruned_at: string | null
    /** ISO 8601, UTC. */
    readonly created_at: string
    readonly git_revision: string | null
    /** Of its image, by environment. */
    readonly verified: VerifiedView
    /** `null`: it was deployed by itself. */
    readonly promoted_from: PromotedFrom | null
  }

export type Listed = { readonly release: Release; readonly entry: ReleaseEntry }

/** The newest of one scope by number; of several, by the time they were made. */
export function newestReleases(app: App, scopes: readonly Scope[], limit: number): Listed[] {
  const listed = scopes.flatMap((scope) => {
    const entryOf = entries(app, scope)
    return app.store.releases.list(scope, limit).map((release) => ({ release, entry: entryOf(release) }))
  })
  if (scopes.length > 1) listed.sort((a, b) => b.release.createdAt - a.release.createdAt)
  return listed.slice(0, limit)
}

/** Those that fit, newest first: of one scope by number, of several by the time they were made. */
export function findReleases(app: App, scopes: readonly Scope[], query: ReleaseQuery, limit: number): Listed[] {
  const { services, releases, releaseFinder } = app.store
  const listed = scopes.flatMap((scope) => {
    const entryOf = entries(app, scope)
    const repository = services.get(scope)?.definition.image ?? null
    const numbers = releaseFinder.find(scope, query, repository, limit)
    return releases.some(scope, numbers).map((release) => ({ release, entry: entryOf(release) }))
  })
  if (scopes.length > 1) listed.sort((a, b) => b.release.createdAt - a.release.createdAt)
  return listed.slice(0, limit)
}

/** The newest that is meant by `r41`, `41` or a version. Error: RELEASE_UNKNOWN. */
export function findRelease(app: App, scope: Scope, name: string): Release {
  const [release] = named(app, scope, name)
  if (release !== undefined) return release
  throw fail('RELEASE_UNKNOWN', { service: scope.service, environment: scope.environment, release: name })
}

export function releaseEntry(app: App, release: Release): ReleaseEntry {
  return entries(app, release)(release)
}

function entries(app: App, scope: Scope): (release: Release) => ReleaseEntry {
  const { services, replicas, releases } = app.store
  const service = services.get(scope) ?? { active: null, candidate: null }
  const kept = withContainers(replicas.of(scope))
  return (release) => ({
    ...releaseRef(release),
    service: release.service,
    environment: release.environment,
    identity: release.identity,
    state: stateOf(release, service, kept),
    stable: release.stable,
    quarantined: releases.quarantined(scope, release.identity) !== null,
    pinned: release.pinned,
    pin_name: release.pinName,
    pruned_at: release.prunedAt === null ? null : new Date(release.prunedAt).toISOString(),
    created_at: new Date(release.createdAt).toISOString(),
    git_revision: release.gitRevision,
    verified: verifiedView(app, release),
    promoted_from: promotedFrom(app, release),
  })
}

/** Numbers of the releases that have containers. */
export function withContainers(replicas: readonly Pick<StoredReplica, 'release' | 'level'>[]): ReadonlySet<number> {
  return new Set(replicas.filter(({ level }) => level !== 'absent').map(({ release }) => release))
}

/** What a release is at this moment; what it is stored as is as old as the last operation that ended. */
export function stateOf(
  release: Pick<Release, 'number' | 'state' | 'activeAt'>,
  service: Pick<Service, 'active' | 'candidate'>,
  kept: ReadonlySet<number>,
): ReleaseState {
  if (release.number === service.active) return 'active'
  if (release.number === service.candidate) return 'candidate'
  // A candidate that neither serves nor is on its way belongs to a deploy that another operation took over from.
  if (release.state === 'failed' || release.activeAt === null) return 'failed'
  return kept.has(release.number) ? 'standby' : 'retired'
}

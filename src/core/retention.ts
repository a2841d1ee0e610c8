// How long releases are kept: what is known of them, and which of them stay. Pure. Invariants: what serves, stands by, is pinned, or would be gone
// back to is never let go, however full the disk is; a release that failed or was rolled back from takes no slot of a good one.
import type { Release, Scope } from './model.ts'
import type { RetentionPolicy } from './retention-policy.ts'

export type KnownRelease = Pick<
  Release,
  | 'number'
  | 'version'
  | 'image'
  | 'digest'
  | 'configDigest'
  | 'createdAt'
  | 'state'
  | 'stable'
  | 'rolledBack'
  | 'pinned'
  | 'prunedAt'
  | 'activeAt'
  | 'standbySince'
>

/** A tag that was built here. */
export type KnownTag = {
  readonly repository: string
  readonly tag: string
  readonly configDigest: string
  /** The registry's manifest digest; `null`: it was never pushed. */
  readonly digest: string | null
  readonly builtAt: number
}

/** Facts that a verdict rested on. */
export type KnownTrial = { readonly transactionId: string; readonly endedAt: number }

export type KnownScope = Scope & {
  readonly policy: RetentionPolicy
  readonly releases: readonly KnownRelease[]
  readonly active: number | null
  readonly candidate: number | null
  /** Where a rollback without argument would go. */
  readonly target: number | null
  /** What an open trial, an operation without an end, or a hold is about. */
  readonly needed: ReadonlyMap<number, 'trial' | 'operation' | 'hold'>
  /** Releases that have containers. */
  readonly containers: ReadonlySet<number>
  readonly tags: readonly KnownTag[]
  /** Those that have ended and whose facts are still there. */
  readonly trials: readonly KnownTrial[]
}

/** Why a release stays. `same_image`: another release that stays has its image; `in_use`: a container that is not Astern's has. */
export type KeptWhy =
  | 'serves'
  | 'candidate'
  | 'trial'
  | 'operation'
  | 'pinned'
  | 'hold'
  | 'target'
  | 'newest_stable'
  | 'standby'
  | 'recent'
  | 'same_image'
  | 'in_use'

/** Why something goes. `orphan`: nothing that is known needs it; `age`: of facts. */
export type GoneWhy =
  | 'over_count'
  | 'unused'
  | 'failed'
  | 'rolled_back'
  | 'never_deployed'
  | 'pressure'
  | 'orphan'
  | 'age'

export type Judged = { readonly release: KnownRelease } & (
  | { readonly keep: true; readonly why: KeptWhy }
  | { readonly keep: false; readonly why: GoneWhy }
)

/** When it was last of use to anybody. */
export function lastActivityAt({ createdAt, activeAt, standbySince }: KnownRelease): number {
  return Math.max(createdAt, activeAt ?? 0, standbySince ?? 0)
}

/** It has served, nobody had to take it back, and its image is there. */
export function isGood({ activeAt, rolledBack, state, prunedAt }: KnownRelease): boolean {
  return activeAt !== null && !rolledBack && state !== 'failed' && prunedAt === null
}

/** Judges every release of a scope by what it is for; whether its image is needed elsewhere is seen later. `pressure`: the disk is nearly full. */
export function judgeReleases(scope: KnownScope, nowAt: number, pressure: boolean): Judged[] {
  const good = scope.releases
    .filter(isGood)
    .toSorted((a, b) => orderOf(scope, b) - orderOf(scope, a) || b.number - a.number)
  const slots = new Map(good.map(({ number }, index) => [number, index]))
  const newestStable = good.filter(({ stable }) => stable).reduce((most, { number }) => Math.max(most, number), 0)
  const standbys = good.filter(({ number }) => number !== scope.active && scope.containers.has(number))
  const roles = { newestStable, newestStandby: standbys[0]?.number ?? null }
  return scope.releases.map((release): Judged => {
    const kept = protection(scope, release, roles, pressure)
    if (kept !== null) return { release, keep: true, why: kept }
    if (release.prunedAt !== null) return { release, keep: false, why: 'unused' }
    if (pressure && protection(scope, release, roles, false) !== null) return { release, keep: false, why: 'pressure' }
    const slot = slots.get(release.number) ?? null
    const why = slot === null ? letGoBad(scope.policy, release, nowAt) : letGoGood(scope.policy, release, slot, nowAt)
    if (why !== null) return { release, keep: false, why }
    return pressure ? { release, keep: false, why: 'pressure' } : { release, keep: true, why: 'recent' }
  })
}

/** What serves now is the last of all. */
function orderOf(scope: KnownScope, release: KnownRelease): number {
  return release.number === scope.active ? Number.POSITIVE_INFINITY : lastActivityAt(release)
}

type Roles = { readonly newestStable: number; readonly newestStandby: number | null }

function protection(
  scope: KnownScope,
  { number, pinned, state }: KnownRelease,
  { newestStable, newestStandby }: Roles,
  pressure: boolean,
): KeptWhy | null {
  if (number === scope.active) return 'serves'
  if (number === scope.candidate) return 'candidate'
  const needed = scope.needed.get(number)
  if (needed !== undefined) return needed
  if (pinned) return 'pinned'
  if (number === scope.target) return 'target'
  if (number === newestStable) return 'newest_stable'
  // The containers of a failed deploy are kept for what they wrote, not to serve.
  if (!scope.containers.has(number) || state === 'failed') return null
  return !pressure || number === newestStandby ? 'standby' : null
}

function letGoGood(policy: RetentionPolicy, release: KnownRelease, slot: number, nowAt: number): GoneWhy | null {
  if (slot < policy.atLeast) return null
  if (slot >= policy.releases) return 'over_count'
  return nowAt - lastActivityAt(release) >= policy.forMs ? 'unused' : null
}

function letGoBad(policy: RetentionPolicy, release: KnownRelease, nowAt: number): GoneWhy | null {
  if (nowAt - lastActivityAt(release) < policy.unusedForMs) return null
  return release.rolledBack ? 'rolled_back' : 'failed'
}

// Small whole values for tests of retention: a release, a service, and everything that is known around them.
import type { Known } from '../src/core/plan-prune.ts'
import type { KnownRelease, KnownScope } from '../src/core/retention.ts'
import { PLAIN_RETENTION } from '../src/core/retention-policy.ts'
import { buildRelease, NOW_AT } from './builders.ts'

export const DAY_MS = 86_400_000

export function imageId(seed: number): string {
  return `sha256:${String(seed).padStart(64, '0')}`
}

/** A good release that stopped serving so many days ago. Its image is its number's. */
export function goodRelease(number: number, daysAgo: number, changes: Partial<KnownRelease> = {}): KnownRelease {
  const at = NOW_AT - daysAgo * DAY_MS
  return buildRelease(number, { createdAt: at, activeAt: at, standbySince: at, ...changes })
}

export function failedRelease(number: number, daysAgo: number): KnownRelease {
  return goodRelease(number, daysAgo, { state: 'failed', stable: false, activeAt: null, standbySince: null })
}

export function knownScope(releases: readonly KnownRelease[], changes: Partial<KnownScope> = {}): KnownScope {
  const newest = releases.find(({ state }) => state !== 'failed')?.number ?? null
  return {
    service: 'shop',
    environment: 'prod',
    policy: PLAIN_RETENTION,
    releases,
    active: newest,
    candidate: null,
    target: null,
    needed: new Map(),
    containers: new Set(newest === null ? [] : [newest]),
    tags: [],
    trials: [],
    ...changes,
  }
}

/** Every release's image is on the host, under its own name, as is a container of what serves. */
export function knownWorld(scopes: readonly KnownScope[], changes: Partial<Known> = {}): Known {
  const releases = new Map(scopes.flatMap((scope) => scope.releases).map((release) => [release.configDigest, release]))
  return {
    nowAt: NOW_AT,
    scopes,
    host: {
      images: [...releases.values()].map(({ configDigest, image }) => ({
        id: configDigest,
        tags: [image],
        digests: [],
        sizeBytes: 1_000_000,
      })),
      uses: scopes.flatMap(({ active, releases: of }) =>
        of
          .filter(({ number }) => number === active)
          .map(({ configDigest, number }) => ({ id: configDigest, container: `r${number}-1`, ours: true })),
      ),
    },
    archive: [],
    registry: new Map(),
    untouchable: new Set(),
    free: 5_000,
    ...changes,
  }
}

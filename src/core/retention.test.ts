import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NOW_AT } from '../../test/builders.ts'
import { failedRelease, goodRelease, knownScope } from '../../test/known.ts'
import { judgeReleases, type KnownScope } from './retention.ts'
import { PLAIN_RETENTION } from './retention-policy.ts'

const policy = { ...PLAIN_RETENTION, releases: 3, atLeast: 2 }

/** `r3: serves`, or `r1: -over_count` for what goes. */
function judged(scope: KnownScope, pressure = false): string[] {
  return judgeReleases(scope, NOW_AT, pressure).map(
    ({ release, keep, why }) => `r${release.number}: ${keep ? '' : '-'}${why}`,
  )
}

describe('judging releases', () => {
  it('keeps as many good ones as the policy says, those that served last', () => {
    const releases = [goodRelease(5, 0), goodRelease(4, 1), goodRelease(3, 9), goodRelease(2, 2), goodRelease(1, 20)]
    expect(judged(knownScope(releases, { policy, target: 4 }))).toEqual([
      'r5: serves',
      'r4: target',
      'r3: -over_count',
      'r2: recent',
      'r1: -over_count',
    ])
  })

  it('lets go what has not served for long, but some stay however old they are', () => {
    const releases = [goodRelease(3, 400), goodRelease(2, 401), goodRelease(1, 402)].map((one) => ({
      ...one,
      stable: false,
    }))
    expect(judged(knownScope(releases, { policy }))).toEqual(['r3: serves', 'r2: recent', 'r1: -unused'])
  })

  it('gives failed releases, and those that were rolled back from, no slot, and lets them go sooner', () => {
    const failed = [8, 7, 6, 5].map((number) => failedRelease(number, 1))
    const back = goodRelease(4, 20, { rolledBack: true, stable: false })
    const releases = [...failed, failedRelease(9, 15), back, goodRelease(3, 21), goodRelease(2, 22), goodRelease(1, 23)]
    const scope = knownScope(releases, { policy, active: 3, containers: new Set([3]) })
    expect(judged(scope)).toEqual([
      ...[8, 7, 6, 5].map((number) => `r${number}: recent`),
      'r9: -failed',
      'r4: -rolled_back',
      'r3: serves',
      'r2: recent',
      'r1: recent',
    ])
  })

  it.each([
    ['pinned', { releases: [goodRelease(9, 0), goodRelease(1, 999, { pinned: true })] }],
    ['newest_stable', { releases: [goodRelease(9, 0, { stable: false }), goodRelease(1, 999)] }],
    ['standby', { containers: new Set([9, 1]) }],
    ['target', { target: 1 }],
    ['candidate', { candidate: 1 }],
    ['hold', { needed: new Map([[1, 'hold' as const]]) }],
    ['trial', { needed: new Map([[1, 'trial' as const]]) }],
    ['operation', { needed: new Map([[1, 'operation' as const]]) }],
  ])('never lets go what is %s, however old it is', (why, changes) => {
    const releases = [goodRelease(9, 0), goodRelease(1, 999, { stable: false })]
    const scope = knownScope(releases, { policy: { ...policy, releases: 1, atLeast: 0 }, active: 9, ...changes })
    expect(judged(scope)[1]).toBe(`r1: ${why}`)
  })

  it('keeps containers of a failed deploy no longer than the deploy', () => {
    const releases = [failedRelease(2, 15), goodRelease(1, 20)]
    expect(judged(knownScope(releases, { containers: new Set([1, 2]) }))).toEqual(['r2: -failed', 'r1: serves'])
  })

  it('keeps only what a rollback needs, and what is pinned, while the disk is nearly full', () => {
    const releases = [
      goodRelease(7, 0, { stable: false }),
      goodRelease(6, 1, { stable: false }),
      goodRelease(5, 2, { stable: false }),
      goodRelease(4, 3),
      goodRelease(3, 4),
      goodRelease(2, 5, { pinned: true }),
      failedRelease(1, 0),
    ]
    const scope = knownScope(releases, { containers: new Set([7, 6, 5, 4]), target: 4 })
    expect(judged(scope, true)).toEqual([
      'r7: serves',
      'r6: standby',
      'r5: -pressure',
      'r4: target',
      'r3: -pressure',
      'r2: pinned',
      'r1: -pressure',
    ])
  })

  it('never lets go what serves, what a rollback would take, or what is pinned, whatever the policy and the history', () => {
    const release = fc.record({
      daysAgo: fc.integer({ min: 0, max: 2_000 }),
      stable: fc.boolean(),
      pinned: fc.boolean(),
      rolledBack: fc.boolean(),
      failed: fc.boolean(),
    })
    const numbers = fc.record({
      releases: fc.integer({ min: 1, max: 5 }),
      atLeast: fc.integer({ min: 0, max: 5 }),
      forMs: fc.integer({ min: 0, max: 10 }),
      unusedForMs: fc.integer({ min: 0, max: 10 }),
    })
    fc.assert(
      fc.property(
        fc.array(release, { minLength: 2, maxLength: 12 }),
        numbers,
        fc.boolean(),
        fc.nat(),
        fc.nat(),
        (history, changes, pressure, one, other) => {
          const releases = history.map(({ daysAgo, failed, ...rest }, index) =>
            failed ? { ...failedRelease(index + 1, daysAgo), ...rest } : goodRelease(index + 1, daysAgo, rest),
          )
          const active = (one % history.length) + 1
          const target = (other % history.length) + 1
          const scope = knownScope(releases, { policy: { ...PLAIN_RETENTION, ...changes }, active, target })
          const all = judgeReleases(scope, NOW_AT, pressure)
          const stays = (number: number) => all[number - 1]!.keep
          expect([stays(active), stays(target)]).toEqual([true, true])
          for (const { number, pinned } of releases) if (pinned) expect(stays(number)).toBe(true)
        },
      ),
    )
  })
})

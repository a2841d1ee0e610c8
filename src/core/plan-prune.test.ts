import { describe, expect, it } from 'vitest'
import { NOW_AT } from '../../test/builders.ts'
import { DAY_MS, failedRelease, goodRelease, imageId, knownScope, knownWorld } from '../../test/known.ts'
import { planPrune, type Removal } from './plan-prune.ts'
import type { KnownScope } from './retention.ts'
import { PLAIN_RETENTION } from './retention-policy.ts'

const REPOSITORY = 'r.test/shop'
const policy = { ...PLAIN_RETENTION, releases: 1, atLeast: 1, registry: true }
const digest = (seed: number) => `sha256:${String(seed).padStart(64, 'd')}`

/** r3 serves; r1 and r2 are more than the policy keeps. */
function threeReleases(changes: Partial<KnownScope> = {}): KnownScope {
  return knownScope([goodRelease(3, 0), goodRelease(2, 1), goodRelease(1, 2)], { policy, ...changes })
}

function pushed(number: number, daysAgo: number) {
  return goodRelease(number, daysAgo, { image: `${REPOSITORY}:v${number}`, digest: digest(number) })
}

function brief(removal: Removal): string {
  const what = removal.kind === 'manifest' ? removal.tags.join() : 'names' in removal ? removal.names.join() : ''
  return `${removal.kind} r${removal.release} ${what} ${removal.why}`.replace('rnull ', '').replaceAll(/ +/g, ' ')
}

describe('planning retention', () => {
  it('lets images go, with their names and the reason, and says what stays and why', () => {
    const plan = planPrune(knownWorld([threeReleases()]))
    expect(plan.removals.map(brief)).toEqual(['image r2 shop:v1.2.0 over_count', 'image r1 shop:v1.1.0 over_count'])
    expect(plan.removals[0]).toMatchObject({ id: imageId(2), whole: true, sizeBytes: 1_000_000 })
    expect(plan.kept).toEqual([{ service: 'shop', environment: 'prod', release: 3, why: 'serves', of: null }])
    expect(plan.gone.map(({ number }) => number)).toEqual([2, 1])
  })

  it('keeps an image that another environment has, whatever it is called there', () => {
    const staging = knownScope([goodRelease(7, 0, { configDigest: imageId(2) })], { environment: 'staging' })
    const plan = planPrune(knownWorld([threeReleases(), staging]))
    expect(plan.removals.map(brief)).toEqual(['image r1 shop:v1.1.0 over_count'])
    expect(plan.kept).toContainEqual({
      service: 'shop',
      environment: 'prod',
      release: 2,
      why: 'same_image',
      of: 'r7 shop.staging',
    })
  })

  it('keeps an image that a container of somebody else was made of', () => {
    const world = knownWorld([threeReleases()])
    const uses = [{ id: imageId(1), container: 'by-hand', ours: false }]
    const plan = planPrune({ ...world, host: { ...world.host!, uses } })
    expect(plan.removals.map(brief)).toEqual(['image r2 shop:v1.2.0 over_count'])
    expect(plan.kept).toContainEqual(expect.objectContaining({ release: 1, why: 'in_use', of: 'by-hand' }))
  })

  it('takes only its own names from an image that somebody else has named too', () => {
    const image = { id: imageId(1), tags: ['shop:v1.1.0', 'keep/me:now'], digests: ['shop@sha256:1'], sizeBytes: 5 }
    const plan = planPrune(knownWorld([threeReleases()], { host: { images: [image], uses: [] } }))
    expect(plan.removals).toMatchObject([{ kind: 'image', names: ['shop:v1.1.0', 'shop@sha256:1'], whole: false }])
    expect(plan.gone.map(({ number }) => number)).toEqual([2])
  })

  it('does not touch an image whose names are all somebody else’s', () => {
    const image = { id: imageId(1), tags: ['keep/me:now'], digests: [], sizeBytes: 5 }
    expect(planPrune(knownWorld([threeReleases()], { host: { images: [image], uses: [] } })).removals).toEqual([])
  })

  it('lets go of nothing on a host whose engine cannot be asked, and marks nothing', () => {
    const plan = planPrune(knownWorld([threeReleases()], { host: null }))
    expect([plan.removals, plan.gone, plan.lost]).toEqual([[], [], []])
  })

  it('removes the containers of what goes before its image', () => {
    const scope = knownScope([failedRelease(2, 20), goodRelease(1, 30)], { containers: new Set([1, 2]) })
    expect(planPrune(knownWorld([scope])).removals.map(brief)).toEqual([
      'containers r2 failed',
      'image r2 shop:v1.2.0 failed',
    ])
  })

  it('lets copies go with their release, and those of which nobody knows anything', () => {
    const archive = [3, 2, 99].map((seed) => ({ id: imageId(seed), sizeBytes: 7 }))
    const plan = planPrune(knownWorld([threeReleases()], { archive }))
    expect(plan.removals.filter(({ kind }) => kind === 'archive')).toMatchObject([
      { id: imageId(2), release: 2, why: 'over_count', sizeBytes: 7 },
      { id: imageId(99), release: null, why: 'orphan' },
    ])
  })

  it('wants copies of what stays and no registry has, unless the disk is nearly full', () => {
    const scope = threeReleases({ policy: { ...policy, releases: 3 }, target: 2 })
    const world = knownWorld([scope], { archive: [{ id: imageId(3), sizeBytes: 7 }] })
    expect(planPrune(world).toArchive).toEqual([imageId(2), imageId(1)])
    expect(planPrune({ ...world, free: 10 }).toArchive).toEqual([])
    const off = { ...scope, policy: { ...scope.policy, archive: 'off' as const } }
    expect(planPrune({ ...world, scopes: [off] }).toArchive).toEqual([])
  })

  it('wants copies of what a registry has only where the policy says all', () => {
    const scope = knownScope([pushed(1, 0)])
    expect(planPrune(knownWorld([scope])).toArchive).toEqual([])
    const all = { ...scope, policy: { ...scope.policy, archive: 'all' as const } }
    expect(planPrune(knownWorld([all])).toArchive).toEqual([imageId(1)])
    const tag = { repository: 'shop', tag: 'v1', configDigest: imageId(1), digest: digest(1), builtAt: NOW_AT }
    expect(planPrune(knownWorld([knownScope([goodRelease(1, 0)], { tags: [tag] })])).toArchive).toEqual([])
  })

  it('says of what stays that nobody has it any more', () => {
    const plan = planPrune(knownWorld([threeReleases({ target: 2 })], { host: { images: [], uses: [] } }))
    expect(plan.lost.map(({ number }) => number)).toEqual([3, 2])
    expect(plan.gone.map(({ number }) => number)).toEqual([1])
  })

  it('lets go of old facts of trials', () => {
    const trials = [
      { transactionId: 'tx-old', endedAt: NOW_AT - 91 * DAY_MS },
      { transactionId: 'tx-new', endedAt: NOW_AT - 89 * DAY_MS },
    ]
    expect(planPrune(knownWorld([knownScope([goodRelease(1, 0)], { trials })])).removals).toMatchObject([
      { kind: 'facts', transactionId: 'tx-old', why: 'age' },
    ])
  })

  it('keeps the tag that was built last and those built lately, and lets older ones go that were never deployed', () => {
    const tag = (seed: number, daysAgo: number) => ({
      repository: 'shop',
      tag: `b${seed}`,
      configDigest: imageId(seed),
      digest: null,
      builtAt: NOW_AT - daysAgo * DAY_MS,
    })
    const scope = knownScope([goodRelease(1, 0)], { tags: [tag(13, 20), tag(12, 21), tag(11, 1)] })
    const images = [11, 12, 13].map((seed) => ({
      id: imageId(seed),
      tags: [`shop:b${seed}`],
      digests: [],
      sizeBytes: 5,
    }))
    const plan = planPrune(knownWorld([scope], { host: { images, uses: [] } }))
    expect(plan.removals.map(brief)).toEqual(['image shop:b12 never_deployed'])
  })
})

describe('planning retention in a registry', () => {
  const scope = knownScope([pushed(3, 0), pushed(2, 1), pushed(1, 2)], { policy })
  const listed = (...tags: string[]) => new Map([[REPOSITORY, tags]])
  const manifests = (...args: Parameters<typeof knownWorld>) =>
    planPrune(knownWorld(...args)).removals.filter(({ kind }) => kind === 'manifest')

  it('lets manifests go, and what signers have put beside them, never what is beside one that stays', () => {
    const hex = (seed: number) => digest(seed).slice('sha256:'.length)
    const signatures = [1, 3].flatMap((seed) => [`sha256-${hex(seed)}`, `sha256-${hex(seed)}.sig`])
    const registry = listed('v1', 'v3', 'latest', ...signatures)
    expect(manifests([scope], { registry })).toEqual([
      {
        kind: 'manifest',
        service: 'shop',
        environment: 'prod',
        release: 1,
        why: 'over_count',
        repository: REPOSITORY,
        digest: digest(1),
        tags: ['v1'],
        signatures: [`sha256-${hex(1)}`, `sha256-${hex(1)}.sig`],
      },
    ])
  })

  it('touches no registry unless the policy says so; then the release can still be brought back', () => {
    const careful = { ...scope, policy: { ...policy, registry: false } }
    const plan = planPrune(knownWorld([careful], { registry: listed('v1', 'v2', 'v3') }))
    expect(plan.removals.map(({ kind }) => kind)).toEqual(['image', 'image'])
    expect(plan.gone).toEqual([])
  })

  it('keeps a manifest that a release that stays was pulled by, and one that has turned out to be more', () => {
    const registry = listed('v1', 'v2', 'v3', 'again')
    const same = goodRelease(9, 0, { image: `${REPOSITORY}:again`, digest: digest(2), configDigest: imageId(2) })
    const staging = knownScope([same], { environment: 'staging' })
    const untouchable = new Set([`${REPOSITORY}@${digest(1)}`])
    expect(manifests([scope, staging], { registry }).map(brief)).toEqual(['manifest r1 v1 over_count'])
    expect(manifests([scope, staging], { registry, untouchable })).toEqual([])
  })

  it('calls a release gone only when its manifest goes too', () => {
    expect(planPrune(knownWorld([scope], { registry: listed('v1', 'v3') })).gone.map(({ number }) => number)).toEqual([
      2, 1,
    ])
    expect(planPrune(knownWorld([scope])).gone).toEqual([])
  })

  it('plans ten thousand tags at once', () => {
    const tags = Array.from({ length: 10_000 }, (_, index) => ({
      repository: REPOSITORY,
      tag: `v${index}`,
      configDigest: imageId(index),
      digest: digest(index),
      builtAt: NOW_AT - (index + 15) * DAY_MS,
    }))
    const busy = knownScope([goodRelease(20_000, 0)], { policy, tags })
    const registry = listed(...tags.map(({ tag }) => tag))
    expect(manifests([busy], { registry })).toHaveLength(9_999)
  })
})

import { describe, expect, it } from 'vitest'
import { buildRelease, NOW_AT } from '../../test/builders.ts'
import { growing, plansOf } from '../../test/doubles/statements.ts'
import { temporaryStore } from '../../test/doubles/store.ts'
import type { ReleaseQuery } from './release-finder.ts'
import type { Store } from './store.ts'

const scope = { service: 'shop', environment: 'prod' }
const anything: ReleaseQuery = { name: null, text: null, sinceAt: null, untilAt: null }
const sha = (digits: string) => `sha256:${digits.padEnd(64, '0')}`

function withReleases(): Store {
  const store = temporaryStore()
  const release = (number: number, changes: Parameters<typeof buildRelease>[1]) => {
    const made = { createdAt: NOW_AT + number, ...changes }
    store.releases.insertCandidate(buildRelease(number, made), {}, `tx-${number}`)
  }
  release(1, { version: 'v1.0.0', image: 'shop:v1.0.0', digest: sha('aaaa1'), gitRevision: `7c1f2ab${'0'.repeat(33)}` })
  release(2, { version: 'v1.1.0', image: 'shop:1.1.0-prod-7', digest: sha('aaaa2'), configDigest: sha('bbbb2') })
  release(3, { version: 'v1.1.0', image: 'shop:v1.1.0', gitRevision: `7c1f9${'0'.repeat(35)}` })
  release(4, { version: null, image: 'elsewhere/shop:v1.0.0', gitRevision: null })
  store.releases.insertCandidate(buildRelease(1, { environment: 'staging', version: 'v1.0.0' }), {}, 'tx-5')
  const said = { ...scope, actor: 'alice', reason: 'Checkout answers 500', startedAt: NOW_AT }
  store.operations.insert({ ...said, transactionId: 'tx-6', kind: 'rollback' })
  store.operations.setPlan('tx-6', 2, 1, null)
  store.operations.insert({ ...said, transactionId: 'tx-7', kind: 'deploy', actor: 'ci:main', reason: 'build 300' })
  store.operations.setPlan('tx-7', 2, 3, null)
  return store
}

function find(query: Partial<ReleaseQuery>, limit = 10, store = withReleases()): number[] {
  return store.releaseFinder.find(scope, { ...anything, ...query }, 'shop', limit)
}

describe('a release is found', () => {
  it.each([
    ['its number', 'r2', [2]],
    ['its number alone', '2', [2]],
    ['its version', 'v1.1.0', [3, 2]],
    ['its version without the v', '1.1.0', [3, 2]],
    ['its tag', '1.1.0-prod-7', [2]],
    ['its whole image', 'elsewhere/shop:v1.0.0', [4]],
    ['the beginning of its digest', 'sha256:aaaa2', [2]],
    ['the beginning of its digest, without the algorithm', 'aaaa', [2, 1]],
    ['the beginning of its image ID', 'bbbb2', [2]],
    ['the beginning of its revision', '7c1f', [3, 1]],
    ['the beginning of its revision, in capitals', '7C1F2AB', [1]],
    ['nothing of the kind', 'v9.9.9', []],
    ['too few digits of a hash', 'aaa', []],
    ['what looks like a pattern', '%', []],
  ])('by %s', (_, name, numbers) => expect(find({ name })).toEqual(numbers))

  it('by any part of what is written of it', () => {
    expect(find({ text: 'prod-7' })).toEqual([2])
    expect(find({ text: 'ELSEWHERE' })).toEqual([4])
    expect(find({ text: '%' })).toEqual([])
  })

  it('by who rolled back to it or from it and why, but not by who replaced it', () => {
    expect(find({ text: 'checkout answers' })).toEqual([2, 1])
    expect(find({ text: 'build 300' })).toEqual([3])
    expect(find({ text: 'ci:main' })).toEqual([3])
  })

  it('by when it was made', () => {
    expect(find({ sinceAt: NOW_AT + 3 })).toEqual([4, 3])
    expect(find({ untilAt: NOW_AT + 3 })).toEqual([2, 1])
    expect(find({ sinceAt: NOW_AT + 2, untilAt: NOW_AT + 4, text: 'v1.1' })).toEqual([3, 2])
    expect(find({ name: 'v1.1.0', untilAt: NOW_AT + 3 })).toEqual([2])
  })

  it('newest first, and no more than asked for', () => {
    expect(find({}, 2)).toEqual([4, 3])
    expect(find({ name: 'v1.1.0' }, 1)).toEqual([3])
  })

  it('by name and time without reading through the past', async () => {
    const store = withReleases()
    const plans = await plansOf(store, () => {
      find({ name: 'v1.1.0' }, 10, store)
      find({ name: 'aaaa' }, 10, store)
      find({ sinceAt: 1 }, 10, store)
    })
    expect(plans).toHaveLength(3)
    expect(growing(plans)).toEqual([])
  })
})

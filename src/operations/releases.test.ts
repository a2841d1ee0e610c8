import { describe, expect, it } from 'vitest'
import { buildDefinition, buildRelease, NOW_AT } from '../../test/builders.ts'
import { growing, plansOf } from '../../test/doubles/statements.ts'
import { deployTag, rollBack, World } from '../../test/doubles/world.ts'
import { isAsternError } from '../core/errors.ts'
import type { App } from './app.ts'
import { doOverdue } from './overdue.ts'
import { findRelease, newestReleases, releaseEntry, stateOf } from './releases.ts'

const shop = buildDefinition()

async function deployed(tags: readonly string[]) {
  const world = new World()
  const { app } = world.process()
  for (const tag of tags) expect((await deployTag(app, shop, tag)).answer.outcome).toBe('succeeded')
  return { world, app }
}

function states(app: App): Record<string, string> {
  return Object.fromEntries(newestReleases(app, [shop], 10).map(({ entry }) => [entry.release, entry.state]))
}

describe('the list of releases', () => {
  it('has exactly the names of the contract, newest first', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    const entries = newestReleases(app, [shop], 10).map(({ entry }) => entry)
    expect(entries.map(({ release }) => release)).toEqual(['r2', 'r1'])
    const digest = `sha256:${'2'.padStart(64, '0')}`
    expect(entries[0]).toEqual({
      release: 'r2',
      version: 'v1.1.0',
      image: 'shop:v1.1.0',
      digest,
      service: 'shop',
      environment: 'prod',
      identity: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      state: 'active',
      stable: true,
      quarantined: false,
      pinned: false,
      pin_name: null,
      pruned_at: null,
      created_at: new Date(app.store.releases.get(shop, 2)!.createdAt).toISOString(),
      git_revision: null,
      verified: {},
      promoted_from: null,
    })
  })

  it('shows a quarantine at every release of the same identity', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    await rollBack(app, shop)
    const { identity } = app.store.releases.get(shop, 2)!
    const again = { ...buildRelease(3), identity }
    app.store.releases.insertCandidate(again, {}, 'tx-00000000')
    const quarantined = newestReleases(app, [shop], 10).map(({ entry }) => [entry.release, entry.quarantined])
    expect(quarantined).toEqual([
      ['r3', true],
      ['r2', true],
      ['r1', false],
    ])
  })

  it('tells retired from standby by containers, and failed by how a deploy ended', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    world.engine.behaviour = ({ spec }) => (spec.release === 3 ? { healthyAfterMs: null } : {})
    await deployTag(app, shop, 'v1.2.0')
    expect(states(app)).toEqual({ r3: 'failed', r2: 'active', r1: 'standby' })
    app.store.services.define({ ...shop, standby: { ...shop.standby, warm: 0, frozen: 0, cold: 0 } })
    await doOverdue(app, { look: false })
    expect(states(app)).toEqual({ r3: 'failed', r2: 'active', r1: 'retired' })
  })

  it('is cut to the newest of several services', () => {
    const world = new World()
    const { app } = world.process()
    for (const [service, offsetMs] of [
      ['shop', 0],
      ['cart', 500],
    ] as const) {
      app.store.services.define(buildDefinition({ service }))
      for (const number of [1, 2, 3]) {
        const createdAt = NOW_AT + number * 1_000 + offsetMs
        app.store.releases.insertCandidate({ ...buildRelease(number), service, createdAt }, {}, 'tx-0')
      }
    }
    const scopes = [shop, { service: 'cart', environment: 'prod' }]
    const names = newestReleases(app, scopes, 3).map(({ entry }) => `${entry.service} ${entry.release}`)
    expect(names).toEqual(['cart r3', 'shop r3', 'cart r2'])
  })

  it('reads no more than it shows, however long the history is', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    const plans = await plansOf(app.store, () => newestReleases(app, [shop], 1))
    expect(plans).toContainEqual(expect.stringMatching(/^SEARCH releases USING PRIMARY KEY/))
    expect(growing(plans)).toEqual([])
    expect(newestReleases(app, [shop], 1).map(({ entry }) => entry.release)).toEqual(['r2'])
  })
})

describe('a release by its name', () => {
  it('is found by number and by version, the newest of that version', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    for (const name of ['r1', '1', 'v1.0.0', '1.0.0']) expect(findRelease(app, shop, name).number).toBe(1)
  })

  it('is unknown with an error that says where', async () => {
    const { app } = await deployed(['v1.0.0'])
    expect(() => findRelease(app, shop, 'r9')).toThrow('shop has no release r9 in prod.')
    try {
      findRelease(app, shop, 'v9.9.9')
    } catch (error) {
      expect(isAsternError(error, 'RELEASE_UNKNOWN')).toBe(true)
    }
  })
})

describe('the state of a release', () => {
  const none = new Set<number>()

  it('is active from the moment traffic is meant for it, whatever is stored of the last one', () => {
    const release = { number: 2, state: 'candidate', activeAt: null } as const
    expect(stateOf(release, { active: 2, candidate: null }, none)).toBe('active')
    const former = { number: 1, state: 'active', activeAt: NOW_AT } as const
    expect(stateOf(former, { active: 2, candidate: null }, new Set([1]))).toBe('standby')
  })

  it('is failed for a candidate that another operation took over from', () => {
    expect(stateOf({ number: 2, state: 'candidate', activeAt: null }, { active: 1, candidate: 3 }, none)).toBe('failed')
  })

  it('is still told after its service was removed', async () => {
    const { app } = await deployed(['v1.0.0'])
    const release = app.store.releases.get(shop, 1)!
    app.store.services.remove(shop)
    expect(releaseEntry(app, release).state).toBe('retired')
  })
})

// Retention on a whole world in memory and a real state: what goes, what never does, and how what others have deleted comes back.
import { describe, expect, it } from 'vitest'
import type { ImageFacts } from '../src/core/model.ts'
import { PLAIN_RETENTION, type RetentionPolicy } from '../src/core/retention-policy.ts'
import type { App } from '../src/operations/app.ts'
import { doOverdue } from '../src/operations/overdue.ts'
import { pin, unpin } from '../src/operations/pins.ts'
import { lookToPrune, pruneScope } from '../src/operations/prune.ts'
import { doRetention, retentionIsDue } from '../src/operations/retention.ts'
import { undo } from '../src/operations/undo.ts'
import { buildDefinition } from './builders.ts'
import { alice, deployTag, Killed, rollBack, World } from './doubles/world.ts'
import { DAY_MS } from './known.ts'

const REPOSITORY = 'r.test/shop'
const scope = { service: 'shop', environment: 'prod' }
const tight: RetentionPolicy = { ...PLAIN_RETENTION, releases: 1, atLeast: 1, unusedForMs: 0 }
/** One warm standby, and containers of nothing else. */
const standby = { warm: 1, warmForMs: 3_600_000, frozen: 0, frozenForMs: 0, cold: 0 }
const shopWith = (
  retention: Partial<RetentionPolicy> = {},
  changes: Partial<ReturnType<typeof buildDefinition>> = {},
) => buildDefinition({ standby, retention: { ...tight, ...retention }, ...changes })
const ID = (seed: number) => `sha256:${String(seed).padStart(64, '0')}`
const TAGS = ['v1.0.0', 'v1.1.0', 'v1.2.0', 'v1.3.0']

async function deployed(definition = shopWith(), tags: readonly string[] = TAGS) {
  const world = new World()
  const { app } = world.process()
  for (const tag of tags) {
    expect((await deployTag(app, definition, tag)).answer.outcome).toBe('succeeded')
    world.clock.pass(60_000)
    await doOverdue(app, { look: false })
  }
  return { world, app }
}

async function prune(app: App, registry = false) {
  const look = await lookToPrune(app, { scopes: [scope], registry })
  return { look, ...(await pruneScope(app, scope, look, alice)) }
}

const onHost = (world: World) => [1, 2, 3, 4].filter((seed) => world.engine.images.has(ID(seed)))

/** What `docker system prune -af` does: stopped containers, then every image that no container was made of. */
function systemPrune(world: World): void {
  for (const container of world.engine.containers.values()) {
    if (container.level === 'stopped') world.engine.remove(container)
  }
  const used = new Set([...world.engine.containers.values()].map(({ spec }) => spec.configDigest))
  for (const id of new Set([...world.engine.images.values()].map(({ configDigest }) => configDigest))) {
    if (!used.has(id)) world.engine.removeImage(id)
  }
}

/** A release that was pulled from a registry. */
function pushedImage(world: World, seed: number): ImageFacts {
  const digest = world.registry.push(REPOSITORY, `v${seed}`, ID(seed))
  const facts = {
    reference: `${REPOSITORY}:v${seed}`,
    digest,
    configDigest: ID(seed),
    hasHealthcheck: false,
    version: null,
    revision: null,
  }
  world.engine.addImage(facts)
  world.engine.remoteImages.set(`${REPOSITORY}@${digest}`, { ...facts, reference: `${REPOSITORY}@${digest}` })
  return facts
}

async function deployedFromRegistry(
  retention: Partial<RetentionPolicy> = {},
  seeds: readonly number[] = [11, 12, 13, 14],
) {
  const definition = shopWith({ registry: true, ...retention }, { image: REPOSITORY })
  const world = new World()
  const { app } = world.process()
  for (const seed of seeds) {
    pushedImage(world, seed)
    expect((await deployTag(app, definition, `v${seed}`)).answer.outcome).toBe('succeeded')
    world.clock.pass(60_000)
    await doOverdue(app, { look: false })
  }
  return { world, app, definition }
}

describe('pruning', () => {
  it('deletes images of releases that nobody would go back to, and says which stay and why', async () => {
    const { world, app } = await deployed()
    const { look, removed, gone } = await prune(app)
    expect(look.plan.kept.map(({ release, why }) => `r${release} ${why}`)).toEqual(['r4 serves', 'r3 target'])
    expect(removed.map(({ release, why }) => `r${release} ${why}`)).toEqual(['r2 over_count', 'r1 over_count'])
    expect(gone).toEqual([2, 1])
    expect(onHost(world)).toEqual([3, 4])
    expect(world.answering(scope)).toBe(4)
  })

  it('makes a release that is gone no target, and says so', async () => {
    const { app } = await deployed()
    await prune(app)
    const { answer } = await rollBack(app, scope, 'r1')
    expect(answer).toMatchObject({ outcome: 'refused', error: { code: 'NO_TARGET' } })
    expect(answer.error!.message).toContain('r1 v1.0.0: its image was deleted by retention on 2026-04-05')
    expect((await rollBack(app, scope)).answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r3' } })
  })

  it('is journalled step by step, and has nothing to do the second time', async () => {
    const { app } = await deployed()
    const { transactionId } = await prune(app)
    const steps = app.store.journal.ofTransaction(transactionId!).map(({ step, status }) => `${step} ${status}`)
    const image = ['remove_image started', 'remove_image succeeded']
    expect(steps).toEqual([...image, ...image, 'outcome succeeded'])
    expect(await prune(app)).toMatchObject({ transactionId: null, removed: [], gone: [] })
  })

  it('keeps what is pinned until it is unpinned', async () => {
    const { world, app } = await deployed()
    expect(pin(app, scope, 'r1', 'before-black-friday', alice).answer).toMatchObject({
      outcome: 'succeeded',
      release: 'r1',
      pinned: true,
      pin_name: 'before-black-friday',
    })
    expect(pin(app, scope, 'r1', null, alice).answer.outcome).toBe('noop')
    expect((await prune(app)).look.plan.kept).toContainEqual(expect.objectContaining({ release: 1, why: 'pinned' }))
    expect(onHost(world)).toEqual([1, 3, 4])
    unpin(app, scope, 'r1', alice)
    await prune(app)
    expect(onHost(world)).toEqual([3, 4])
    expect(() => pin(app, scope, 'r1', null, alice)).toThrow(expect.objectContaining({ code: 'PRUNED', exit: 3 }))
  })

  it('keeps what an undo would return to', async () => {
    const { world, app } = await deployed()
    await rollBack(app, scope)
    await doOverdue(app, { look: false })
    world.clock.pass(400 * DAY_MS)
    const { look } = await prune(app)
    expect(look.plan.kept).toContainEqual(expect.objectContaining({ release: 4, why: 'hold' }))
    expect((await undo(app, scope, { ...alice, manner: 'trial' })).answer).toMatchObject({ outcome: 'succeeded' })
  })

  it('takes only its own name from an image that somebody else has named too', async () => {
    const { world, app } = await deployed()
    world.engine.images.set('mine:keep', { ...world.engine.images.get(ID(1))!, reference: 'mine:keep' })
    const { gone } = await prune(app)
    expect(gone).toEqual([2])
    expect([world.engine.images.has('shop:v1.0.0'), world.engine.images.has('mine:keep')]).toEqual([false, true])
  })

  it('leaves alone what has become needed since it looked', async () => {
    const { world, app } = await deployed()
    const look = await lookToPrune(app, { scopes: [scope], registry: false })
    world.clock.pass(1_000)
    await deployTag(app, shopWith(), 'v1.0.0')
    const { removed, skipped, gone } = await pruneScope(app, scope, look, alice)
    expect(removed.map(({ release }) => release)).toEqual([2])
    expect(skipped).toMatchObject([{ release: 1, reason: 'it is needed again' }])
    expect(gone).toEqual([2])
    expect(world.answering(scope)).toBe(5)
  })

  it('deletes nothing while an operation holds the service', async () => {
    const { world, app } = await deployed()
    const look = await lookToPrune(app, { scopes: [scope], registry: false })
    app.store.transaction(() => {
      app.store.operations.insert({
        ...scope,
        transactionId: 'tx-1',
        kind: 'deploy',
        actor: 'x',
        reason: null,
        startedAt: 0,
      })
      app.store.leases.take(scope, 'deploy', 'tx-1', world.clock.now())
    })
    const { removed, skipped, gone } = await pruneScope(app, scope, look, alice)
    expect([removed, gone]).toEqual([[], []])
    expect(skipped.map(({ reason }) => reason)).toEqual(Array(2).fill('an operation holds the service'))
    expect(onHost(world)).toEqual([1, 2, 3, 4])
  })

  it('goes on with the rest where the engine keeps an image, and takes back that it is gone', async () => {
    const { world, app } = await deployed()
    const look = await lookToPrune(app, { scopes: [scope], registry: false })
    world.images.strangers.push({ id: ID(2), container: 'by-hand', ours: false })
    const { removed, skipped, gone } = await pruneScope(app, scope, look, alice)
    expect(removed.map(({ release }) => release)).toEqual([1])
    expect(skipped).toMatchObject([{ release: 2, reason: expect.stringContaining('a container was made of it') }])
    expect(gone).toEqual([1])
    expect(app.store.releases.get(scope, 2)!.prunedAt).toBeNull()
  })

  it('says that it cannot ask the engine, and marks nothing', async () => {
    const { world, app } = await deployed()
    world.engine.state = 'down'
    const { look, transactionId } = await prune(app)
    expect(look.warnings).toEqual(['the engine cannot be asked: its images stay'])
    expect(transactionId).toBeNull()
    world.engine.state = 'up'
    expect((await rollBack(app, scope, 'r1')).answer.outcome).toBe('succeeded')
  })

  it('keeps only what a rollback needs while the disk is nearly full: standbys lose their containers', async () => {
    const cold = { ...standby, frozen: 1, frozenForMs: DAY_MS, cold: 5 }
    const { world, app } = await deployed(shopWith(PLAIN_RETENTION, { standby: cold }))
    expect((await prune(app)).transactionId).toBeNull()
    world.free = 900
    const { look, gone } = await prune(app)
    expect(look.plan.pressure).toEqual([scope])
    expect(gone).toEqual([2, 1])
    expect([...world.engine.containers.values()].map(({ spec }) => spec.release)).toEqual([3, 3, 4, 4])
    expect(onHost(world)).toEqual([3, 4])
    expect((await rollBack(app, scope)).answer).toMatchObject({ outcome: 'succeeded', rung: 'warm' })
  })

  it('loses nothing when it is killed at any moment: it is simply done again', async () => {
    for (let moment = 0; ; moment++) {
      const { world, app: before } = await deployed()
      const look = await lookToPrune(before, { scopes: [scope], registry: false })
      const dying = world.process(moment)
      const ended = await pruneScope(dying.app, scope, look, alice).catch((error: unknown) => error)
      const { app } = world.process()
      await doOverdue(app, { look: true })
      const releases = app.store.releases.list(scope, 10)
      const there = onHost(world)
      expect(there).toEqual(expect.arrayContaining([3, 4]))
      // Whoever is not marked can be gone back to.
      for (const { number, prunedAt } of releases) if (prunedAt === null) expect(there).toContain(number)
      await prune(app)
      expect(onHost(world)).toEqual([3, 4])
      expect(app.store.releases.list(scope, 10).filter(({ prunedAt }) => prunedAt !== null)).toHaveLength(2)
      expect(world.answering(scope)).toBe(4)
      expect(app.store.oneOffs.abandonedSessions(scope)).toEqual([])
      if (!(ended instanceof Killed)) return
    }
  })
})

async function pages(tags: AsyncIterable<readonly string[]>): Promise<string[]> {
  const all: string[] = []
  for await (const page of tags) all.push(...page)
  return all
}

describe('pruning in a registry', () => {
  const left = async (world: World) => pages(world.registry.tags(REPOSITORY))

  it('deletes manifests with their signatures, and never those of releases that stay', async () => {
    const { world, app } = await deployedFromRegistry()
    for (const seed of [11, 14]) {
      const { digest } = (await world.registry.resolve(REPOSITORY, `v${seed}`))!
      world.registry.push(REPOSITORY, `${digest.replace(':', '-')}.sig`, ID(100 + seed))
    }
    const { gone, skipped } = await prune(app)
    expect([gone, skipped]).toEqual([[2, 1], []])
    const kept = (await world.registry.resolve(REPOSITORY, 'v14'))!.digest.replace(':', '-')
    expect(await left(world)).toEqual([`${kept}.sig`, 'v13', 'v14'])
  })

  it('leaves a manifest alone that another tag stands for, or whose tag has moved, and the release with it', async () => {
    const { world, app } = await deployedFromRegistry({}, [11, 12, 13, 14])
    await world.registry.point(REPOSITORY, 'latest', (await world.registry.resolve(REPOSITORY, 'v11'))!.digest)
    world.registry.push(REPOSITORY, 'v12', ID(99))
    const { gone, look } = await prune(app)
    expect(look.skipped.map(({ reason }) => reason)).toEqual([
      'v12 stands for something else now',
      'latest stands for it too, or for more that it is part of',
    ])
    expect(gone).toEqual([])
    expect(await left(world)).toEqual(['latest', 'v11', 'v12', 'v13', 'v14'])
    expect((await rollBack(app, scope, 'r1')).answer.outcome).toBe('succeeded')
  })

  it('leaves a manifest alone that an index of several platforms holds', async () => {
    const { world, app } = await deployedFromRegistry()
    const { digest } = (await world.registry.resolve(REPOSITORY, 'v11'))!
    world.registry.pushIndex(REPOSITORY, 'everywhere', [{ platform: 'linux/amd64', digest }])
    expect((await prune(app)).gone).toEqual([2])
    expect(await world.registry.resolve(REPOSITORY, 'v11')).not.toBeNull()
  })

  it('notices a tag that moves between the look and the deletion', async () => {
    const { world, app } = await deployedFromRegistry()
    const look = await lookToPrune(app, { scopes: [scope], registry: false })
    world.registry.push(REPOSITORY, 'v11', ID(99))
    const { skipped, gone } = await pruneScope(app, scope, look, alice)
    expect(skipped).toMatchObject([{ release: 1, reason: 'v11 stands for something else now' }])
    expect(gone).toEqual([2])
  })

  it.each([
    ['does not answer', { code: 'REGISTRY_UNREACHABLE', reason: 'connection refused' }],
    ['lets nobody in', { code: 'REGISTRY_DENIED', reason: 'unauthorized' }],
  ] as const)('deletes nothing in one that %s, says so, and cleans the host all the same', async (_, trouble) => {
    const { world, app } = await deployedFromRegistry()
    world.registry.trouble = trouble
    const { look, gone } = await prune(app)
    expect(look.warnings).toEqual([expect.stringContaining(trouble.reason)])
    expect(gone).toEqual([])
    expect(world.engine.images.has(ID(11))).toBe(false)
    world.registry.trouble = null
    expect(await left(world)).toEqual(['v11', 'v12', 'v13', 'v14'])
  })

  it('says why a registry keeps what it should delete, and keeps the release as a target', async () => {
    const { world, app } = await deployedFromRegistry()
    world.registry.trouble = { code: 'REGISTRY_KEEPS', reason: 'deletion is off' }
    const { skipped, gone } = await prune(app)
    expect(skipped.map(({ reason }) => reason)).toEqual(Array(2).fill(expect.stringContaining('deletion is off')))
    expect(gone).toEqual([])
    expect((await rollBack(app, scope, 'r1')).answer.outcome).toBe('succeeded')
  })

  it('touches none where the policy does not say so, unless it is asked to', async () => {
    const { world, app } = await deployedFromRegistry({ registry: false })
    expect((await prune(app)).gone).toEqual([])
    expect(await left(world)).toHaveLength(4)
    expect((await prune(app, true)).gone).toEqual([2, 1])
    expect(await left(world)).toEqual(['v13', 'v14'])
  })
})

describe('retention by itself', () => {
  const keepAll = shopWith(PLAIN_RETENTION)

  it('takes a copy of what exists nowhere else after it was deployed, and prunes once an hour', async () => {
    const { world, app } = await deployed(keepAll, ['v1.0.0'])
    expect(retentionIsDue(app)).toBe(true)
    expect(await doRetention(app)).toMatchObject({ copied: [ID(1)], troubles: [] })
    expect(retentionIsDue(app)).toBe(false)
    await deployTag(app, keepAll, 'v1.1.0')
    expect(retentionIsDue(app)).toBe(true)
    expect((await doRetention(app)).copied).toEqual([ID(2)])
    world.clock.pass(3_599_000)
    expect(retentionIsDue(app)).toBe(false)
    world.clock.pass(1_000)
    expect(retentionIsDue(app)).toBe(true)
  })

  it('prunes what the policy lets go, without being asked', async () => {
    const { world, app } = await deployed()
    const { pruned } = await doRetention(app)
    expect(pruned).toMatchObject([{ gone: [2, 1] }])
    expect(onHost(world)).toEqual([3, 4])
    expect(app.store.operations.list(1)).toMatchObject([{ kind: 'prune', actor: 'astern', outcome: 'succeeded' }])
  })

  it('notes no operation where there is nothing to do', async () => {
    const { app } = await deployed(keepAll)
    await doRetention(app)
    expect(app.store.operations.list(20).map(({ kind }) => kind)).not.toContain('prune')
  })

  it('does nothing where the configuration says so', async () => {
    const { app } = await deployed(shopWith({ automatic: false }))
    expect(retentionIsDue(app)).toBe(false)
    expect(await doRetention(app)).toEqual({ pruned: [], copied: [], troubles: [] })
  })

  it('says that the disk is full, loses nothing, and tries again later', async () => {
    const { world, app } = await deployed(keepAll, ['v1.0.0'])
    world.archive.full = true
    expect((await doRetention(app)).troubles).toEqual([expect.stringContaining('full')])
    expect(retentionIsDue(app)).toBe(false)
    world.archive.full = false
    world.clock.pass(300_000)
    expect((await doRetention(app)).copied).toEqual([ID(1)])
  })

  it('waits for an operation that holds the service', async () => {
    const { world, app } = await deployed(keepAll, ['v1.0.0'])
    await doRetention(app)
    const due: boolean[] = []
    world.observer = ({ name, when }) => {
      if (name === 'traffic.probe' && when === 'after') due.push(retentionIsDue(app))
    }
    await deployTag(app, keepAll, 'v1.1.0')
    expect([due, retentionIsDue(app)]).toEqual([[false], true])
  })
})

describe('after docker system prune -af', () => {
  const cold = shopWith(PLAIN_RETENTION, { standby: { ...standby, cold: 1 } })

  async function cleared() {
    const { world, app } = await deployed(cold)
    await doRetention(app)
    systemPrune(world)
    expect(onHost(world)).toEqual([3, 4])
    return { world, app }
  }

  it.each([
    ['retired', 'r1', 1],
    ['cold', 'r2', 2],
  ])('brings back a release that was %s, from the copy', async (_, to, number) => {
    const { world, app } = await cleared()
    const { answer } = await rollBack(app, scope, to)
    expect(answer).toMatchObject({ outcome: 'succeeded', to: { release: to }, error: null })
    expect(world.answering(scope)).toBe(number)
    expect(world.engine.images.get(`shop:v1.${number - 1}.0`)).toMatchObject({ configDigest: ID(number) })
  })

  it('counts a cold container that is gone as retired once the engine was looked at', async () => {
    const { app } = await cleared()
    await doOverdue(app, { look: true })
    expect(app.store.replicas.of(scope).map(({ release }) => release)).toEqual([3, 3, 4, 4])
    expect((await rollBack(app, scope, 'r2')).answer).toMatchObject({ outcome: 'succeeded', rung: 'retired' })
  })

  it('does not give an image a name that stands for something else now', async () => {
    const { world, app } = await cleared()
    world.engine.images.set('shop:v1.0.0', { ...world.engine.images.get(ID(4))!, reference: 'shop:v1.0.0' })
    expect((await rollBack(app, scope, 'r1')).answer.outcome).toBe('succeeded')
    expect(world.engine.images.get('shop:v1.0.0')).toMatchObject({ configDigest: ID(4) })
  })

  it('pulls by digest what was pushed only after its deploy', async () => {
    const { world, app } = await deployed(shopWith({ ...PLAIN_RETENTION, archive: 'off' }))
    const facts = pushedImage(world, 1)
    const built = { ...scope, version: null, gitRevision: null, sizeBytes: null, builtAt: 0, transactionId: 'tx-1' }
    app.store.tags.built({ ...built, repository: REPOSITORY, tag: 'v1', configDigest: ID(1) })
    app.store.tags.pushed(REPOSITORY, 'v1', facts.digest, 1)
    systemPrune(world)
    expect((await rollBack(app, scope, 'r1')).answer.outcome).toBe('succeeded')
  })

  it('pulls by digest what a registry has, of which no copy is taken', async () => {
    const { world, app } = await deployedFromRegistry(PLAIN_RETENTION)
    expect((await doRetention(app)).copied).toEqual([])
    systemPrune(world)
    expect((await rollBack(app, scope, 'r1')).answer.outcome).toBe('succeeded')
    expect(world.answering(scope)).toBe(1)
  })

  it('asks the registry where the copy is damaged', async () => {
    const { world, app } = await deployedFromRegistry({ ...PLAIN_RETENTION, archive: 'all' })
    expect((await doRetention(app)).copied).toHaveLength(4)
    world.archive.damaged.add(ID(11))
    systemPrune(world)
    expect((await rollBack(app, scope, 'r1')).answer.outcome).toBe('succeeded')
  })

  it('needs no registry where there is a copy', async () => {
    const { world, app } = await deployedFromRegistry({ ...PLAIN_RETENTION, archive: 'all' })
    await doRetention(app)
    systemPrune(world)
    world.engine.unreachable.add('r.test')
    expect((await rollBack(app, scope, 'r1')).answer.outcome).toBe('succeeded')
  })

  it.each([
    ['a digest that has vanished', (world: World) => world.engine.remoteImages.clear(), 'manifest unknown'],
    ['a registry that is away', (world: World) => world.engine.unreachable.add('r.test'), 'connection refused'],
  ])('refuses with %s, and whoever serves goes on', async (_, spoil, reason) => {
    const { world, app } = await deployedFromRegistry(PLAIN_RETENTION)
    systemPrune(world)
    spoil(world)
    const { answer } = await rollBack(app, scope, 'r1')
    expect(answer).toMatchObject({ outcome: 'failed', error: { code: 'ROLLBACK_FAILED' } })
    expect(answer.error!.message).toContain(reason)
    expect(world.answering(scope)).toBe(4)
  })

  it('says every reason where neither copy nor registry has it', async () => {
    const { world, app } = await deployed(shopWith({ ...PLAIN_RETENTION, archive: 'off' }))
    systemPrune(world)
    const { answer } = await rollBack(app, scope, 'r1')
    expect(answer.error!.message).toContain(
      'it is not on this host, there is no copy of it here, and it was never pushed, so no registry can have it',
    )
    expect(
      (await lookToPrune(app, { scopes: [scope], registry: false })).plan.lost.map(({ number }) => number),
    ).toEqual([2, 1])
  })

  it('says that the engine has no room for it', async () => {
    const { world, app } = await cleared()
    world.images.loadFails = 'no space left on device'
    const { answer } = await rollBack(app, scope, 'r1')
    expect(answer.error!.message).toContain('no space left on device')
    expect(world.answering(scope)).toBe(4)
  })
})

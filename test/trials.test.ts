// It goes back by itself: canaries, verdicts, bakes and the autopilot, on a whole world in memory and a real state.
import { describe, expect, it } from 'vitest'
import { PLAIN_TRIAL, type Signal, type TrialPolicy } from '../src/core/trial.ts'
import type { App } from '../src/operations/app.ts'
import { lookAndAct } from '../src/operations/autopilot-loop.ts'
import { awaitBake } from '../src/operations/bake-wait.ts'
import { deploy } from '../src/operations/deploy.ts'
import { doOverdue } from '../src/operations/overdue.ts'
import { abort, promote } from '../src/operations/promote.ts'
import { rollback } from '../src/operations/rollback.ts'
import { statusOf } from '../src/operations/status.ts'
import { createTrialWatch, recomputed } from '../src/operations/trial-watch.ts'
import { undo } from '../src/operations/undo.ts'
import { buildDefinition } from './builders.ts'
import { alice, deployTag, Killed, rollBack, World } from './doubles/world.ts'

const policy: TrialPolicy = {
  ...PLAIN_TRIAL,
  steps: [
    { share: 500, forMs: 10_000, atMostMs: 30_000, manual: false },
    { share: 2_500, forMs: 10_000, atMostMs: 30_000, manual: false },
  ],
  bake: { forMs: 60_000, holdback: 100 },
}
const shop = buildDefinition({ trial: policy })
const scope = { service: 'shop', environment: 'prod' }
const full = { ...alice, full: true }

function trying(more: Partial<TrialPolicy>) {
  return buildDefinition({ trial: { ...policy, ...more } })
}

/** r1 serves, and so many requests a second come. */
async function served(perSecond = 200) {
  const world = new World()
  const { app } = world.process()
  expect((await deployTag(app, buildDefinition(), 'v1.0.0')).answer.outcome).toBe('succeeded')
  world.users.perSecond = perSecond
  return { world, app }
}

/** What the daemon does, for so long. */
async function watched(app: App, world: World, forMs: number) {
  const watch = createTrialWatch(app)
  for (const until = world.clock.now() + forMs; world.clock.now() < until;) {
    const trials = app.store.trials.openAll()
    await lookAndAct(app, watch, trials, (where, reason) => expect.unreachable(`${where}: ${reason}`))
    await app.clock.sleep(500)
  }
}

function shares(app: App): Record<string, number> {
  return { ...statusOf(app, scope, null).status.shares }
}

function journalled(app: App, step: string) {
  return [...app.store.operations.list(50)]
    .flatMap(({ transactionId }) => app.store.journal.ofTransaction(transactionId))
    .filter((event) => event.step === step)
}

/** Calls back once, when so much time of the deploy has passed. */
function after(world: World, ms: number, work: () => unknown) {
  const at = world.clock.now() + ms
  let done = false
  world.interlude = async () => {
    if (done || world.clock.now() < at) return
    done = true
    await work()
  }
}

describe('a canary', () => {
  it('of a good release goes through its steps, and then bakes beside a small holdback', async () => {
    const { app } = await served()
    const { answer } = await deployTag(app, shop, 'v1.1.0')
    expect(answer).toMatchObject({ outcome: 'succeeded', verdict: 'pass', to: { release: 'r2' } })
    expect(app.store.trials.open(scope)).toMatchObject({ phase: 'bake', share: 9_900, release: 2, against: 1 })
    expect(shares(app)).toEqual({ r2: 99, r1: 1 })
    expect(statusOf(app, scope, null).status).toMatchObject({ active: { release: 'r2' }, candidate: null })
    expect(app.store.releases.get(scope, 2)).toMatchObject({ stable: false })
  })

  it('gives the candidate the share of its step, and the rest to the stable release', async () => {
    const { world, app } = await served()
    const seen: Record<string, number>[] = []
    world.interlude = async ({ name }) => {
      if (name === 'traffic.tally') seen.push(shares(app))
    }
    await deployTag(app, shop, 'v1.1.0')
    expect(seen[0]).toEqual({ r1: 95, r2: 5 })
    expect(seen.at(-1)).toEqual({ r1: 75, r2: 25 })
  })

  it('of a release that fails a quarter of its requests is taken back, with hold and quarantine and the reason on both', async () => {
    const { world, app } = await served()
    world.users.failing.set(2, 0.24)
    const { answer, exit } = await deployTag(app, shop, 'v1.1.0')
    expect({ ...answer, exit }).toMatchObject({ outcome: 'rolled_back', exit: 4, error: { code: 'TAKEN_BACK' } })
    expect(app.store.services.get(scope)).toMatchObject({ active: 1, candidate: null })
    expect(shares(app)).toEqual({ r1: 100 })
    const { identity, state } = app.store.releases.get(scope, 2)!
    expect(state).toBe('failed')
    expect(app.store.releases.quarantined(scope, identity)?.reason).toMatch(/fails 2\d\.\d % of its requests/)
    expect(app.store.holds.get(scope)).toMatchObject({ by: 'autopilot', release: 2, backTo: 1 })
    expect(app.store.trials.open(scope)).toBeNull()
    expect(app.store.journal.verify()).toBeGreaterThan(0)
  })

  it('is judged again from its facts, to the same verdict', async () => {
    const { world, app } = await served()
    world.users.failing.set(2, 0.24)
    await deployTag(app, shop, 'v1.1.0')
    const trial = app.store.trials.newestOf(scope, 2)!
    expect(recomputed(app, trial)).toMatchObject({ verdict: 'fail', rule: 'failures', sentence: trial.reason })
  })

  it.each([
    ['slow', (world: World) => world.users.taking.set(2, 400), 'latency'],
    ['answers that a page is not there', (world: World) => world.users.missing.set(2, 1), 'client_errors'],
  ] as const)('of a release that is %s is taken back', async (_, break_, rule) => {
    const { world, app } = await served()
    break_(world)
    expect((await deployTag(app, shop, 'v1.1.0')).answer).toMatchObject({ outcome: 'rolled_back' })
    expect(app.store.trials.newestOf(scope, 2)).toMatchObject({ verdict: 'fail', rule })
  })

  it('without users ends all the same, undecided and not stable', async () => {
    const { world, app } = await served(0)
    const { answer, exit } = await deployTag(app, shop, 'v1.1.0')
    expect({ ...answer, exit }).toMatchObject({ outcome: 'succeeded', exit: 0, verdict: 'undecided' })
    await watched(app, world, 200_000)
    expect(app.store.trials.newestOf(scope, 2)).toMatchObject({ verdict: 'undecided', endedAt: expect.any(Number) })
    expect(app.store.releases.get(scope, 2)).toMatchObject({ stable: false, rolledBack: false })
    expect(shares(app)).toEqual({ r2: 100 })
  })

  it('without users goes back where the configuration says so', async () => {
    const { app } = await served(0)
    const cautious = trying({ verdict: { ...policy.verdict, undecided: 'go_back' } })
    const { answer, exit } = await deployTag(app, cautious, 'v1.1.0')
    expect({ ...answer, exit }).toMatchObject({ outcome: 'rolled_back', exit: 4, error: { code: 'UNDECIDED' } })
    expect(app.store.holds.get(scope)).toBeNull()
  })

  it('is not for a first release, not with --no-canary, and not for one that must not meet the former', async () => {
    const world = new World()
    const { app } = world.process()
    await deployTag(app, shop, 'v1.0.0')
    expect(app.store.trials.open(scope)).toMatchObject({ phase: 'bake', against: null, share: 0 })
    await deploy(app, shop, { ...alice, tag: 'v1.1.0', force: new Set(), manner: 'plain' })
    expect(journalled(app, 'canary')).toEqual([])
    expect(shares(app)).toEqual({ r2: 100 })
    const mounts = [{ kind: 'volume', source: 'data', target: '/data', readOnly: false, shared: false }] as const
    const exclusive = buildDefinition({ trial: policy, process: { ...shop.process, mounts } })
    expect((await deployTag(app, exclusive, 'v1.2.0')).answer).toMatchObject({ strategy: 'stop_first' })
    expect(journalled(app, 'canary')).toEqual([])
  })

  it('holds when the stable release fails too, and never takes that for the candidate’s fault', async () => {
    const { world, app } = await served()
    for (const release of [1, 2]) world.users.failing.set(release, 0.5)
    const { answer } = await deployTag(app, shop, 'v1.1.0')
    expect(answer).toMatchObject({ outcome: 'rolled_back', error: { code: 'UNDECIDED' } })
    expect(app.store.trials.newestOf(scope, 2)?.verdict).not.toBe('pass')
    expect(app.store.holds.get(scope)).toBeNull()
  })

  it('holds, and never passes, when the draw gives another share than it should', async () => {
    const { world, app } = await served()
    world.users.drawn = 3_000
    const { answer } = await deployTag(app, shop, 'v1.1.0')
    expect(answer).toMatchObject({ outcome: 'rolled_back', error: { code: 'UNDECIDED' } })
  })

  it('of a candidate that never gets a request is undecided', async () => {
    const { world, app } = await served()
    world.users.drawn = 0
    const { answer } = await deployTag(app, shop, 'v1.1.0')
    expect(answer.verdict).not.toBe('pass')
    expect(app.store.releases.get(scope, 2)).toMatchObject({ stable: false })
  })

  it('goes on counting when the proxy counts from nothing again, and when it is away for a while', async () => {
    const { world, app } = await served()
    world.users.failing.set(2, 0.03)
    after(world, 3_000, () => {
      world.users.forget()
      world.proxyProcess = '2'
    })
    const { answer } = await deployTag(app, shop, 'v1.1.0')
    expect(answer).toMatchObject({ outcome: 'rolled_back', error: { code: 'TAKEN_BACK' } })
  })

  it('does not mind a clock that jumps', async () => {
    const { world, app } = await served()
    after(world, 3_000, () => world.clock.pass(3_600_000))
    expect((await deployTag(app, shop, 'v1.1.0')).answer).toMatchObject({ outcome: 'succeeded' })
  })
})

describe('people', () => {
  it('stop a canary: the old release serves, nothing is held or quarantined', async () => {
    const { world, app } = await served()
    const other = world.process().app
    const aborting: Promise<unknown>[] = []
    after(world, 4_000, () => void aborting.push(abort(other, scope, alice)))
    const { answer, exit } = await deployTag(app, shop, 'v1.1.0')
    await Promise.all(aborting)
    expect({ ...answer, exit }).toMatchObject({ outcome: 'rolled_back', exit: 4, error: { code: 'ABORTED' } })
    expect(shares(app)).toEqual({ r1: 100 })
    expect(app.store.holds.get(scope)).toBeNull()
    expect((await deployTag(app, shop, 'v1.1.0')).answer.outcome).toBe('succeeded')
  })

  it('promote a canary at once', async () => {
    const { world, app } = await served()
    const startedAt = world.clock.now()
    after(world, 4_000, () => promote(world.process().app, scope, full))
    expect((await deployTag(app, shop, 'v1.1.0')).answer.outcome).toBe('succeeded')
    expect(world.clock.now() - startedAt).toBeLessThan(10_000)
    expect(shares(app)).toEqual({ r2: 99, r1: 1 })
  })

  it('are waited for at a gate', async () => {
    const { world, app } = await served()
    const steps = policy.steps.map((step) => ({ ...step, manual: true }))
    let promotions = 0
    const other = world.process().app
    let at = world.clock.now() + 60_000
    world.interlude = async () => {
      if (world.clock.now() < at || other.store.trials.open(scope)?.phase !== 'canary') return
      at = world.clock.now() + 30_000
      promotions += 1
      await promote(other, scope, { ...alice, full: false })
    }
    expect((await deployTag(app, trying({ steps }), 'v1.1.0')).answer.outcome).toBe('succeeded')
    expect(promotions).toBe(2)
  })

  it('stage a release, look at it, and promote it', async () => {
    const { app } = await served()
    const { answer } = await deploy(app, shop, { ...alice, tag: 'v1.1.0', force: new Set(), manner: 'stage' })
    expect(answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r2' }, verdict: null })
    expect(shares(app)).toEqual({ r1: 100 })
    expect(statusOf(app, scope, null).status).toMatchObject({
      active: { release: 'r1' },
      candidate: { release: 'r2' },
      trial: { phase: 'staged', release: 'r2' },
    })
    const promoted = await promote(app, scope, { ...alice, full: false })
    expect(promoted.answer).toMatchObject({ operation: 'promote', outcome: 'succeeded', verdict: 'pass' })
    expect(shares(app)).toEqual({ r2: 99, r1: 1 })
  })

  it('stage a release, and abort it; another one takes the place of a staged one', async () => {
    const { app } = await served()
    const stage = (tag: string) => deploy(app, shop, { ...alice, tag, force: new Set(), manner: 'stage' })
    await stage('v1.1.0')
    expect((await abort(app, scope, alice)).answer).toMatchObject({ operation: 'abort', outcome: 'succeeded' })
    expect(app.store.services.get(scope)?.candidate).toBeNull()
    expect(app.store.releases.get(scope, 2)?.state).toBe('failed')
    await stage('v1.2.0')
    await stage('v1.3.0')
    expect(app.store.releases.get(scope, 3)?.state).toBe('failed')
    expect(app.store.services.get(scope)?.candidate).toBe(4)
    expect((await promote(app, scope, full)).answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r4' } })
  })

  it('find nothing to promote or abort where nothing is on trial', async () => {
    const { app } = await served()
    expect(await promote(app, scope, full)).toMatchObject({ exit: 6, noop: { why: 'no_trial' } })
    expect(await abort(app, scope, alice)).toMatchObject({ exit: 6, noop: { why: 'no_trial' } })
  })

  it('roll back in the midst of a canary, without walking through one', async () => {
    const { world, app } = await served()
    const other = world.process().app
    after(world, 4_000, () => rollBack(other, scope))
    expect((await deployTag(app, shop, 'v1.1.0')).answer).toMatchObject({ outcome: 'rolled_back' })
    expect(shares(app)).toEqual({ r1: 100 })
    expect(app.store.trials.open(scope)).toBeNull()
  })

  it('undo a rollback through a canary', async () => {
    const { app } = await served()
    await deployTag(app, shop, 'v1.1.0')
    await rollBack(app, scope)
    const { answer } = await undo(app, scope, alice)
    expect(answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r2' }, verdict: 'pass' })
    expect(app.store.trials.open(scope)).toMatchObject({ phase: 'bake', release: 2 })
    // the hold is lifted when it is stable again
    expect(app.store.holds.get(scope)).not.toBeNull()
  })
})

describe('a bake', () => {
  it('that is survived makes the release stable, and gives it what was held back', async () => {
    const { world, app } = await served()
    await deployTag(app, shop, 'v1.1.0')
    await watched(app, world, 61_000)
    expect(app.store.releases.get(scope, 2)).toMatchObject({ stable: true })
    expect(shares(app)).toEqual({ r2: 100 })
    expect(app.store.trials.open(scope)).toBeNull()
    expect(app.store.operations.list(1)[0]).toMatchObject({ kind: 'promote', actor: 'autopilot', outcome: 'succeeded' })
  })

  it('can be waited for: until the release is stable, or gone back from', async () => {
    const { world, app } = await served()
    const good = await awaitBake(app, scope, await deployTag(app, shop, 'v1.1.0'))
    expect(good).toMatchObject({ exit: 0, answer: { outcome: 'succeeded', verdict: 'pass' } })
    expect(app.store.releases.get(scope, 2)).toMatchObject({ stable: true })
    const promoted = await deployTag(app, shop, 'v1.2.0')
    world.users.failing.set(3, 0.24)
    const bad = await awaitBake(app, scope, promoted)
    expect(bad).toMatchObject({ exit: 4, answer: { outcome: 'rolled_back', error: { code: 'TAKEN_BACK' } } })
    expect(shares(app)).toEqual({ r2: 100 })
  })

  it('that the proxy is away for goes on, and ends when it is back', async () => {
    const { world, app } = await served()
    const answered = await deployTag(app, shop, 'v1.1.0')
    const { proxy } = world
    after(world, 50_000, () => void (world.proxy = null))
    const waiting = awaitBake(app, scope, answered)
    for (let turn = 0; turn < 400 && world.proxy !== null; turn++) await new Promise(setImmediate)
    for (let turn = 0; turn < 400; turn++) await new Promise(setImmediate)
    world.proxy = proxy
    expect((await waiting).answer).toMatchObject({ outcome: 'succeeded', verdict: 'pass' })
  })

  it('of an undo that is survived lifts the hold', async () => {
    const { world, app } = await served()
    await deployTag(app, shop, 'v1.1.0')
    await rollBack(app, scope)
    await undo(app, scope, alice)
    await watched(app, world, 61_000)
    expect(app.store.holds.get(scope)).toBeNull()
  })

  it('that fails is taken back', async () => {
    const { world, app } = await served()
    await deployTag(app, shop, 'v1.1.0')
    world.users.failing.set(2, 0.24)
    await watched(app, world, 15_000)
    expect(shares(app)).toEqual({ r1: 100 })
    expect(app.store.services.get(scope)?.active).toBe(1)
    expect(app.store.operations.list(1)[0]).toMatchObject({ kind: 'rollback', actor: 'autopilot' })
    expect(app.store.holds.get(scope)).toMatchObject({ by: 'autopilot' })
  })

  it('that nobody watches is judged as a whole by the next command', async () => {
    const { world, app } = await served()
    await deployTag(app, shop, 'v1.1.0')
    world.users.failing.set(2, 0.24)
    world.clock.pass(20_000)
    await doOverdue(app, { look: false })
    world.clock.pass(20_000)
    await doOverdue(app, { look: false })
    expect(app.store.services.get(scope)?.active).toBe(1)
  })

  it('ends as superseded by a later deploy: not stable, but good enough to go back to', async () => {
    const { app } = await served()
    await deployTag(app, shop, 'v1.1.0')
    await deployTag(app, shop, 'v1.2.0')
    expect(app.store.releases.get(scope, 2)).toMatchObject({ stable: false })
    expect(app.store.trials.newestOf(scope, 2)).toMatchObject({ endedAt: expect.any(Number) })
    expect(app.store.trials.open(scope)).toMatchObject({ release: 3, against: 2 })
    const { answer } = await rollback(app, scope, { ...alice, to: 'previous', force: new Set() })
    expect(answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r2' } })
  })

  it('keeps what the release is compared with warm', async () => {
    const { app } = await served()
    const lean = buildDefinition({ trial: policy, standby: { ...shop.standby, warm: 0, frozen: 0, cold: 0 } })
    await deployTag(app, lean, 'v1.1.0')
    await doOverdue(app, { look: true })
    const former = app.store.replicas.of(scope).filter(({ release }) => release === 1)
    expect(former.map(({ level, weight }) => [level, weight])).toEqual([
      ['running', 100],
      ['running', 100],
    ])
  })
})

describe('the autopilot', () => {
  it('that advises says what it would have done, and does nothing', async () => {
    const { world, app } = await served()
    world.users.failing.set(2, 0.24)
    const { answer } = await deployTag(app, trying({ autopilot: 'advise' }), 'v1.1.0')
    expect(answer).toMatchObject({ outcome: 'succeeded', verdict: 'fail' })
    expect(journalled(app, 'autopilot').map(({ detail }) => detail?.['reason'])).toEqual([
      expect.stringMatching(/^would have rolled back to r1: /),
    ])
    await watched(app, world, 130_000)
    expect(app.store.releases.get(scope, 2)).toMatchObject({ stable: false })
    expect(app.store.services.get(scope)?.active).toBe(2)
  })

  it('that asks leaves the share as it is until somebody says', async () => {
    const { world, app } = await served()
    world.users.failing.set(2, 0.24)
    const other = world.process().app
    const aborting: Promise<unknown>[] = []
    after(world, 60_000, () => {
      expect(shares(other)).toEqual({ r1: 95, r2: 5 })
      aborting.push(abort(other, scope, alice))
    })
    expect((await deployTag(app, trying({ autopilot: 'ask' }), 'v1.1.0')).answer).toMatchObject({
      outcome: 'rolled_back',
      error: { code: 'ABORTED' },
    })
    await Promise.all(aborting)
  })

  it('that dies between verdict and rollback is followed by whoever comes next', async () => {
    const { world } = await served()
    world.users.failing.set(2, 0.24)
    const first = world.process()
    world.observer = ({ name, when }) => {
      const trial = name === 'commit' && when === 'before' ? first.app.store.trials.open(scope) : null
      if (trial?.verdict !== 'fail') return
      world.observer = () => {}
      first.kill()
      throw new Killed('between verdict and rollback')
    }
    await expect(deployTag(first.app, shop, 'v1.1.0')).rejects.toThrow(Killed)
    const { app } = world.process()
    expect(app.store.trials.open(scope)).toMatchObject({ verdict: 'fail', acted: null })
    world.clock.pass(10_000)
    await doOverdue(app, { look: false })
    expect(app.store.services.get(scope)).toMatchObject({ active: 1, candidate: null })
    expect(app.store.holds.get(scope)).toMatchObject({ by: 'autopilot' })
    expect(shares(app)).toEqual({ r1: 100 })
    expect(app.store.operations.unfinished(scope)).toEqual([])
  })

  it('never takes a rollback back, and nothing twice', async () => {
    const { world, app } = await served()
    world.users.failing.set(2, 0.24)
    await deployTag(app, shop, 'v1.1.0')
    world.users.failing.set(1, 0.9)
    await watched(app, world, 120_000)
    expect(app.store.services.get(scope)?.active).toBe(1)
    expect(app.store.operations.list(20).filter(({ kind }) => kind === 'rollback')).toHaveLength(1)
  })
})

describe('a deploy that is killed in its canary', () => {
  it('goes back by the next command', async () => {
    const { world } = await served()
    const first = world.process()
    after(world, 5_000, () => first.kill())
    await expect(deployTag(first.app, shop, 'v1.1.0')).rejects.toThrow(Killed)
    world.interlude = async () => {}
    const { app } = world.process()
    await doOverdue(app, { look: false })
    expect(shares(app)).toEqual({ r1: 100 })
    expect(app.store.services.get(scope)).toMatchObject({ active: 1, candidate: null })
    expect(app.store.trials.open(scope)).toBeNull()
  })
})

describe('a signal', () => {
  const signal: Signal = {
    name: 'checkout',
    source: { kind: 'http', url: 'http://127.0.0.1:1/' },
    when: 'above',
    threshold: 0,
    forMs: 3_000,
    everyMs: 1_000,
    timeoutMs: 1_000,
  }

  it('that speaks against the release takes it back', async () => {
    const { world, app } = await served()
    world.signals.set('checkout', { value: 1 })
    expect((await deployTag(app, trying({ signals: [signal] }), 'v1.1.0')).answer).toMatchObject({
      outcome: 'rolled_back',
    })
    expect(app.store.trials.newestOf(scope, 2)).toMatchObject({ verdict: 'fail', rule: 'signal' })
  })

  it('that says nothing is neither good nor bad', async () => {
    const { world, app } = await served()
    world.signals.set('checkout', { unknown: 'it is no number' })
    expect((await deployTag(app, trying({ signals: [signal] }), 'v1.1.0')).answer).toMatchObject({
      outcome: 'succeeded',
      verdict: 'undecided',
    })
  })
})

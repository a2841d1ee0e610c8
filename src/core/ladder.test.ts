import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  buildActive,
  buildConfig,
  buildDefinition,
  buildProcess,
  buildRelease,
  buildReplicas,
  buildSeen,
  NOW_AT,
} from '../../test/builders.ts'
import { planLadder, wantedLevels } from './ladder.ts'
import { stepKey } from './step-key.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const active = buildActive(50)

function standby(number: number, ageMs: number, changes = {}) {
  return buildRelease(number, { standbySince: NOW_AT - ageMs, ...changes })
}

describe('the ladder', () => {
  it('keeps the last release warm, the one before frozen, five more cold, and retires the rest', () => {
    const standbys = Array.from({ length: 9 }, (_, index) => standby(49 - index, (index + 1) * MINUTE_MS))
    const levels = [...wantedLevels(buildSeen({ active }), standbys).values()]
    expect(levels).toEqual([
      'running',
      'frozen',
      'stopped',
      'stopped',
      'stopped',
      'stopped',
      'stopped',
      'absent',
      'absent',
    ])
  })

  it.each([
    [59 * MINUTE_MS, 'running'],
    [61 * MINUTE_MS, 'frozen'],
    [25 * HOUR_MS - 1, 'frozen'],
    [25 * HOUR_MS + 1, 'stopped'],
  ])('lets the last release go down by time: %i ms', (ageMs, level) => {
    expect(wantedLevels(buildSeen({ active }), [standby(49, ageMs)]).get(49)).toBe(level)
  })

  it('stops at once what was rolled back from', () => {
    const bad = standby(51, MINUTE_MS, { rolledBack: true, stable: false })
    const steps = planLadder(
      buildSeen({ active, replicas: [...buildReplicas(active, 'running'), ...buildReplicas(bad, 'running')] }),
      [bad],
    ).steps
    expect(steps.map(stepKey)).toEqual(['drain:r51', 'demote:r51=stopped'])
  })

  it('keeps the containers of the last failed deploy for their logs, and no more', () => {
    const failed = [53, 52].map((number) =>
      buildRelease(number, { state: 'failed', standbySince: null, activeAt: null, createdAt: number }),
    )
    expect([...wantedLevels(buildSeen({ active }), failed).values()]).toEqual(['stopped', 'absent'])
  })

  it('never runs two writers of one volume', () => {
    const mounts = [{ kind: 'volume', source: 'uploads', target: '/data', readOnly: false, shared: false }] as const
    const writer = standby(49, MINUTE_MS, { config: buildConfig({ mounts }) })
    expect(wantedLevels(buildSeen({ active }), [writer]).get(49)).toBe('stopped')
  })

  it('thaws nothing that an engine restart has thawed, but freezes it again', () => {
    const frozen = standby(49, 2 * HOUR_MS)
    const seen = buildSeen({
      active,
      replicas: [...buildReplicas(active, 'running'), ...buildReplicas(frozen, 'running')],
    })
    expect(planLadder(seen, [frozen]).steps.map(stepKey)).toEqual(['drain:r49', 'demote:r49=frozen'])
  })

  it('starts the active release and its warm standby again after an engine restart', () => {
    const warm = standby(49, MINUTE_MS)
    const seen = buildSeen({
      active,
      replicas: [...buildReplicas(active, 'stopped'), ...buildReplicas(warm, 'stopped')],
    })
    expect(planLadder(seen, [warm]).steps.map(stepKey)).toEqual(['wake:r50', 'health:r50', 'wake:r49', 'health:r49'])
  })

  it('makes a warm standby anew when a secret that stays has changed', () => {
    const config = buildConfig({ secrets: [{ name: 'KEY', version: 'old', onRollback: 'keep_current' }] })
    const warm = standby(49, MINUTE_MS, { config })
    const replicas = [...buildReplicas(active, 'running'), ...buildReplicas(warm, 'running')]
    const plan = planLadder(buildSeen({ active, replicas, currentSecrets: new Map([['KEY', 'new']]) }), [warm])
    expect(plan.create).toEqual(['r49-3', 'r49-4'])
    expect(plan.steps.map(stepKey)).toEqual(['drain:r49', 'demote:r49=absent', 'wake:r49', 'health:r49'])
  })

  it('adds replicas of the active release when more are live, and takes away what is too much', () => {
    const more = buildSeen({ active, live: { web: 3 }, replicas: buildReplicas(active, 'running', 2) })
    expect(planLadder(more, []).create).toEqual(['r50-3'])
    const fewer = buildSeen({ active, live: { web: 1 }, replicas: buildReplicas(active, 'running', 2) })
    expect(planLadder(fewer, []).steps).toMatchObject([
      { kind: 'drain', replicas: ['r50-2'] },
      { kind: 'demote', replicas: ['r50-2'], level: 'absent' },
    ])
  })

  it('keeps what is pinned', () => {
    const old = standby(2, 9_000 * HOUR_MS, { pinned: true })
    const seen = buildSeen({
      active,
      definition: buildDefinition({ standby: { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 0 } }),
    })
    expect(wantedLevels(seen, [old]).get(2)).toBe('stopped')
  })

  it('never keeps more on a rung than it is told, and is done when its levels are reached', () => {
    const counts = fc.record({ warm: fc.nat(3), frozen: fc.nat(3), cold: fc.nat(3) })
    fc.assert(
      fc.property(counts, fc.array(fc.nat(48 * HOUR_MS), { maxLength: 12 }), (given, ages) => {
        const policy = { ...given, warmForMs: HOUR_MS, frozenForMs: 24 * HOUR_MS }
        const standbys = ages.sort((a, b) => a - b).map((ageMs, index) => standby(49 - index, ageMs))
        const seen = buildSeen({
          active,
          definition: buildDefinition({ standby: policy }),
          replicas: buildReplicas(active, 'running'),
        })
        const wanted = wantedLevels(seen, standbys)
        const count = (level: string) => [...wanted.values()].filter((one) => one === level).length
        expect(count('running')).toBeLessThanOrEqual(given.warm)
        expect(count('frozen')).toBeLessThanOrEqual(given.frozen)
        expect(count('stopped')).toBeLessThanOrEqual(given.cold)
        const reached = standbys.flatMap((release) => {
          const level = wanted.get(release.number)!
          return level === 'absent' ? [] : buildReplicas(release, level)
        })
        const left = standbys.filter((release) => reached.some((replica) => replica.release === release.number))
        expect(planLadder({ ...seen, replicas: [...seen.replicas, ...reached] }, left).steps).toEqual([])
      }),
    )
  })
})

describe('the ladder of a worker', () => {
  const config = buildConfig({ processes: [buildProcess('worker')] })
  const live = { web: 2, worker: 2 }
  const serving = buildActive(50, { config })
  const before = buildRelease(49, { config, standbySince: NOW_AT - MINUTE_MS })

  it('keeps one earlier release cold and no more, whatever web keeps', () => {
    const older = buildRelease(48, { config, standbySince: NOW_AT - HOUR_MS })
    expect([...wantedLevels(buildSeen({ live }), [before, older], 'worker').values()]).toEqual(['stopped', 'absent'])
  })

  it('brings as many workers of the active release to work as are live', () => {
    const replicas = [...buildReplicas(serving, 'running'), ...buildReplicas(serving, 'stopped', 1, 'worker')]
    const { steps, create } = planLadder(buildSeen({ active: serving, live, replicas }), [])
    expect(create).toEqual(['r50-worker-3'])
    expect(steps.map(stepKey)).toEqual(['wake:r50/worker', 'health:r50/worker'])
  })

  it('stops the worker of an earlier release without draining anybody', () => {
    const replicas = [
      ...buildReplicas(serving, 'running'),
      ...buildReplicas(serving, 'running', 2, 'worker'),
      ...buildReplicas(before, 'running'),
      ...buildReplicas(before, 'running', 2, 'worker'),
    ]
    const { steps } = planLadder(buildSeen({ active: serving, live, replicas }), [before])
    expect(steps.map(stepKey)).toEqual(['demote:r49/worker=stopped'])
  })
})

import { describe, expect, it } from 'vitest'
import { buildActive, buildConfig, buildRelease, buildReplicas, buildSeen } from '../../test/builders.ts'
import type { Release } from './model.ts'
import { stepKey } from './step-key.ts'
import type { Decision } from './plan.ts'
import { type Force, planRollback } from './plan-rollback.ts'
import type { Seen } from './seen.ts'

const NONE: ReadonlySet<Force> = new Set()

function decide(
  seen: Partial<Seen>,
  candidates: Release[],
  to: string | null = null,
  force = NONE,
  previous: Release | null = null,
): Decision {
  return planRollback(buildSeen(seen), { candidates, previous }, { to, force })
}

function keys(decision: Decision): string[] {
  return decision.outcome === 'plan' ? decision.steps.map(stepKey) : [decision.outcome]
}

const r40 = buildRelease(40)
const r41 = buildRelease(41)
const r42 = buildActive(42)
const warm41 = [...buildReplicas(r42, 'running'), ...buildReplicas(r41, 'running')]

describe('planRollback', () => {
  it('only shifts and proves when the target is warm', () => {
    const decision = decide({ active: r42, replicas: warm41 }, [r42, r41, r40])
    expect(decision).toMatchObject({ from: 42, to: 41, rung: 'warm', strategy: 'start_first', create: [] })
    expect(keys(decision)).toEqual(['shift_traffic:r41', 'prove:r41'])
  })

  it.each([
    ['frozen', 'frozen', ['wake:r41', 'health:r41', 'shift_traffic:r41', 'prove:r41']],
    ['stopped', 'cold', ['wake:r41', 'health:r41', 'shift_traffic:r41', 'prove:r41']],
  ] as const)('wakes a target that is %s', (level, rung, steps) => {
    const replicas = [...buildReplicas(r42, 'running'), ...buildReplicas(r41, level)]
    const decision = decide({ active: r42, replicas }, [r42, r41])
    expect(decision).toMatchObject({ rung, create: [] })
    expect(keys(decision)).toEqual(steps)
  })

  it('creates the replicas of a retired target, under names that were never used', () => {
    const decision = decide({ active: r42, replicas: buildReplicas(r42, 'running') }, [r42, r41])
    expect(decision).toMatchObject({ rung: 'retired', create: ['r41-3', 'r41-4'] })
    expect(keys(decision)[0]).toBe('pull:r41')
  })

  it('brings a target with too few replicas to the live number before traffic moves', () => {
    const replicas = [...buildReplicas(r42, 'running', 3), ...buildReplicas(r41, 'running', 2)]
    const decision = decide({ active: r42, replicas, live: { web: 3 } }, [r42, r41])
    expect(decision).toMatchObject({ create: ['r41-3'] })
    expect(keys(decision)).toEqual(['pull:r41', 'wake:r41', 'health:r41', 'shift_traffic:r41', 'prove:r41'])
  })

  it('does not trust a running replica that the proxy finds down', () => {
    const replicas = [
      ...buildReplicas(r42, 'running'),
      ...buildReplicas(r41, 'running').map((replica) => ({ ...replica, up: false })),
    ]
    expect(keys(decide({ active: r42, replicas }, [r42, r41]))).toContain('health:r41')
  })

  it('makes stale replicas anew, and names the rung that the target really has', () => {
    const config = buildConfig({ secrets: [{ name: 'KEY', version: 'old', onRollback: 'keep_current' }] })
    const target = buildRelease(41, { config })
    const replicas = [...buildReplicas(r42, 'running'), ...buildReplicas(target, 'running')]
    const decision = decide({ active: r42, replicas, currentSecrets: new Map([['KEY', 'new']]) }, [r42, target])
    expect(decision).toMatchObject({ rung: 'retired', create: ['r41-3', 'r41-4'] })
  })

  it('prefers the newest stable release over a newer one that never got stable', () => {
    const unstable = buildRelease(41, { stable: false })
    expect(decide({ active: r42, replicas: warm41 }, [r42, unstable, r40])).toMatchObject({
      to: 40,
      notYetStable: false,
    })
  })

  it('takes a release that served well when none is stable, and says so', () => {
    const unstable = buildRelease(41, { stable: false })
    expect(decide({ active: r42, replicas: warm41 }, [r42, unstable])).toMatchObject({ to: 41, notYetStable: true })
  })

  it('passes over what was rolled back from, what failed, and what is in quarantine', () => {
    const rolledBack = buildRelease(41, { rolledBack: true, stable: false })
    const failed = buildRelease(40, { state: 'failed', activeAt: null, stable: false })
    const banned = buildRelease(39)
    const quarantined = new Map([[banned.identity, { release: 39, reason: 'slow' }]])
    const good = buildRelease(38)
    expect(decide({ active: r42, quarantined }, [r42, rolledBack, failed, banned, good])).toMatchObject({ to: 38 })
  })

  it('goes back over a change of one env variable although both releases have one digest', () => {
    const before = buildRelease(41)
    const after = buildActive(42, {
      configDigest: before.configDigest,
      config: buildConfig({ env: { FEATURE_X: '1' } }),
    })
    const decision = decide({ active: after, replicas: warm41 }, [after, before])
    expect(decision).toMatchObject({ to: 41, changes: [{ kind: 'env', name: 'FEATURE_X', before: '1', after: null }] })
  })

  it('refuses with every reason when earlier releases exist but none can be gone back to', () => {
    const rolledBack = buildRelease(41, { rolledBack: true, stable: false })
    const failed = buildRelease(40, { state: 'failed', activeAt: null, stable: false })
    const decision = decide({ active: r42 }, [r42, rolledBack, failed])
    expect(decision).toMatchObject({ outcome: 'refused', code: 'NO_TARGET' })
    const reasons = '  r41 v1.41.0: it was rolled back from\n  r40 v1.40.0: its deploy failed'
    expect(decision).toMatchObject({ details: { reasons } })
  })

  it('finds nothing to do without an earlier release', () => {
    expect(decide({ active: r42 }, [r42])).toMatchObject({ outcome: 'noop', active: 42 })
    expect(decide({}, [])).toMatchObject({ outcome: 'noop', active: null })
  })

  it('finds nothing to do right after a rollback, and does not walk further back', () => {
    const active = buildActive(41, { activeBy: 'rollback' })
    expect(decide({ active }, [buildRelease(42, { rolledBack: true }), active, r40])).toMatchObject({ outcome: 'noop' })
    expect(decide({ active }, [r40], 'r40')).toMatchObject({ outcome: 'plan', to: 40 })
  })

  it('finds nothing to do when the named release serves already', () => {
    expect(decide({ active: r42 }, [r42], 'r42')).toMatchObject({ outcome: 'noop', active: 42 })
  })

  it('takes the newest eligible release of a version', () => {
    const bad = buildRelease(41, { version: 'v1.0.0', rolledBack: true })
    const good = buildRelease(39, { version: 'v1.0.0' })
    expect(decide({ active: r42 }, [bad, good], 'v1.0.0')).toMatchObject({ to: 39 })
  })

  it('goes to the one that served before the present one', () => {
    expect(decide({ active: r42, replicas: warm41 }, [], 'previous', NONE, r40)).toMatchObject({ to: 40 })
  })

  it('refuses a named release in quarantine, unless forced', () => {
    const quarantined = new Map([[r41.identity, { release: 41, reason: 'checkout answers 500' }]])
    const rolledBack = { ...r41, rolledBack: true, stable: false }
    expect(decide({ active: r42, quarantined }, [rolledBack], 'r41')).toMatchObject({
      outcome: 'refused',
      code: 'QUARANTINED',
    })
    expect(decide({ active: r42, quarantined }, [rolledBack], 'r41', new Set(['quarantine']))).toMatchObject({ to: 41 })
  })

  it('takes back a deploy that has not shifted traffic yet, to what serves', () => {
    const candidate = buildRelease(43, { state: 'candidate', activeAt: null, activeBy: null, stable: false })
    const replicas = [...buildReplicas(r42, 'running'), ...buildReplicas(candidate, 'running')]
    const decision = decide({ active: r42, candidate, replicas }, [r42, r41])
    expect(decision).toMatchObject({ from: 43, to: 42 })
    expect(keys(decision)).toEqual(['shift_traffic:r42', 'prove:r42'])
  })

  it('stops first when somebody asked for it', () => {
    const config = buildConfig({ container: { stopFirst: true } })
    const decision = planRollback(
      buildSeen({ active: buildActive(42, { config }) }),
      { candidates: [buildActive(42, { config }), buildRelease(41, { config })], previous: null },
      { to: null, force: new Set() },
    )
    expect(decision).toMatchObject({
      strategy: 'stop_first',
      because: [{ kind: 'asked', name: 'update_config.order' }],
    })
  })

  it('stops first when both releases would write to one volume, and says why', () => {
    const mounts = [{ kind: 'volume', source: 'uploads', target: '/data', readOnly: false, shared: false }] as const
    const from = buildActive(42, { config: buildConfig({ mounts }) })
    const to = buildRelease(41, { config: buildConfig({ mounts }) })
    const replicas = [...buildReplicas(from, 'running', 1), ...buildReplicas(to, 'stopped', 1)]
    const decision = decide({ active: from, replicas, live: { web: 1 } }, [from, to])
    expect(decision).toMatchObject({ strategy: 'stop_first', because: [{ kind: 'volume', name: 'uploads:/data' }] })
    expect(keys(decision)).toEqual([
      'shift_traffic:nobody',
      'drain:r42',
      'demote:r42=stopped',
      'wake:r41',
      'health:r41',
      'shift_traffic:r41',
      'prove:r41',
    ])
  })
})

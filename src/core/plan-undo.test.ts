import { describe, expect, it } from 'vitest'
import { buildActive, buildRelease, buildReplicas, buildSeen } from '../../test/builders.ts'
import { stepKey } from './step-key.ts'
import { planUndo } from './plan-undo.ts'

const bad = buildRelease(42, { rolledBack: true, stable: false })
const good = buildActive(41, { activeBy: 'rollback' })
const replicas = [...buildReplicas(good, 'running'), ...buildReplicas(bad, 'stopped')]
const quarantined = new Map([[bad.identity, { release: 42, reason: 'it failed' }]])

describe('planUndo', () => {
  it('wakes and shifts to what was taken out, although it is in quarantine', () => {
    const plan = planUndo(buildSeen({ active: good, replicas, quarantined }), bad)
    expect(plan).toMatchObject({ outcome: 'plan', from: 41, to: 42, rung: 'cold', undo: true, create: [] })
    expect(plan.outcome === 'plan' && plan.steps.map(stepKey)).toEqual([
      'wake:r42',
      'health:r42',
      'shift_traffic:r42',
      'prove:r42',
    ])
  })

  it('creates what is gone, from the image', () => {
    const plan = planUndo(buildSeen({ active: good, replicas: buildReplicas(good, 'running') }), bad)
    expect(plan).toMatchObject({ rung: 'retired', create: ['r42-3', 'r42-4'] })
    expect(plan.outcome === 'plan' && plan.steps[0]).toMatchObject({ kind: 'pull', release: 42 })
  })

  it.each([
    ['nothing serves', null, bad],
    ['a deploy came since', buildActive(43), bad],
    ['the rollback took nothing out', good, null],
  ])('finds nothing to do when %s', (_, active, taken) => {
    expect(planUndo(buildSeen({ active }), taken)).toEqual({
      outcome: 'noop',
      active: active?.number ?? null,
      why: 'nothing_to_undo',
    })
  })
})

import { describe, expect, it } from 'vitest'
import {
  buildActive,
  buildConfig,
  buildDefinition,
  buildProcess,
  buildRelease,
  buildReplicas,
  buildSeen,
} from '../../test/builders.ts'
import type { Mount, Release } from './model.ts'
import { stepKey } from './step-key.ts'
import { planWayBack } from './plan-deploy.ts'
import { type Direction, planSwitch } from './plan-switch.ts'
import type { Seen } from './seen.ts'

const worker = buildProcess('worker')
const withWorker = buildConfig({ processes: [worker] })
const uploads: Mount = { kind: 'volume', source: 'uploads', target: '/data', readOnly: false, shared: false }
const live = { web: 2, worker: 1 }
const KEEPS_WEB = { warm: 1, warmForMs: 1, frozen: 0, frozenForMs: 0, cold: 1 }
const FREEZES = { warm: 0, warmForMs: 0, frozen: 1, frozenForMs: 1, cold: 1 }

function seenWith(from: Release, to: Release, changes: Partial<Seen> = {}): Seen {
  const running = buildReplicas(from, 'running', 1, 'worker')
  const web = [...buildReplicas(from, 'running'), ...buildReplicas(to, 'running')]
  return buildSeen({ live, replicas: [...web, ...running, ...buildReplicas(to, 'stopped', 1, 'worker')], ...changes })
}

function keys(direction: Direction, config = withWorker, changes: Partial<Seen> = {}): string[] {
  const from = buildActive(42, { config })
  const to = buildRelease(41, { config })
  return planSwitch(seenWith(from, to, changes), from, to, direction).steps.map(stepKey)
}

describe('a release with a worker', () => {
  it('has the new worker running before users are moved, and stops the old one last', () => {
    expect(keys('forward')).toEqual([
      'wake:r41/worker',
      'health:r41/worker',
      'shift_traffic:r41',
      'prove:r41',
      'demote:r42/worker=stopped',
    ])
  })

  it('moves users first on the way back', () => {
    expect(keys('back')).toEqual([
      'shift_traffic:r41',
      'prove:r41',
      'wake:r41/worker',
      'health:r41/worker',
      'demote:r42/worker=stopped',
    ])
  })

  it('stops the old worker first where both would write to one volume', () => {
    const config = buildConfig({ processes: [buildProcess('worker', { mounts: [uploads] })] })
    const steps = [
      'shift_traffic:r41',
      'prove:r41',
      'demote:r42/worker=stopped',
      'wake:r41/worker',
      'health:r41/worker',
    ]
    expect(keys('forward', config)).toEqual(steps)
    expect(keys('back', config)).toEqual(steps)
  })

  it('stops the old worker first where that was asked for', () => {
    const config = buildConfig({ processes: [buildProcess('worker', { handover: 'stop_first' })] })
    expect(keys('forward', config).indexOf('demote:r42/worker=stopped')).toBe(2)
  })

  it('does not let a process choose that two writers meet', () => {
    const config = buildConfig({ processes: [buildProcess('worker', { mounts: [uploads], handover: 'start_first' })] })
    const from = buildActive(42, { config })
    const { handovers } = planSwitch(
      seenWith(from, buildRelease(41, { config })),
      from,
      buildRelease(41, { config }),
      'forward',
    )
    expect(handovers).toMatchObject([{ process: 'worker', strategy: 'stop_first', because: [{ kind: 'volume' }] }])
  })

  it('stops every writer before the new one starts where web pauses too', () => {
    const config = buildConfig({ mounts: [uploads], processes: [buildProcess('worker', { mounts: [uploads] })] })
    const all = keys('forward', config)
    expect(all.indexOf('demote:r42/worker=stopped')).toBeLessThan(all.indexOf('shift_traffic:r41'))
    expect(all.indexOf('wake:r41/worker')).toBeGreaterThan(all.indexOf('demote:r42=stopped'))
  })

  it('freezes the old worker where its standby is frozen, but never what was rolled back from', () => {
    const process = { ...worker, replicas: 1, standby: FREEZES }
    const definition = buildDefinition({ standby: KEEPS_WEB, processes: [process] })
    expect(keys('forward', withWorker, { definition })).toContain('demote:r42/worker=frozen')
    expect(keys('back', withWorker, { definition })).toContain('demote:r42/worker=stopped')
  })

  it('starts what came, and stops what went', () => {
    const from = buildActive(42, { config: withWorker })
    const to = buildRelease(43, { config: buildConfig({ processes: [buildProcess('mailer')] }) })
    const seen = buildSeen({
      live,
      replicas: [...buildReplicas(from, 'running'), ...buildReplicas(from, 'running', 1, 'worker')],
    })
    const { steps, create } = planSwitch(seen, from, to, 'forward')
    expect(create).toEqual(['r43-3', 'r43-4', 'r43-mailer-3'])
    expect(steps.map(stepKey)).toEqual([
      'wake:r43',
      'health:r43',
      'wake:r43/mailer',
      'health:r43/mailer',
      'shift_traffic:r43',
      'prove:r43',
      'demote:r42/worker=stopped',
    ])
  })

  it('starts nothing for a schedule', () => {
    const schedule = { cron: '0 3 * * *', timeZone: 'UTC', timeoutMs: 1 }
    const config = buildConfig({ processes: [buildProcess('report', { schedule })] })
    expect(keys('forward', config)).toEqual(['shift_traffic:r41', 'prove:r41'])
  })

  it('proves nothing where nobody is served, and its rung is that of its workers', () => {
    const config = buildConfig({ port: null, processes: [worker] })
    const from = buildActive(42, { config })
    const to = buildRelease(41, { config })
    const { steps, rung } = planSwitch(seenWith(from, to), from, to, 'forward')
    expect(rung).toBe('cold')
    expect(steps.map(stepKey)).toEqual([
      'wake:r41/worker',
      'health:r41/worker',
      'shift_traffic:r41',
      'demote:r42/worker=stopped',
    ])
  })
})

describe('the way back from a failed deploy', () => {
  it('stops its workers, and wakes those of the former release that had been stopped', () => {
    const former = buildRelease(41, { config: withWorker })
    const failed = buildRelease(42, { config: withWorker })
    const replicas = [
      ...buildReplicas(former, 'running'),
      ...buildReplicas(former, 'stopped', 1, 'worker'),
      ...buildReplicas(failed, 'running'),
      ...buildReplicas(failed, 'running', 1, 'worker'),
    ]
    expect(planWayBack(buildSeen({ live, replicas }), former, failed, true).map(stepKey)).toEqual([
      'shift_traffic:r41',
      'prove:r41',
      'demote:r42=stopped',
      'demote:r42/worker=stopped',
      'wake:r41/worker',
      'health:r41/worker',
    ])
  })
})

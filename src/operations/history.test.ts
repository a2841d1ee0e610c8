import { describe, expect, it } from 'vitest'
import { buildDefinition } from '../../test/builders.ts'
import { deployTag, Killed, rollBack, World } from '../../test/doubles/world.ts'
import type { JournalEvent } from '../core/journal-event.ts'
import {
  findOperations,
  isRunning,
  newestOperations,
  operationEntry,
  operationsWith,
  planOf,
  stepsOf,
} from './history.ts'
import { remove } from './remove.ts'

const shop = buildDefinition()
const staging = buildDefinition({ environment: 'staging', listen: '127.0.0.1:18081' })
const everything = { service: null, environment: null }

async function world() {
  const world = new World()
  const { app } = world.process()
  const rest = () => world.clock.pass(1_000)
  await deployTag(app, shop, 'v1.0.0')
  rest()
  await deployTag(app, staging, 'v1.1.0')
  rest()
  await deployTag(app, shop, 'v1.1.0')
  rest()
  await rollBack(app, shop)
  rest()
  return { world, app, rest }
}

describe('operations', () => {
  it('are listed newest first, cut to a limit', async () => {
    const { app } = await world()
    const listed = newestOperations(app, everything, 3).map(
      ({ kind, environment, to }) => `${kind} ${environment} ${to}`,
    )
    expect(listed).toEqual(['rollback prod 1', 'deploy prod 2', 'deploy staging 1'])
  })

  it('are found by environment and by service', async () => {
    const { app } = await world()
    expect(newestOperations(app, { service: null, environment: 'staging' }, 9)).toHaveLength(1)
    expect(newestOperations(app, { service: 'shop', environment: null }, 9)).toHaveLength(4)
    expect(newestOperations(app, { service: 'cart', environment: null }, 9)).toEqual([])
  })

  it('are found with each release that they went from or to', async () => {
    const { app } = await world()
    expect(operationsWith(app, shop, 2, 9).map(({ kind }) => kind)).toEqual(['rollback', 'deploy'])
    expect(operationsWith(app, shop, 2, 1).map(({ kind }) => kind)).toEqual(['rollback'])
    expect(operationsWith(app, staging, 2, 9)).toEqual([])
  })

  it('are found by transaction with and without its prefix', async () => {
    const { app } = await world()
    const [newest] = newestOperations(app, everything, 1)
    const { transactionId } = newest!
    expect(findOperations(app, transactionId)).toEqual([newest])
    expect(findOperations(app, transactionId.slice('tx-'.length))).toEqual([newest])
    expect(findOperations(app, 'tx-ffffffff')).toEqual([])
  })

  it('tell releases, time and outcome to machines, null where there is nothing', async () => {
    const { app } = await world()
    const [rollback, , , first] = newestOperations(app, everything, 4)
    expect(operationEntry(app, rollback!)).toMatchObject({
      operation: 'rollback',
      from: { release: 'r2', version: 'v1.1.0' },
      to: { release: 'r1', version: 'v1.0.0' },
      outcome: 'succeeded',
      actor: 'alice',
      reason: null,
      duration_ms: rollback!.endedAt! - rollback!.startedAt,
    })
    expect(operationEntry(app, first!).from).toBeNull()
    expect(planOf(rollback!)?.rung).toBe('warm')
  })

  it('stay when their service is removed, with what is still known of their releases', async () => {
    const { app } = await world()
    await remove(app, shop, { actor: { name: 'alice', automated: false }, reason: null })
    const [, rollback] = newestOperations(app, { service: 'shop', environment: 'prod' }, 9)
    const digest = expect.stringMatching(/^sha256:0+2$/) as string
    expect(operationEntry(app, rollback!).from).toEqual({
      release: 'r2',
      version: 'v1.1.0',
      image: 'shop:v1.1.0',
      digest,
    })
    app.store.db.run(`DELETE FROM journal`)
    expect(operationEntry(app, rollback!).from).toEqual({ release: 'r2', version: null, image: null, digest: null })
  })

  it('run while their process lives, and are left when it died', async () => {
    const { world: all, app, rest } = await world()
    rest()
    const running: boolean[] = []
    const other = all.process(20)
    all.interlude = async () => {
      const [newest] = newestOperations(app, everything, 1)
      if (newest!.endedAt === null) running.push(isRunning(app, newest!))
    }
    await expect(deployTag(other.app, shop, 'v1.2.0')).rejects.toThrow(Killed)
    expect(running).toContain(true)
    const [left] = newestOperations(app, everything, 1)
    expect(left).toMatchObject({ kind: 'deploy', endedAt: null })
    expect(isRunning(app, left!)).toBe(false)
    expect(operationEntry(app, left!)).toMatchObject({ outcome: null, ended_at: null, duration_ms: null })
  })
})

describe('the steps of an operation', () => {
  it('are one entry each, with the time that it took, in the order in which they began', async () => {
    const { app } = await world()
    const [rollback] = newestOperations(app, everything, 1)
    const steps = stepsOf(app.store.journal.ofTransaction(rollback!.transactionId))
    expect(steps.map(({ key, status }) => `${key} ${status}`)).toEqual([
      'plan succeeded',
      'shift_traffic:r1 succeeded',
      'prove:r1 succeeded',
    ])
    expect(steps.every(({ duration_ms }) => duration_ms !== null)).toBe(true)
    expect(steps.at(-1)?.detail).toEqual({ answers: 20, of: 20 })
  })

  it('stay started when nobody ended them, and are tried again as entries of their own', () => {
    const event = (status: JournalEvent['status'], attempt: number, second: number): JournalEvent => ({
      timestamp: `2026-04-05T10:00:0${second}.000Z`,
      level: 'info',
      operation: 'deploy',
      service: 'shop',
      environment: 'prod',
      version: null,
      release: 'r2',
      status,
      step: 'wake',
      duration_ms: status === 'started' ? null : 3,
      transaction_id: 'tx-1',
      actor: 'alice',
      key: 'wake:r2',
      attempt,
      epoch: 1,
      detail: null,
    })
    const steps = stepsOf([event('started', 1, 1), event('started', 2, 2), event('failed', 2, 3)])
    expect(steps).toMatchObject([
      { attempt: 1, status: 'started', duration_ms: null, started_at: '2026-04-05T10:00:01.000Z' },
      { attempt: 2, status: 'failed', duration_ms: 3, started_at: '2026-04-05T10:00:02.000Z' },
    ])
  })
})

// What every runtime must say of how its replicas fare: the memory they need, and how they ended.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ReplicaStats, Runtime } from '../../src/ports/runtime.ts'
import { createHands, SCOPE, type RuntimeWorld } from './runtime-world.ts'

const MIB = 1024 * 1024
const SOON = { timeout: 30_000 }

export function countsMemory(open: () => Promise<RuntimeWorld>): void {
  let world: RuntimeWorld
  let runtime: Runtime
  const { replica, up, down } = createHands(() => world)
  beforeEach(async () => {
    world = await open()
    ;({ runtime } = world)
    await runtime.ensureNetwork()
  })
  afterEach(() => world.close())

  async function statsOf(name: string): Promise<ReplicaStats | undefined> {
    return (await runtime.stats(SCOPE)).find((one) => one.name === name)
  }

  describe('how a replica fares', () => {
    it('is said of one that runs: what it needs, and since when', async () => {
      const spec = await up('r41-1', { env: { PROBE_HOG_MB: '24' }, memoryBytes: 64 * MIB })
      await runtime.awaitHealthy(spec)
      const seen = await statsOf('r41-1')
      expect(seen).toEqual({
        ...SCOPE,
        name: 'r41-1',
        release: 41,
        process: 'web',
        running: true,
        startedAt: expect.any(Number),
        workingSetBytes: expect.any(Number),
        memoryLimitBytes: 64 * MIB,
        restarts: 0,
        exitCode: null,
        oomKilled: false,
        oomKills: 0,
      })
      expect(seen?.workingSetBytes).toBeGreaterThan(24 * MIB)
      expect(seen?.workingSetBytes).toBeLessThan(64 * MIB)
    })

    it('is asked for in short: the level of every replica, in one question', async () => {
      await up('r1-1')
      await down(await up('r1-2'), 'frozen')
      await down(await up('r1-3'), 'stopped')
      const levels = (await runtime.levels()).map(({ name, level }) => [name, level] as const)
      expect(Object.fromEntries(levels)).toEqual({ 'r1-1': 'running', 'r1-2': 'frozen', 'r1-3': 'stopped' })
      expect(await runtime.levels(SCOPE)).toHaveLength(3)
      expect(await runtime.levels({ ...SCOPE, environment: 'staging' })).toEqual([])
    })

    it('says that there is no limit where there is none', async () => {
      await up('r1-1')
      expect(await statsOf('r1-1')).toMatchObject({ memoryLimitBytes: null, running: true })
    })

    it('is said of its scope alone, and of nothing where there is none', async () => {
      expect(await runtime.stats(SCOPE)).toEqual([])
      await world.other.ensureNetwork()
      await world.other.ensureRunning(replica('r1-1', {}, world.other))
      await up('r1-1')
      await up('r2-1')
      expect((await runtime.stats(SCOPE)).map(({ name }) => name).sort()).toEqual(['r1-1', 'r2-1'])
      expect(await runtime.stats({ ...SCOPE, environment: 'staging' })).toEqual([])
      expect(await runtime.stats({ ...SCOPE, service: 'other' })).toEqual([])
    })

    it('is said of one that is frozen, which still holds its memory', async () => {
      const spec = await up('r1-1', { env: { PROBE_HOG_MB: '24' } })
      await runtime.awaitHealthy(spec)
      await down(spec, 'frozen')
      const seen = await statsOf('r1-1')
      expect(seen).toMatchObject({ running: true, exitCode: null })
      expect(seen?.workingSetBytes).toBeGreaterThan(24 * MIB)
    })

    it('is said of one that was stopped: no memory, and how it ended', async () => {
      const spec = await up('r1-1')
      await runtime.awaitHealthy(spec)
      await down(spec, 'stopped')
      const ended = { running: false, workingSetBytes: null, exitCode: 0, oomKilled: false, oomKills: 0, restarts: 0 }
      expect(await statsOf('r1-1')).toMatchObject({ ...ended, startedAt: expect.any(Number) })
    })

    it('is said of one that was never started', async () => {
      await runtime.ensureCreated(replica('r1-1', { memoryBytes: 64 * MIB }))
      const never = {
        running: false,
        startedAt: null,
        workingSetBytes: null,
        exitCode: null,
        memoryLimitBytes: 64 * MIB,
      }
      expect(await statsOf('r1-1')).toMatchObject(never)
    })

    it('tells how a program ended that was started again, and that its run is another', async () => {
      const spec = await up('r1-1')
      await runtime.awaitHealthy(spec)
      const before = await statsOf('r1-1')
      await world.crash(spec, 7)
      const again = { running: true, restarts: 1, exitCode: 7, oomKilled: false, oomKills: 0 }
      await vi.waitFor(async () => expect(await statsOf('r1-1')).toMatchObject(again), SOON)
      expect((await statsOf('r1-1'))?.startedAt).toBeGreaterThanOrEqual(before?.startedAt ?? Number.POSITIVE_INFINITY)
    })

    it('tells that it was killed for lack of memory, and how often it was started again', async () => {
      await up('r1-1', { env: { PROBE_HOG_MB: '48' }, memoryBytes: 32 * MIB })
      const killed = { exitCode: 137, oomKilled: true }
      await vi.waitFor(async () => expect(await statsOf('r1-1')).toMatchObject(killed), SOON)
      await vi.waitFor(async () => expect((await statsOf('r1-1'))?.restarts).toBeGreaterThan(1), SOON)
    })

    it('does not call a later end a lack of memory because an earlier one was', async () => {
      const spec = await up('r1-1', { env: { PROBE_HOG_MB: '48' }, memoryBytes: 32 * MIB })
      await vi.waitFor(async () => expect(await statsOf('r1-1')).toMatchObject({ oomKilled: true }), SOON)
      await world.stopByHand(spec)
      // Its last end is one of both: the kernel may have been quicker than the hand.
      const { exitCode, oomKilled, running } = (await statsOf('r1-1'))!
      expect({ running, oomKilled }).toEqual({ running: false, oomKilled: exitCode === 137 })
    })

    it('is not waited for by who has called it off', async () => {
      await up('r1-1')
      const reason = new Error('pre-empted')
      await expect(runtime.stats(SCOPE, AbortSignal.abort(reason))).rejects.toBe(reason)
    })
  })
}

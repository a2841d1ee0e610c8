// What every runtime must see of its replicas: when they are healthy, why they are not, and what they write.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Health } from '../../src/core/model.ts'
import type { Runtime } from '../../src/ports/runtime.ts'
import { createHands, HEALTH, nameOf, type RuntimeWorld } from './runtime-world.ts'

const IMPATIENT: Health = { ...HEALTH, startPeriodMs: 300 }

export function watchesReplicas(open: () => Promise<RuntimeWorld>): void {
  let world: RuntimeWorld
  let runtime: Runtime
  const { replica, up, down, read, written } = createHands(() => world)
  beforeEach(async () => {
    world = await open()
    ;({ runtime } = world)
    await runtime.ensureNetwork()
  })
  afterEach(() => world.close())

  describe('waiting for health', () => {
    it('ends when a slow one answers, and not before', async () => {
      const spec = await up('r1-1', { env: { PROBE_HEALTHY_AFTER_MS: '700' } })
      let healthy = false
      const waiting = runtime.awaitHealthy(spec).then(() => (healthy = true))
      await runtime.observe()
      expect(healthy).toBe(false)
      await waiting
      expect(healthy).toBe(true)
    })
    it('tolerates connections that are refused at first', async () => {
      const spec = await up('r1-1', { env: { PROBE_LISTEN_AFTER_MS: '500' } })
      await expect(runtime.awaitHealthy(spec)).resolves.toBeUndefined()
    })
    it('takes a connection for health where no path is asked', async () => {
      const health: Health = { ...HEALTH, kind: 'tcp' }
      const spec = await up('r1-1', { health, env: { PROBE_LISTEN_AFTER_MS: '100' } })
      await expect(runtime.awaitHealthy(spec)).resolves.toBeUndefined()
    })
    it('asks as often in a row as it should', async () => {
      const spec = await up('r1-1', { health: { ...HEALTH, rise: 3 } })
      await expect(runtime.awaitHealthy(spec)).resolves.toBeUndefined()
    })
    it('gives up on one that never is, and shows its last ten lines', async () => {
      const lines = Array.from({ length: 12 }, (_, index) => `line ${index + 1}`)
      const env = { PROBE_HEALTHY_AFTER_MS: '-1', PROBE_LOG: lines.join('|') }
      const spec = await up('r1-1', { health: IMPATIENT, env })
      await expect(runtime.awaitHealthy(spec)).rejects.toMatchObject({
        code: 'HEALTH_FAILED',
        details: {
          replica: 'r1-1',
          within: '0.8 s',
          reason: expect.stringMatching(/503|refused/),
          log: lines
            .slice(2)
            .map((line) => `\n  ${line}`)
            .join(''),
        },
      })
    })
    it('gives up at once on one that ended, and says how', async () => {
      const env = {
        PROBE_HEALTHY_AFTER_MS: '-1',
        PROBE_EXIT_AFTER_MS: '150',
        PROBE_EXIT_CODE: '3',
        PROBE_LOG: '!no database',
      }
      const spec = await up('r1-1', { env })
      await expect(runtime.awaitHealthy(spec)).rejects.toMatchObject({
        code: 'HEALTH_FAILED',
        details: {
          replica: 'r1-1',
          reason: 'it ended with exit code 3',
          log: expect.stringContaining('\n  no database'),
        },
      })
    })
    it('gives up on one that is gone, stopped or frozen', async () => {
      const spec = await up('r1-1', { health: IMPATIENT })
      for (const level of ['frozen', 'stopped', 'absent'] as const) {
        await down(spec, level)
        await expect(runtime.awaitHealthy(spec)).rejects.toMatchObject({ code: 'HEALTH_FAILED' })
      }
    })
    it('can be called off', async () => {
      const spec = await up('r1-1', { env: { PROBE_HEALTHY_AFTER_MS: '-1' } })
      const calledOff = new AbortController()
      const waiting = runtime.awaitHealthy(spec, calledOff.signal)
      const reason = new Error('pre-empted')
      calledOff.abort(reason)
      await expect(waiting).rejects.toBe(reason)
    })
  })

  describe('the log of a replica', () => {
    it('is what it wrote to both streams, each in order, with times', async () => {
      const spec = await up('r1-1', { env: { PROBE_LOG: 'one|!two|three|!four' } })
      await written(spec, 4)
      const lines = await read(spec)
      const of = (stream: string) => lines.filter((line) => line.stream === stream).map(({ text }) => text)
      expect([of('stdout'), of('stderr')]).toEqual([
        ['one', 'three'],
        ['two', 'four'],
      ])
      expect(lines.every(({ replica }) => replica === 'r1-1')).toBe(true)
      expect(lines.every(({ at }) => at !== null && at > 0)).toBe(true)
    })
    it('can be read from its end, and from a point in time', async () => {
      const spec = await up('r1-1', { env: { PROBE_LOG: 'one|two|three' } })
      await written(spec, 3)
      expect((await read(spec, { tail: 2 })).map(({ text }) => text)).toEqual(['two', 'three'])
      expect(await read(spec, { tail: 0 })).toEqual([])
      const lastAt = (await read(spec)).at(-1)?.at ?? 0
      expect(await read(spec, { sinceAt: lastAt + 60_000 })).toEqual([])
      expect(await read(spec, { sinceAt: lastAt - 60_000 })).toHaveLength(3)
    })
    it('is followed until its reader has enough', async () => {
      const spec = await up('r1-1', { env: { PROBE_LOG: 'one' } })
      await runtime.awaitHealthy(spec)
      const enough = new AbortController()
      const texts: string[] = []
      const options = { tail: 10, follow: true, sinceAt: null, signal: enough.signal }
      for await (const { text } of runtime.logs(nameOf(spec), options)) {
        texts.push(text)
        if (text === 'one') await world.say(spec, 'two')
        if (text === 'two') enough.abort()
      }
      expect(texts).toEqual(['one', 'two'])
    })
    it('that is followed ends when the replica does', async () => {
      const spec = await up('r1-1', { env: { PROBE_LOG: 'one' } })
      await runtime.awaitHealthy(spec)
      const texts: string[] = []
      for await (const { text } of runtime.logs(nameOf(spec), { tail: 10, follow: true, sinceAt: null })) {
        texts.push(text)
        if (text === 'one') await down(spec, 'stopped')
      }
      expect(texts[0]).toBe('one')
    })
    it('of an absent replica is empty', async () => {
      expect(await read(replica('r1-1'))).toEqual([])
    })
  })
}

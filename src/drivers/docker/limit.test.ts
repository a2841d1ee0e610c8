import { describe, expect, it } from 'vitest'
import { createVirtualClock } from '../../../test/fixtures/virtual-clock.ts'
import { LimitReached, within } from './limit.ts'

const never = () => new Promise<never>(() => undefined)

describe('a limit', () => {
  it('lets through what is done in time, or fails in time', async () => {
    const clock = createVirtualClock()
    await expect(within(clock, 1_000, undefined, async () => 'done')).resolves.toBe('done')
    await expect(within(clock, 1_000, undefined, () => clock.sleep(999).then(() => 'done'))).resolves.toBe('done')
    await expect(within(clock, 1_000, undefined, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  })
  it('ends what never answers, and tells it so', async () => {
    const clock = createVirtualClock()
    const before = clock.now()
    let told: unknown = null
    const waiting = within(clock, 5_000, undefined, (signal) => {
      signal.addEventListener('abort', () => (told = signal.reason))
      return never()
    })
    await expect(waiting).rejects.toThrow('no answer within 5 s')
    expect(told).toBeInstanceOf(LimitReached)
    expect(clock.now() - before).toBe(5_000)
  })
  it('gives way to the signal of its caller', async () => {
    const clock = createVirtualClock()
    const reason = new Error('pre-empted')
    const caller = new AbortController()
    const waiting = within(clock, 5_000, caller.signal, never)
    caller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(within(clock, 5_000, AbortSignal.abort(reason), never)).rejects.toBe(reason)
  })
})

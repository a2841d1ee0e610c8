// What whoever reads signals must do, whatever it is made of.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Signal, SignalSource } from '../../src/core/trial.ts'
import type { Signals } from '../../src/ports/signals.ts'

/** What the asked one says; `null`: nothing that can be understood. */
export type SignalWish = { readonly value?: number | null; readonly takesMs?: number }

export type SignalsWorld = {
  readonly signals: Signals
  /** What to ask for it, one for each kind of source. */
  sources(wish: SignalWish): Promise<readonly SignalSource[]>
  close(): Promise<void>
}

export function signalOf(source: SignalSource, changes: Partial<Signal> = {}): Signal {
  return {
    name: 'errors',
    source,
    when: 'above',
    threshold: 0.5,
    forMs: 0,
    everyMs: 1_000,
    timeoutMs: 10_000,
    ...changes,
  }
}

export function readsSignals(open: () => Promise<SignalsWorld>): void {
  let world: SignalsWorld
  beforeEach(async () => {
    world = await open()
  })
  afterEach(() => world.close())

  describe('a signal', () => {
    it('is a number, from every kind of source', async () => {
      for (const source of await world.sources({ value: 0 })) {
        expect(await world.signals.read(signalOf(source))).toEqual({ value: 0 })
      }
      for (const source of await world.sources({ value: 1 })) {
        expect(await world.signals.read(signalOf(source))).toEqual({ value: 1 })
      }
    })
    it('may be any number, where the source can say one', async () => {
      for (const source of (await world.sources({ value: -0.25 })).filter(({ kind }) => kind !== 'http')) {
        expect(await world.signals.read(signalOf(source))).toEqual({ value: -0.25 })
      }
    })
    it('is unknown, with a reason, when what comes is no number', async () => {
      for (const source of (await world.sources({ value: null })).filter(({ kind }) => kind !== 'http')) {
        expect(await world.signals.read(signalOf(source))).toEqual({ unknown: expect.stringMatching(/./) })
      }
    })
    it('is not good when nothing comes in time', async () => {
      for (const source of await world.sources({ takesMs: 60_000 })) {
        const reading = await world.signals.read(signalOf(source, { timeoutMs: 100 }))
        if ('value' in reading) expect([source.kind, reading.value]).toEqual(['http', 1])
        else expect(reading.unknown).toMatch(/./)
      }
    })
    it('is not waited for by who has called it off', async () => {
      for (const source of await world.sources({ takesMs: 60_000 })) {
        const stopping = new AbortController()
        const reason = new Error('a rollback took over')
        const reading = world.signals.read(signalOf(source), stopping.signal)
        stopping.abort(reason)
        await expect(reading).rejects.toBe(reason)
        await expect(world.signals.read(signalOf(source), stopping.signal)).rejects.toBe(reason)
      }
    })
  })
}

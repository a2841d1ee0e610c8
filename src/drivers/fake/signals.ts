// Signals in memory: they say what a test says.
import type { Signal } from '../../core/trial.ts'
import type { Clock } from '../../ports/clock.ts'
import type { SignalReading, Signals } from '../../ports/signals.ts'

export type SignalBehaviour = { readonly reading: SignalReading; readonly takesMs: number }

export class FakeSignals {
  readonly clock: Clock
  /** Names, each as often as it was read. */
  readonly calls: string[] = []
  behaviour: (signal: Signal) => Partial<SignalBehaviour> = () => ({})

  constructor(clock: Clock) {
    this.clock = clock
  }

  open(): Signals {
    return {
      read: async (signal, abort) => {
        abort?.throwIfAborted()
        this.calls.push(signal.name)
        const { reading = { value: 0 }, takesMs = 0 } = this.behaviour(signal)
        await this.clock.sleep(Math.min(takesMs, signal.timeoutMs), abort)
        return takesMs > signal.timeoutMs ? { unknown: 'no answer in time' } : reading
      },
    }
  }
}

// Programs on the host and web addresses in memory: what they do is what a test says, and what was asked of them is kept.
import type { Clock } from '../../ports/clock.ts'
import type { Hooks, HostEnd } from '../../ports/hooks.ts'

export type HookBehaviour = {
  readonly exitCode: number
  readonly status: number
  readonly takesMs: number
  readonly output: readonly string[]
  /** It cannot be started, or does not answer, for this reason. */
  readonly fails: string | null
}

const fine: HookBehaviour = { exitCode: 0, status: 204, takesMs: 0, output: [], fails: null }

export type FakeHookCall = { readonly what: string; readonly env: Readonly<Record<string, unknown>> }

export class FakeHooks {
  readonly clock: Clock
  /** Each as often as it was begun: a program's words or an address, and its environment or the body. */
  readonly calls: FakeHookCall[] = []
  behaviour: (what: string) => Partial<HookBehaviour> = () => ({})

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** `onRunning` is called while one runs. */
  open(onRunning: () => void = () => {}): Hooks {
    const begin = (what: string, env: FakeHookCall['env']): HookBehaviour => {
      this.calls.push({ what, env })
      const behaviour = { ...fine, ...this.behaviour(what) }
      onRunning()
      if (behaviour.fails !== null) throw new Error(behaviour.fails)
      return behaviour
    }
    return {
      runOnHost: async ({ argv, env, timeoutMs, signal, onOutput }): Promise<HostEnd> => {
        signal?.throwIfAborted()
        const { exitCode, takesMs, output } = begin(argv.join(' '), env)
        for (const line of output) onOutput({ stream: 'stdout', bytes: new TextEncoder().encode(`${line}\n`) })
        await this.clock.sleep(Math.min(takesMs, timeoutMs), signal)
        if (takesMs > timeoutMs) return { exitCode: null, signal: 'SIGTERM', timedOut: true }
        return { exitCode, signal: null, timedOut: false }
      },
      post: async ({ url, body, timeoutMs, signal }) => {
        signal?.throwIfAborted()
        const { status, takesMs } = begin(url, { ...body })
        await this.clock.sleep(Math.min(takesMs, timeoutMs), signal)
        if (takesMs > timeoutMs) throw new Error('no answer in time')
        return { status }
      },
    }
  }
}

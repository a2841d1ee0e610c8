// What every operation is given: the state, and the ports to the world. Heavy drivers are loaded when they are first asked for,
// so that a warm rollback imports none of them.
import type { Actor } from '../core/model.ts'
import type { OutputLine } from '../core/output-lines.ts'
import type { Clock, Random } from '../ports/clock.ts'
import type { Hooks } from '../ports/hooks.ts'
import type { Signals } from '../ports/signals.ts'
import type { Roles } from '../ports/roles.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { Secrets } from '../ports/secrets.ts'
import type { ProxyProcess, Traffic } from '../ports/traffic.ts'
import type { Vcs } from '../ports/vcs.ts'
import type { Store } from '../store/store.ts'

export type App = {
  readonly store: Store
  readonly traffic: Traffic
  readonly runtime: () => Promise<Runtime>
  readonly proxy: () => Promise<ProxyProcess>
  readonly secrets: () => Promise<Secrets>
  readonly vcs: () => Promise<Vcs>
  readonly hooks: () => Promise<Hooks>
  readonly signals: () => Promise<Signals>
  readonly roles: Roles
  readonly clock: Clock
  readonly random: Random
}

/** Common to every request for an operation. */
export type Asked = {
  readonly actor: Actor
  /** Why, in the words of who asks. */
  readonly reason: string | null
  /** Hears what hooks write, line by line, without secrets. */
  readonly onOutput?: (hook: string, line: OutputLine) => void
  /** Aborted by Ctrl-C. */
  readonly signal?: AbortSignal
  /** Aborted where Ctrl-C means: what takes its time on purpose is done at once. */
  readonly hurry?: AbortSignal
}

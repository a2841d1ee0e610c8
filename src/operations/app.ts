// What every operation is given: the state, and the ports to the world. Heavy drivers are loaded when they are first asked for,
// so that a warm rollback imports none of them.
import type { Actor } from '../core/model.ts'
import type { OutputLine } from '../core/output-lines.ts'
import type { Archive } from '../ports/archive.ts'
import type { Builder } from '../ports/builder.ts'
import type { Clock, Random } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import type { Engines } from '../ports/engines.ts'
import type { CodeHosts } from '../ports/code-host.ts'
import type { Compose } from '../ports/compose.ts'
import type { Hooks } from '../ports/hooks.ts'
import type { Images } from '../ports/images.ts'
import type { Signals } from '../ports/signals.ts'
import type { Registry } from '../ports/registry.ts'
import type { Roles } from '../ports/roles.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { Schemas } from '../ports/schemas.ts'
import type { Secrets } from '../ports/secrets.ts'
import type { ProxyProcess, Traffic } from '../ports/traffic.ts'
import type { Vcs } from '../ports/vcs.ts'
import type { Store } from '../store/store.ts'

export type App = {
  readonly store: Store
  readonly traffic: Traffic
  readonly runtime: () => Promise<Runtime>
  readonly proxy: () => Promise<ProxyProcess>
  readonly builder: () => Promise<Builder>
  readonly registry: () => Promise<Registry>
  readonly engines: () => Promise<Engines>
  readonly secrets: () => Promise<Secrets>
  readonly vcs: () => Promise<Vcs>
  readonly codeHosts: () => Promise<CodeHosts>
  readonly hooks: () => Promise<Hooks>
  readonly compose: () => Promise<Compose>
  readonly signals: () => Promise<Signals>
  readonly schemas: () => Promise<Schemas>
  readonly roles: Roles
  readonly images: () => Promise<Images>
  readonly archive: () => Promise<Archive>
  readonly disk: Disk
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

// A container engine in memory: the world that fake runtimes work on. It outlives a runtime as a real engine outlives a process.
// Tests reach into it: what containers do, what goes wrong with a call, what strangers do on the same host.
import type { AsternError } from '../../core/errors.ts'
import type { ImageFacts, ProcessConfig } from '../../core/model.ts'
import type { Clock } from '../../ports/clock.ts'
import type { LogLine, OneOffSpec, ReplicaSeen, ReplicaSpec, Runtime, Stranger } from '../../ports/runtime.ts'
import type { Output } from '../../ports/session.ts'

/** What the program in a container does. Times count from its start. */
export type Behaviour = {
  /** `null`: never. */
  readonly healthyAfterMs: number | null
  /** It ends by itself; the engine starts it again, as the restart policy says. */
  readonly exits: { readonly afterMs: number; readonly code: number; readonly oom: boolean } | null
  /** What it needs after its stop signal; beyond its timeout it is killed. */
  readonly stopsAfterMs: number
  /** Written at each start. */
  readonly log: readonly Omit<LogLine, 'replica' | 'at'>[]
  /** The engine refuses to start it, for this reason. */
  readonly startFails: string | null
  /** Its working set at that age. Where it reaches the limit it is killed, and started again. */
  readonly memoryBytes: (ageMs: number) => number
}

const SMALL_BYTES = 16 * 1024 * 1024
/** 128 + SIGKILL. */
const KILLED = 137

export const wellBehaved: Behaviour = {
  healthyAfterMs: 0,
  exits: null,
  stopsAfterMs: 0,
  log: [],
  startFails: null,
  memoryBytes: () => SMALL_BYTES,
}

export type FakeContainer = {
  readonly installation: string
  readonly spec: Omit<ReplicaSpec, 'openEnv'>
  readonly env: Readonly<Record<string, string>>
  level: ReplicaSeen['level']
  /** `null`: never. */
  startedAt: number | null
  attached: boolean
  restarts: number
  exitCode: number | null
  oomKilled: boolean
  readonly log: LogLine[]
}

/** What a command does that is run once, or in a replica. */
export type Program = {
  readonly exitCode: number
  readonly takesMs: number
  readonly output: readonly Omit<LogLine, 'replica' | 'at'>[]
  /** What it makes of its standard input. */
  readonly answers: (input: Uint8Array) => Output | null
}

export const quiet: Program = { exitCode: 0, takesMs: 0, output: [], answers: () => null }

/** A container that runs one command. */
export type FakeOneOff = {
  readonly installation: string
  readonly spec: Omit<OneOffSpec, 'openEnv'>
  readonly env: Readonly<Record<string, string>>
  readonly program: Program
  /** `null`: never. */
  startedAt: number | null
  /** `null`: it runs, or was never started. */
  exitCode: number | null
}

export type RuntimeMethod = Exclude<keyof Runtime, 'close'>

/** A scripted failure. `after`: the call had its effect, only its answer is lost. */
export type Fault = {
  readonly method: RuntimeMethod
  /** `null`: of any replica, and calls that concern none. */
  readonly replica: string | null
  readonly when: 'before' | 'after'
  /** `null`: only the delay. */
  readonly error: AsternError | Error | null
  readonly delayMs: number
  readonly times: number
}

export type Call = { readonly method: RuntimeMethod; readonly replica: string | null; readonly at: number }

/** The most calls that are remembered, so that a long simulation does not grow for ever. */
const CALLS_KEPT = 100_000

export class FakeEngine {
  /** `down` refuses at once; `hung` accepts and never answers. */
  state: 'up' | 'down' | 'hung' | 'forbidden' = 'up'
  /** Registries that do not answer: `registry.example.com`. */
  readonly unreachable = new Set<string>()
  liveRestore = true
  version = '20.10.24'
  readonly clock: Clock
  readonly containers = new Map<string, FakeContainer>()
  /** By reference and by image ID. */
  readonly images = new Map<string, ImageFacts>()
  /** What a pull finds, by reference. */
  readonly remoteImages = new Map<string, ImageFacts>()
  /** Subnet by installation. */
  readonly networks = new Map<string, string>()
  /** Containers that are not Astern's, by name. */
  readonly strangers = new Map<string, Stranger>()
  /** Networks that are not Astern's, and services of compose that run (`project/service`). */
  readonly userNetworks = new Set<string>()
  /** Addresses of containers of others, by `network/name`. */
  readonly neighbours = new Map<string, string>()
  readonly composeServices = new Set<string>()
  /** Routes of the host and networks of others, as CIDRs. */
  readonly routes = new Set<string>()
  /** Who else holds an address or a port (`0.0.0.0:80/tcp`) of the host. */
  readonly addresses = new Map<string, string>()
  readonly ports = new Map<string, string>()
  readonly calls: Call[] = []
  /** Called when a container is created and started. */
  behaviour: (container: FakeContainer) => Partial<Behaviour> = () => ({})
  readonly oneOffs = new Map<string, FakeOneOff>()
  /** Names of the commands that were started in a container of their own, and those that were run in replicas, each as often as it was. */
  readonly started: string[] = []
  readonly executed: { readonly replica: string; readonly argv: readonly string[] }[] = []
  /** Called when a command begins. */
  program: (argv: readonly string[], env: Readonly<Record<string, string>>) => Partial<Program> = () => ({})
  readonly #faults: Fault[] = []
  #wakeUps: (() => void)[] = []

  constructor(clock: Clock) {
    this.clock = clock
  }

  addImage(facts: ImageFacts): void {
    this.images.set(facts.reference, facts)
    this.images.set(facts.configDigest, { ...facts, reference: facts.configDigest, digest: facts.configDigest })
  }

  removeImage(configDigest: string): void {
    for (const [reference, facts] of this.images) {
      if (facts.configDigest === configDigest) this.images.delete(reference)
    }
  }

  addFault(fault: Partial<Fault> & Pick<Fault, 'method'>): void {
    this.#faults.push({ replica: null, when: 'before', error: null, delayMs: 0, times: 1, ...fault })
  }

  /** The next fault that concerns the call, used up by one. */
  takeFault(method: RuntimeMethod, replica: string | null, when: Fault['when']): Fault | null {
    const index = this.#faults.findIndex(
      (fault) =>
        fault.method === method && fault.when === when && (fault.replica === null || fault.replica === replica),
    )
    const fault = this.#faults[index]
    if (fault === undefined) return null
    this.#faults.splice(index, 1, ...(fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : []))
    return fault
  }

  record(method: RuntimeMethod, replica: string | null): void {
    if (this.calls.length >= CALLS_KEPT) this.calls.shift()
    this.calls.push({ method, replica, at: this.clock.now() })
  }

  behaviourOf(container: FakeContainer): Behaviour {
    return { ...wellBehaved, ...this.behaviour(container) }
  }

  /** Starts a container's program: nothing else may hold its address and ports. */
  start(container: FakeContainer): void {
    container.level = 'running'
    container.startedAt = this.clock.now()
    container.exitCode = null
    container.oomKilled = false
    this.#write(container, this.behaviourOf(container).log)
  }

  /** Its program ends; the engine starts it again. */
  crash(container: FakeContainer, code: number, oom = false): void {
    this.start(container)
    container.restarts += 1
    container.exitCode = code
    container.oomKilled = oom
  }

  /** Somebody stops it with the engine's own command. */
  stop(container: FakeContainer, code = 0): void {
    container.level = 'stopped'
    container.exitCode = code
    container.oomKilled = false
    this.#wake()
  }

  write(container: FakeContainer, stream: LogLine['stream'], text: string): void {
    this.#write(container, [{ stream, text }])
  }

  remove(container: FakeContainer): void {
    for (const [key, other] of this.containers) {
      if (other === container) this.containers.delete(key)
    }
    this.#wake()
  }

  /** Somebody removes an installation's network, which needs that they cut its running containers off first. */
  removeNetwork(installation: string): void {
    this.networks.delete(installation)
    for (const container of this.containers.values()) {
      if (container.installation === installation) container.attached = false
    }
  }

  /** The engine is stopped and started again. Without live-restore every container ends, and what was paused comes back running. */
  restart(): void {
    for (const container of this.containers.values()) {
      if (this.liveRestore || container.level === 'stopped') continue
      this.start(container)
    }
  }

  /** Lets what is due happen: programs that end by themselves, or need more memory than they may. */
  settle(): void {
    for (const container of this.containers.values()) {
      if (container.level !== 'running' || container.startedAt === null) continue
      const { exits } = this.behaviourOf(container)
      const ageMs = this.clock.now() - container.startedAt
      if (exits !== null && ageMs >= exits.afterMs) this.crash(container, exits.code, exits.oom)
      else if (this.memoryOf(container) >= (container.spec.config.memoryBytes ?? Number.POSITIVE_INFINITY)) {
        this.crash(container, KILLED, true)
      }
    }
  }

  /** Its working set now; 0 when it was never started. */
  memoryOf(container: FakeContainer): number {
    if (container.startedAt === null) return 0
    return this.behaviourOf(container).memoryBytes(this.clock.now() - container.startedAt)
  }

  /** Who runs at an address, other than `self`: another container, or a stranger. */
  holderOfAddress(address: string, self: FakeContainer): string | null {
    for (const [key, other] of this.containers) {
      if (other !== self && other.level !== 'stopped' && other.attached && other.spec.address === address) return key
    }
    return this.addresses.get(address) ?? null
  }

  holderOfPort(port: ProcessConfig['ports'][number], self: FakeContainer): string | null {
    for (const [key, other] of this.containers) {
      if (other === self || other.level === 'stopped') continue
      if (other.spec.config.ports.some((held) => portName(held) === portName(port))) return key
    }
    return this.ports.get(portName(port)) ?? null
  }

  /** Resolves at the next line that is written or container that ends, or when the signal aborts. */
  async change(signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (signal?.aborted === true) return
    this.#wakeUps.push(resolve)
    signal?.addEventListener('abort', () => resolve(), { once: true })
    await promise
  }

  #write(container: FakeContainer, lines: readonly Omit<LogLine, 'replica' | 'at'>[]): void {
    for (const line of lines) container.log.push({ ...line, replica: container.spec.name, at: this.clock.now() })
    this.#wake()
  }

  #wake(): void {
    const wakeUps = this.#wakeUps
    this.#wakeUps = []
    for (const wakeUp of wakeUps) wakeUp()
  }
}

export function portName(port: ProcessConfig['ports'][number]): string {
  return `${port.hostAddress ?? '0.0.0.0'}:${port.hostPort}/${port.protocol}`
}

// The world of the runtime suite: two runtimes on one engine, and hands that do to it what tests want done.
import { expect, vi } from 'vitest'
import { addressPool, nextAddress } from '../../src/core/addresses.ts'
import type { ContainerOptions, Health, PublishedPort } from '../../src/core/model.ts'
import type { LogLine, LogOptions, ReplicaName, ReplicaSpec, Runtime } from '../../src/ports/runtime.ts'

/** A runtime, another installation's on the same engine, and hands that reach into the engine past both. */
export type RuntimeWorld = {
  readonly runtime: Runtime
  readonly other: Runtime
  readonly installations: { readonly ours: string; readonly other: string }
  /** On the host; names no registry. Its program does what test/fixtures/probe-app says. */
  readonly image: { readonly reference: string; readonly configDigest: string }
  /** `host/repository`: pushed as `:pushed`, not on the host. */
  readonly remote: { readonly repository: string; readonly digest: string; readonly configDigest: string }
  /** Another runtime of our installation, as another process has it. */
  reopen(): Runtime
  /** The subnets that the two installations keep in their state. */
  subnet(runtime: Runtime): string | null
  envOf(replica: ReplicaSpec): Promise<Readonly<Record<string, string | undefined>>>
  /** Its program ends by itself. */
  crash(replica: ReplicaSpec, code: number): Promise<void>
  /** Its program writes a line: to stderr when it begins with `!`. */
  say(replica: ReplicaSpec, line: string): Promise<void>
  stopByHand(replica: ReplicaSpec): Promise<void>
  removeByHand(replica: ReplicaSpec): Promise<void>
  /** Cuts off what runs, and removes our network. */
  removeNetworkByHand(): Promise<void>
  /** A container that is not Astern's takes an address of our network, or a port of the host. Returns its name. */
  occupyAddress(address: string): Promise<string>
  occupyPort(port: number): Promise<string>
  /** A network that is not Astern's; its name. And one more that the world removes with it. */
  makeNetwork(): Promise<string>
  removeNetwork(name: string): Promise<void>
  /** A container of the image that somebody started by hand, with one variable and a published port. Returns its name. */
  startStranger(variable: string, port: number): Promise<string>
  /** A container that compose would have made. */
  startDependency(project: string, service: string): Promise<void>
  /** Names of containers that are not Astern's and run. */
  strangers(): Promise<readonly string[]>
  close(): Promise<void>
}

export const HEALTH: Health = {
  kind: 'http',
  path: '/healthz',
  intervalMs: 50,
  timeoutMs: 400,
  rise: 1,
  fall: 2,
  startPeriodMs: 20_000,
}
export const SCOPE = { service: 'shop', environment: 'prod' }

const LOG_WITHIN_MS = 20_000

export type Wish = {
  readonly env?: Readonly<Record<string, string>>
  readonly health?: Health
  readonly hostPort?: number
  readonly memoryBytes?: number
  readonly stopTimeoutMs?: number
  readonly configDigest?: string
  readonly container?: ContainerOptions
  readonly onEnv?: () => void
}

/** Short ways to say what a test does to its world. */
export type Hands = {
  /** A replica with an address of its own; nothing is created yet. */
  readonly replica: (name: string, wish?: Wish, owner?: Runtime) => ReplicaSpec
  readonly up: (name: string, wish?: Wish) => Promise<ReplicaSpec>
  readonly down: (spec: ReplicaSpec, level: 'frozen' | 'stopped' | 'absent') => Promise<void>
  readonly levels: (owner?: Runtime) => Promise<Readonly<Record<string, string>>>
  /** Waits until the engine has as many lines of its log: it takes them in beside the program that writes them. */
  readonly written: (spec: ReplicaSpec, lines: number) => Promise<void>
  readonly read: (spec: ReplicaSpec, options?: Partial<LogOptions>) => Promise<readonly LogLine[]>
}

/** `current` gives the world of the test that runs. */
export function createHands(current: () => RuntimeWorld): Hands {
  const taken: string[] = []

  function replica(name: string, wish: Wish = {}, owner: Runtime = current().runtime): ReplicaSpec {
    const address = nextAddress(addressPool(current().subnet(owner) ?? ''), taken) ?? ''
    taken.push(address)
    return {
      ...SCOPE,
      name,
      release: Number(/^r(\d+)-/.exec(name)?.[1]),
      process: 'web',
      transactionId: 'tx-12345678',
      address,
      configDigest: wish.configDigest ?? current().image.configDigest,
      config: {
        port: 8080,
        command: null,
        env: {},
        mounts: [],
        ports: wish.hostPort === undefined ? [] : [publish(wish.hostPort)],
        memoryBytes: wish.memoryBytes ?? null,
        cpus: null,
        stop: { signal: 'SIGTERM', timeoutMs: wish.stopTimeoutMs ?? 5_000, drainMs: 0 },
        health: wish.health ?? HEALTH,
        ...(wish.container === undefined ? {} : { container: wish.container }),
      },
      secretFiles: null,
      roleFolder: null,
      openEnv: () => {
        wish.onEnv?.()
        return wish.env ?? {}
      },
    }
  }

  async function read(spec: ReplicaSpec, options: Partial<LogOptions> = {}): Promise<LogLine[]> {
    const whole = { tail: Number.POSITIVE_INFINITY, follow: false, sinceAt: null }
    const lines: LogLine[] = []
    for await (const line of current().runtime.logs(nameOf(spec), { ...whole, ...options })) lines.push(line)
    return lines
  }

  return {
    replica,
    read,
    written: (spec, lines) =>
      vi.waitFor(async () => expect(await read(spec)).toHaveLength(lines), { timeout: LOG_WITHIN_MS }),
    async up(name, wish) {
      const spec = replica(name, wish)
      await current().runtime.ensureRunning(spec)
      return spec
    },
    down: (spec, level) => current().runtime.ensureDown(nameOf(spec), level),
    levels: async (owner = current().runtime) =>
      Object.fromEntries((await owner.observe()).map((seen) => [seen.name, seen.level])),
  }
}

export function nameOf({ service, environment, name, release, config }: ReplicaSpec): ReplicaName {
  return { service, environment, name, release, stop: config.stop }
}

function publish(hostPort: number): PublishedPort {
  return { hostAddress: '127.0.0.1', hostPort, containerPort: 8080, protocol: 'tcp' }
}

// A whole world in memory around a real state: an engine, a proxy, and processes of Astern that can be killed at any of their steps.
import { onTestFinished } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { type Definition, type ImageFacts, type Scope, scopeName } from '../../src/core/model.ts'
import { FakeBuilder } from '../../src/drivers/fake/builder.ts'
import { FakeCompose } from '../../src/drivers/fake/compose.ts'
import { FakeHooks } from '../../src/drivers/fake/hooks.ts'
import { createFakeRuntime } from '../../src/drivers/fake/runtime.ts'
import { FakeArchive } from '../../src/drivers/fake/archive.ts'
import { FakeImages } from '../../src/drivers/fake/images.ts'
import { FakeEngines } from '../../src/drivers/fake/engines.ts'
import { FakeRegistry } from '../../src/drivers/fake/registry.ts'
import { FakeEngine } from '../../src/drivers/fake/engine.ts'
import { createFakeSchemas, type FakeDatabase } from '../../src/drivers/fake/schemas.ts'
import { FakeCodeHosts } from '../../src/drivers/fake/code-hosts.ts'
import { FakeRepository } from '../../src/drivers/fake/repository.ts'
import { createFakeVcs } from '../../src/drivers/fake/vcs.ts'
import { createRoles } from '../../src/drivers/host/roles.ts'
import { fail } from '../../src/core/errors.ts'
import { WHOLE_SHARE } from '../../src/core/trial.ts'
import { WEB } from '../../src/core/processes.ts'
import type { App } from '../../src/operations/app.ts'
import { deploy } from '../../src/operations/deploy.ts'
import { rollback, type RollbackAsked } from '../../src/operations/rollback.ts'
import type { Force } from '../../src/core/plan-rollback.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { SignalReading } from '../../src/ports/signals.ts'
import type { Roles } from '../../src/ports/roles.ts'
import type { SecretReference } from '../../src/core/model.ts'
import type { BackendWanted, ServerSeen, ServerWanted, Traffic, TrafficWanted } from '../../src/ports/traffic.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { NOW_AT } from '../builders.ts'
import { Users } from './users.ts'
import { blankState, countingRandom, FakeProcesses, temporaryFolder } from './store.ts'

/** Time that passes only when somebody waits for it. */
export class IdleClock implements Clock {
  #now = NOW_AT
  now(): number {
    return this.#now
  }
  monotonic(): number {
    return this.#now - NOW_AT
  }
  pass(ms: number): void {
    this.#now += ms
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        if (signal?.aborted === true) {
          reject(signal.reason as Error)
          return
        }
        this.#now += ms
        resolve()
      })
    })
  }
}

/** The process was killed here: nothing that it does afterwards happens. */
export class Killed extends Error {}

export type Moment = { readonly name: string; readonly when: 'before' | 'after' }

export class World {
  readonly clock = new IdleClock()
  readonly engine = new FakeEngine(this.clock)
  readonly registry = new FakeRegistry()
  readonly engines = new FakeEngines(this.engine)
  readonly archive = new FakeArchive()
  readonly images = new FakeImages(this.engine, () => this.installation)
  installation = ''
  /** What is free of every disk, of 10,000 parts. */
  free = 5_000
  readonly builder = new FakeBuilder(this.engine, this.registry)
  readonly hooks = new FakeHooks(this.clock)
  readonly compose = new FakeCompose(this.clock)
  readonly processes = new FakeProcesses()
  readonly folder = temporaryFolder()
  readonly random = countingRandom()
  readonly secrets = new Map<string, string>()
  readonly databases = new Map<string, FakeDatabase>()
  /** Revisions of the repository, each with the one it was built on. */
  readonly commits = new Map<string, string | null>()
  /** When each revision was committed. */
  readonly committedAt = new Map<string, number>()
  readonly repository = new FakeRepository()
  readonly codeHosts = new FakeCodeHosts()
  /** Called around every commit and every call to the world. */
  observer: (moment: Moment) => void = () => {}
  /** Waited for before and after every call to the world, but not around commits: nothing can come between those. */
  interlude: (moment: Moment) => Promise<void> = async () => {}
  /** What the running proxy does; `null`: it is down. */
  proxy: TrafficWanted | null = { generation: 0, proofSecret: '', backends: [] }
  /** Another one counts from nothing. */
  proxyProcess = '1'
  readonly users = new Users()
  /** What signals say, by name. */
  readonly signals = new Map<string, SignalReading>()
  /** Releases that run, and do not answer yet. */
  readonly unready = new Set<number>()
  /** Two releases may answer at once, as while traffic moves step by step: then the older one counts. */
  mayMix = false
  /** What its file says. */
  file: TrafficWanted | null = null

  constructor() {
    blankState(this.folder)
    this.engine.routes.add('172.17.0.0/16')
    for (const [index, tag] of ['v1.0.0', 'v1.1.0', 'v1.2.0', 'v1.3.0'].entries()) this.addImage(tag, index + 1)
  }

  addImage(tag: string, seed: number, revision: string | null = null): ImageFacts {
    const configDigest = `sha256:${String(seed).padStart(64, '0')}`
    const facts = {
      reference: `shop:${tag}`,
      digest: configDigest,
      configDigest,
      hasHealthcheck: false,
      version: null,
      revision,
    }
    this.engine.addImage(facts)
    return facts
  }

  /** A process of Astern with the state open. `killAt`: the number of the moment at which it dies. */
  process(killAt: number | null = null): {
    readonly app: App
    readonly kill: () => void
    readonly moments: Moment[]
    /** So many moments from now. Returns whether it got that far, once it is over. */
    readonly dieIn: (moments: number) => () => boolean
  } {
    const { table, kill } = this.processes.spawn()
    const store = openStore(this.folder, table, this.random)
    onTestFinished(() => store.close())
    this.installation = store.installation
    const moments: Moment[] = []
    let dead = false
    let last = killAt
    const moment = (name: string, when: Moment['when']) => {
      if (dead) throw new Killed(name)
      this.observer({ name, when })
      moments.push({ name, when })
      if (moments.length - 1 !== last) return
      dead = true
      kill()
      throw new Killed(`${when} ${name}`)
    }
    const counted = <T extends object>(what: string, target: T): T =>
      new Proxy(target, {
        get: (object, key) => {
          const method: unknown = Reflect.get(object, key)
          // Page by page: nothing is called until somebody reads.
          if (['tags', 'save', 'open'].includes(String(key)) && typeof method === 'function')
            return method.bind(object) as unknown
          if (typeof method !== 'function' || key === 'close' || key === 'logs') return method
          return async (...values: unknown[]) => {
            const name = `${what}.${String(key)}`
            moment(name, 'before')
            await this.interlude({ name, when: 'before' })
            const result: unknown = await Reflect.apply(method, object, values)
            await this.interlude({ name, when: 'after' })
            moment(name, 'after')
            return result
          }
        },
      })
    const runtime = counted(
      'runtime',
      createFakeRuntime({
        installation: store.installation,
        engine: this.engine,
        subnets: store.subnet,
        onRunning: () => moment('command', 'after'),
      }),
    )
    let depth = 0
    const transaction = <T>(work: () => T): T => {
      if (depth > 0) return work()
      moment('commit', 'before')
      depth++
      try {
        const result = store.transaction(work)
        moment('commit', 'after')
        return result
      } finally {
        depth--
      }
    }
    const app: App = {
      store: { ...store, transaction },
      clock: this.clock,
      random: this.random,
      traffic: counted('traffic', this.#traffic(store)),
      runtime: async () => runtime,
      roles: this.#roles(moment),
      proxy: () => Promise.reject(new Error('no proxy process here')),
      schemas: async () => counted('schemas', createFakeSchemas(this.clock, this.databases)),
      disk: { free: () => this.free },
      images: async () => counted('images', this.images),
      archive: async () => counted('archive', this.archive),
      builder: async () => counted('builder', this.builder),
      registry: async () => counted('registry', this.registry),
      engines: async () => counted('engines', this.engines),
      vcs: async () => createFakeVcs(this.commits, this.repository, this.committedAt),
      codeHosts: async () => this.codeHosts,
      signals: async () => ({
        read: async ({ name }) => this.signals.get(name) ?? { unknown: 'the test says nothing' },
      }),
      hooks: async () =>
        counted(
          'hooks',
          this.hooks.open(() => moment('hook', 'after')),
        ),
      compose: async () =>
        counted(
          'compose',
          this.compose.open(() => moment('compose', 'after')),
        ),
      secrets: async () => ({
        resolve: async ({ name }: SecretReference) => {
          const value = this.secrets.get(name)
          if (value === undefined) throw fail('SECRET_UNAVAILABLE', { name, source: 'the test', reason: 'it has none' })
          return new Secret(value)
        },
      }),
    }
    const die = () => {
      dead = true
      kill()
    }
    const dieIn = (count: number) => {
      const at = moments.length + count
      last = at
      return () => moments.length > at
    }
    return { app, kill: die, moments, dieIn }
  }

  /** Real ones, in the folder of the state. */
  #roles(moment: (name: string, when: Moment['when']) => void): Roles {
    const roles = createRoles(this.folder)
    const around = (name: string, work: () => void) => {
      moment(`roles.${name}`, 'before')
      work()
      moment(`roles.${name}`, 'after')
    }
    return {
      ...roles,
      write: (scope, release, role) => around('write', () => roles.write(scope, release, role)),
      remove: (scope, release) => around('remove', () => roles.remove(scope, release)),
    }
  }

  /** What the containers of each release are told. */
  roles(scope: Scope): Record<string, string | null> {
    return Object.fromEntries([...createRoles(this.folder).read(scope)].map(([release, role]) => [`r${release}`, role]))
  }

  #traffic(store: Store): Traffic {
    const up = () => {
      if (this.proxy === null) throw fail('PROXY_DOWN', { reason: 'connection refused' })
      return this.proxy
    }
    return {
      observe: async () => ({
        process: '1',
        backends: up().backends.map((backend) => ({
          ...backend,
          servers: backend.servers.map((server) => this.#seen(backend, server)),
        })),
      }),
      ensure: async () => {
        this.file = store.replicas.wanted()
        up()
        this.proxy = this.file
      },
      markUp: async () => void up(),
      drain: async () => 0,
      counters: async () => [],
      probe: async (scope, _path, count, asked) => {
        const release = asked === undefined ? this.answering(scope) : this.#reach(scope, asked)
        return Array.from({ length: count }, () => ({ release, status: release === null ? 503 : 200 }))
      },
      tally: async () => {
        up()
        return { process: this.proxyProcess, backends: this.users.tally(store.replicas.wanted(), this.clock.now()) }
      },
      synced: async () => {},
      close: () => {},
    }
  }

  /** A release on purpose: it has to be ready. */
  #reach(scope: Scope, release: number): number | null {
    const own = this.proxy?.backends.find((backend) => scopeName(backend) === scopeName(scope))?.servers ?? []
    const ready = own.some(
      (server) => server.release === release && server.mode === 'ready' && this.#runs(scope, server),
    )
    return ready ? release : null
  }

  #seen(scope: Scope, server: ServerWanted): ServerSeen {
    return {
      ...server,
      up: server.checked && !this.unready.has(server.release) && this.#runs(scope, server),
      sessions: 0,
    }
  }

  #runs(scope: Scope, server: Pick<ServerWanted, 'name'>): boolean {
    const containers = [...this.engine.containers.values()]
    return containers.some(
      ({ spec, level }) =>
        spec.service === scope.service &&
        spec.environment === scope.environment &&
        spec.name === server.name &&
        level === 'running',
    )
  }

  /** The releases whose processes beside `web` run. */
  working(scope: Scope): number[] {
    const running = [...this.engine.containers.values()].filter(
      ({ spec, level }) =>
        spec.service === scope.service &&
        spec.environment === scope.environment &&
        spec.process !== WEB &&
        level === 'running',
    )
    return [...new Set(running.map(({ spec }) => spec.release))]
  }

  /** The release that a user's request reaches through the proxy; `null`: none. Mixed answers are a defect of the test's subject. */
  answering(scope: Scope): number | null {
    const backend = this.proxy?.backends.find(
      (one: BackendWanted) => one.service === scope.service && one.environment === scope.environment,
    )
    const trial = backend?.trial ?? null
    if (trial !== null && trial.share > WHOLE_SHARE / 2 && this.#reach(scope, trial.release) !== null)
      return trial.release
    const serving = backend?.servers.filter((server) => server.weight > 0 && server.mode === 'ready') ?? []
    const releases = new Set(serving.filter((server) => this.#runs(scope, server)).map(({ release }) => release))
    if (releases.size > 1 && this.mayMix) return Math.min(...releases)
    if (releases.size > 1) throw new Error(`several releases answer: ${[...releases].join(', ')}`)
    return [...releases][0] ?? null
  }
}

export const alice = { actor: { name: 'alice', automated: false }, reason: null }

/** As a person at a terminal who says yes to deploying over a hold. */
export function deployTag(app: App, definition: Definition, tag: string, force: readonly Force[] = []) {
  const hold = app.store.holds.get(definition)
  return deploy(app, definition, {
    ...alice,
    tag,
    force: new Set(force),
    overHolds: hold === null ? [] : [hold.transactionId],
  })
}

export function rollBack(
  app: App,
  scope: Scope,
  to: string | null = null,
  how: Pick<RollbackAsked, 'rampMs' | 'hurry'> = {},
) {
  const { service, environment } = scope
  return rollback(app, { service, environment }, { ...alice, to, force: new Set(), ...how })
}

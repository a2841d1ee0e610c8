// The runtime suite against the fake, and what only the fake can do: fail when a test says so.
import { describe, expect, it } from 'vitest'
import { fail } from '../../src/core/errors.ts'
import { FakeEngine, type Behaviour, type FakeContainer, type Program } from '../../src/drivers/fake/engine.ts'
import { createFakeRuntime, HUNG_LIMIT_MS } from '../../src/drivers/fake/runtime.ts'
import type { ReplicaSpec, Runtime } from '../../src/ports/runtime.ts'
import { createVirtualClock } from '../fixtures/virtual-clock.ts'
import type { RuntimeWorld } from './runtime-world.ts'
import { runsCommands } from './runtime-commands.ts'
import { countsMemory } from './runtime-stats.ts'
import { watchesReplicas } from './runtime-watching.ts'
import { isRuntime } from './runtime.ts'

const IMAGE = { reference: 'probe:v1', configDigest: `sha256:${'a'.repeat(64)}` }
const REMOTE = {
  repository: '127.0.0.1:5555/probe',
  digest: `sha256:${'d'.repeat(64)}`,
  configDigest: `sha256:${'c'.repeat(64)}`,
}
const MIB = 1024 * 1024
const LABELS = { hasHealthcheck: false, version: '1.2.3', revision: 'abc123' }

/** What the program of test/fixtures/probe-app does with that environment. */
function probeApp({ env }: FakeContainer): Partial<Behaviour> {
  const listensAfterMs = Number(env['PROBE_LISTEN_AFTER_MS'] ?? 0)
  const healthyAfterMs = Number(env['PROBE_HEALTHY_AFTER_MS'] ?? 0)
  const exitsAfterMs = env['PROBE_EXIT_AFTER_MS']
  const lines = env['PROBE_LOG']?.split('|') ?? []
  const hogBytes = Number(env['PROBE_HOG_MB'] ?? 0) * MIB
  return {
    memoryBytes: () => 4 * MIB + hogBytes,
    healthyAfterMs: healthyAfterMs < 0 ? null : Math.max(healthyAfterMs, listensAfterMs),
    exits:
      exitsAfterMs === undefined
        ? null
        : { afterMs: Number(exitsAfterMs), code: Number(env['PROBE_EXIT_CODE'] ?? 0), oom: false },
    stopsAfterMs: env['PROBE_IGNORE_STOP'] === undefined ? 0 : Number.POSITIVE_INFINITY,
    log: lines.map((line) =>
      line.startsWith('!') ? { stream: 'stderr', text: line.slice(1) } : { stream: 'stdout', text: line },
    ),
  }
}

/** What `probe-app do` does with these arguments. */
function probeCommand(argv: readonly string[], env: Readonly<Record<string, string>>): Partial<Program> {
  const things = argv.slice(argv.indexOf('do') + 1).map((thing) => thing.split('=', 2) as [string, string?])
  const line = (text: string) =>
    text.startsWith('!') ? ({ stream: 'stderr', text: text.slice(1) } as const) : ({ stream: 'stdout', text } as const)
  const of = (what: string) => things.find(([name]) => name === what)?.[1]
  return {
    output: things.flatMap(([what, value = '']) =>
      what === 'say' ? [line(value)] : what === 'env' ? [line(env[value] ?? '')] : [],
    ),
    takesMs: Number(of('sleep') ?? 0),
    exitCode: Number(of('exit') ?? 0),
    answers: (bytes) => (things.some(([what]) => what === 'cat') ? { stream: 'stdout', bytes } : null),
  }
}

function openEngine(): { engine: FakeEngine; open: (installation: string) => Runtime; subnets: Map<string, string> } {
  const engine = new FakeEngine(createVirtualClock())
  engine.behaviour = probeApp
  engine.program = probeCommand
  engine.addImage({ ...IMAGE, ...LABELS, digest: IMAGE.configDigest })
  const { repository, ...pushed } = REMOTE
  for (const reference of [`${repository}:pushed`, `${repository}@${pushed.digest}`]) {
    engine.remoteImages.set(reference, { ...LABELS, ...pushed, reference })
  }
  engine.unreachable.add('127.0.0.1:9')
  const subnets = new Map<string, string>()
  const open = (installation: string) =>
    createFakeRuntime({
      installation,
      engine,
      subnets: {
        subnet: () => subnets.get(installation) ?? null,
        choose: (subnet) => void subnets.set(installation, subnet),
      },
    })
  return { engine, open, subnets }
}

function openFake(): RuntimeWorld {
  const { engine, open, subnets } = openEngine()
  const [runtime, other] = [open('ours'), open('other')]
  const of = (spec: ReplicaSpec): FakeContainer => {
    const found = engine.containers.get(`astern-ours-${spec.service}-${spec.environment}-${spec.name}`)
    if (found === undefined) throw new Error(`${spec.name} is absent`)
    return found
  }
  return {
    runtime,
    other,
    reopen: () => open('ours'),
    installations: { ours: 'ours', other: 'other' },
    image: IMAGE,
    remote: REMOTE,
    subnet: (owner) => subnets.get(owner === other ? 'other' : 'ours') ?? null,
    envOf: async (spec) => of(spec).env,
    crash: async (spec, code) => engine.crash(of(spec), code),
    say: async (spec, line) =>
      line.startsWith('!') ? engine.write(of(spec), 'stderr', line.slice(1)) : engine.write(of(spec), 'stdout', line),
    stopByHand: async (spec) => engine.stop(of(spec)),
    removeByHand: async (spec) => engine.remove(of(spec)),
    removeNetworkByHand: async () => engine.removeNetwork('ours'),
    occupyAddress: async (address) => {
      engine.addresses.set(address, 'stranger')
      return 'stranger'
    },
    occupyPort: async (port) => {
      engine.ports.set(`127.0.0.1:${port}/tcp`, 'stranger')
      return 'stranger'
    },
    makeNetwork: async () => {
      engine.userNetworks.add('stranger-net')
      return 'stranger-net'
    },
    removeNetwork: async (name) => void engine.userNetworks.delete(name),
    startStranger: async (variable, port) => {
      const [name = '', value = ''] = variable.split('=')
      engine.strangers.set('stranger', {
        id: 'f00',
        name: 'stranger',
        running: true,
        image: IMAGE.reference,
        configDigest: IMAGE.configDigest,
        env: { [name]: value },
        command: null,
        mounts: [],
        ports: [{ hostAddress: '127.0.0.1', hostPort: port, containerPort: 8080, protocol: 'tcp' }],
        memoryBytes: 67_108_864,
        cpus: null,
        container: {},
        networks: [],
        sharesNetwork: false,
        isReplica: false,
        restart: 'always',
      })
      return 'stranger'
    },
    startDependency: async (project, service) => void engine.composeServices.add(`${project}/${service}`),
    strangers: async () => [...engine.addresses.values(), ...engine.ports.values()],
    close: async () => runtime.close(),
  }
}

describe('the fake runtime', () => {
  isRuntime(async () => openFake())
  watchesReplicas(async () => openFake())
  runsCommands(async () => openFake())
  countsMemory(async () => openFake())
})

describe('the fake engine', () => {
  const stop = { signal: 'SIGTERM', timeoutMs: 1_000, drainMs: 0 }
  const spec: ReplicaSpec = {
    service: 'shop',
    environment: 'prod',
    name: 'r1-1',
    release: 1,
    process: 'web',
    transactionId: 'tx-1',
    address: '10.213.0.2',
    configDigest: IMAGE.configDigest,
    config: {
      port: 8080,
      command: null,
      env: {},
      mounts: [],
      ports: [],
      memoryBytes: null,
      cpus: null,
      stop,
      health: { kind: 'tcp', intervalMs: 100, timeoutMs: 100, rise: 1, fall: 2, startPeriodMs: 1_000 },
    },
    secretFiles: null,
    roleFolder: null,
    openEnv: () => ({}),
  }

  it('that is down refuses every call at once', async () => {
    const { engine, open } = openEngine()
    engine.state = 'down'
    const before = engine.clock.now()
    await expect(open('ours').ensureRunning(spec)).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' })
    await expect(open('ours').observe()).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' })
    expect(engine.clock.now()).toBe(before)
  })
  it('that is hung lets every call run into its limit', async () => {
    const { engine, open } = openEngine()
    engine.state = 'hung'
    const before = engine.clock.now()
    await expect(open('ours').observe()).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' })
    expect(engine.clock.now() - before).toBe(HUNG_LIMIT_MS)
  })
  it('is not needed to ask a replica for its health', async () => {
    const { engine, open } = openEngine()
    const runtime = open('ours')
    await runtime.ensureRunning(spec)
    engine.state = 'down'
    await expect(runtime.awaitHealthy(spec)).resolves.toBeUndefined()
  })
  it('forbids its use where it should', async () => {
    const { engine, open } = openEngine()
    engine.state = 'forbidden'
    await expect(open('ours').facts()).rejects.toMatchObject({ code: 'ENGINE_PERMISSION' })
  })
  it('fails as often as a script says, before the effect or after it', async () => {
    const { engine, open } = openEngine()
    const runtime = open('ours')
    const lost = fail('ENGINE_UNAVAILABLE', { endpoint: 'fake', reason: 'it hung up' })
    engine.addFault({ method: 'ensureRunning', error: lost, times: 2 })
    engine.addFault({ method: 'ensureRunning', when: 'after', replica: 'r1-1', error: lost })
    await expect(runtime.ensureRunning(spec)).rejects.toBe(lost)
    await expect(runtime.ensureRunning(spec)).rejects.toBe(lost)
    expect(await runtime.observe()).toEqual([])
    await expect(runtime.ensureRunning(spec)).rejects.toBe(lost)
    expect(await runtime.observe()).toHaveLength(1)
    await expect(runtime.ensureRunning(spec)).resolves.toBeUndefined()
  })
  it('takes as long as a script says, on its own clock', async () => {
    const { engine, open } = openEngine()
    const before = engine.clock.now()
    engine.addFault({ method: 'ensureRunning', delayMs: 60_000 })
    await open('ours').ensureRunning(spec)
    expect(engine.clock.now() - before).toBe(60_000)
  })
  it('remembers who called what', async () => {
    const { engine, open } = openEngine()
    await open('ours').ensureRunning(spec)
    await open('ours').observe()
    expect(engine.calls.map(({ method, replica }) => [method, replica])).toEqual([
      ['ensureRunning', 'r1-1'],
      ['observe', null],
    ])
  })
  it('wakes what was frozen when it restarts without live-restore, and leaves everything alone with it', async () => {
    const { engine, open } = openEngine()
    const runtime = open('ours')
    await runtime.ensureRunning(spec)
    await runtime.ensureDown({ ...spec, stop }, 'frozen')
    engine.restart()
    expect(await runtime.observe()).toMatchObject([{ level: 'frozen' }])
    engine.liveRestore = false
    engine.restart()
    expect(await runtime.observe()).toMatchObject([{ level: 'running' }])
    await runtime.ensureDown({ ...spec, stop }, 'stopped')
    engine.restart()
    expect(await runtime.observe()).toMatchObject([{ level: 'stopped' }])
  })
  it('outlives the runtimes that work on it', async () => {
    const { open } = openEngine()
    await open('ours').ensureRunning(spec)
    expect(await open('ours').observe()).toMatchObject([{ name: 'r1-1', level: 'running' }])
  })
})

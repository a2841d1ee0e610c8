// How the Docker runtime makes containers, and what stays of them: seen with Docker's own command.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addressPool } from '../../src/core/addresses.ts'
import type { ProcessConfig } from '../../src/core/model.ts'
import { createRoles } from '../../src/drivers/host/roles.ts'
import { createDockerRuntime } from '../../src/drivers/docker/runtime.ts'
import type { ReplicaSpec } from '../../src/ports/runtime.ts'
import { buildProbeImage, type ProbeImage } from '../fixtures/probe-app.ts'
import { realClock } from '../fixtures/real-clock.ts'
import { ask, docker, openDocker } from './docker-world.ts'
import { createHands, nameOf, type RuntimeWorld } from './runtime-world.ts'

const NOTHING_PUSHED = { repository: '127.0.0.1:9/none', digest: `sha256:${'0'.repeat(64)}`, configDigest: '' }

let image: ProbeImage
beforeAll(async () => {
  image = await buildProbeImage()
})

describe('a container made by the Docker runtime', () => {
  let world: RuntimeWorld
  beforeEach(async () => {
    world = await openDocker(image, NOTHING_PUSHED)
    await world.runtime.ensureNetwork()
  })
  afterEach(() => world.close())

  const scope = { service: 'shop', environment: 'prod' }
  const stop = { signal: 'SIGQUIT', timeoutMs: 2_500, drainMs: 0 }
  function replica(config: Partial<ReplicaSpec['config']> = {}, env: Record<string, string> = {}): ReplicaSpec {
    const plain: ProcessConfig = {
      port: 8080,
      command: null,
      env: {},
      mounts: [],
      ports: [],
      memoryBytes: null,
      cpus: null,
      stop,
    }
    return {
      service: 'shop',
      environment: 'prod',
      name: 'r41-1',
      release: 41,
      process: 'web',
      transactionId: 'tx-12345678',
      address: addressPool(world.subnet(world.runtime) ?? '').first,
      configDigest: image.configDigest,
      config: {
        ...plain,
        health: { kind: 'tcp', intervalMs: 50, timeoutMs: 400, rise: 1, fall: 2, startPeriodMs: 10_000 },
        ...config,
      },
      secretFiles: null,
      roleFolder: null,
      openEnv: () => env,
    }
  }
  const containerName = () => `astern-${world.installations.ours}-shop-prod-r41-1`
  const inspect = async () => (JSON.parse(await docker('inspect', containerName())) as Inspected[])[0]

  it('bears the labels, is made by image ID, and has everything that its release says', async () => {
    const ports = [{ hostAddress: '127.0.0.1', hostPort: 18_998, containerPort: 8080, protocol: 'tcp' as const }]
    const spec = replica({ memoryBytes: 64 * 1024 ** 2, cpus: 0.5, command: ['serve', '--fast'], ports })
    await world.runtime.ensureRunning(spec)
    await world.runtime.awaitHealthy(spec)
    const made = await inspect()
    expect(made?.Config.Labels).toMatchObject({
      'astern.installation': world.installations.ours,
      'astern.service': 'shop',
      'astern.environment': 'prod',
      'astern.release': 'r41',
      'astern.process': 'web',
      'astern.replica': 'r41-1',
      'astern.transaction': 'tx-12345678',
    })
    expect(made?.Config).toMatchObject({
      Image: image.configDigest,
      Cmd: ['serve', '--fast'],
      StopSignal: 'SIGQUIT',
      StopTimeout: 3,
      Healthcheck: { Test: ['NONE'] },
    })
    expect(made?.HostConfig).toMatchObject({
      RestartPolicy: { Name: 'unless-stopped' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
      Memory: 64 * 1024 ** 2,
      NanoCpus: 500_000_000,
      Init: false,
    })
    const { args, pid } = (await (await ask(spec, '/env')).json()) as { args: string[]; pid: number }
    expect([args.slice(1), pid]).toEqual([['serve', '--fast'], 1])
    expect((await fetch('http://127.0.0.1:18998/healthz')).status).toBe(200)
  })
  it('has its address outside the range that the engine hands out, and the range is a quarter of the subnet', async () => {
    const network = JSON.parse(await docker('network', 'inspect', `astern-${world.installations.ours}`)) as {
      IPAM: { Config: { Subnet: string; IPRange: string; Gateway: string }[] }
      Labels: Record<string, string>
    }[]
    const pool = addressPool(world.subnet(world.runtime) ?? '')
    expect(network[0]?.IPAM.Config).toEqual([{ Subnet: pool.subnet, IPRange: pool.ipRange, Gateway: pool.gateway }])
    expect(network[0]?.Labels).toEqual({ 'astern.installation': world.installations.ours })
  })
  it('keeps its address for itself while it is stopped and others join the network', async () => {
    const spec = replica()
    await world.runtime.ensureRunning(spec)
    await world.runtime.ensureDown(nameOf(spec), 'stopped')
    const network = `astern-${world.installations.ours}`
    const label = `astern.installation=${world.installations.ours}`
    for (const _ of [1, 2, 3]) await docker('run', '-d', '--label', label, '--network', network, image.reference)
    await world.runtime.ensureRunning(spec)
    await expect(world.runtime.awaitHealthy(spec)).resolves.toBeUndefined()
  })
  it('is stopped with its own signal', async () => {
    const spec = replica()
    await world.runtime.ensureRunning(spec)
    await world.runtime.awaitHealthy(spec)
    await world.runtime.ensureDown(nameOf(spec), 'stopped')
    expect(await docker('logs', containerName())).toBe('got quit')
  })
  it('leaves its named volume when it goes, and takes its anonymous ones along', async () => {
    const volume = `astern-test-${world.installations.ours}`
    const anonymous = await buildProbeImage({ lines: ['VOLUME /cache'] })
    const mounts = [{ kind: 'volume' as const, source: volume, target: '/data', readOnly: false, shared: false }]
    const spec = { ...replica({ mounts }), configDigest: anonymous.configDigest }
    try {
      await world.runtime.ensureRunning(spec)
      await world.runtime.awaitHealthy(spec)
      const cache = (await inspect())?.Mounts.find((mount) => mount.Destination === '/cache')?.Name ?? ''
      expect(await (await ask(spec, '/write?file=/data/lines')).text()).toBe('1')
      await world.runtime.ensureDown(nameOf(spec), 'absent')
      const volumes = (await docker('volume', 'ls', '--quiet')).split('\n')
      expect([volumes.includes(volume), cache.length, volumes.includes(cache)]).toEqual([true, 64, false])
      await world.runtime.ensureRunning(spec)
      await world.runtime.awaitHealthy(spec)
      expect(await (await ask(spec, '/write?file=/data/lines')).text()).toBe('2')
      await world.runtime.removeAll()
      expect((await docker('volume', 'ls', '--quiet')).split('\n')).toContain(volume)
    } finally {
      await world.runtime.removeAll()
      await docker('volume', 'rm', volume)
    }
  })
  it('cannot write to what is mounted read-only', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'astern-bind-'))
    try {
      await writeFile(join(folder, 'lines'), 'line\n')
      const spec = replica({
        mounts: [{ kind: 'bind', source: folder, target: '/data', readOnly: true, shared: true }],
      })
      await world.runtime.ensureRunning(spec)
      await world.runtime.awaitHealthy(spec)
      const answer = await ask(spec, '/write?file=/data/lines')
      expect([answer.status, await answer.text()]).toEqual([500, expect.stringContaining('read-only file system')])
    } finally {
      await rm(folder, { recursive: true })
    }
  })
  it('is told its role in a file that it cannot write to, and sees a new one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'astern-role-'))
    try {
      const roles = createRoles(folder)
      roles.write(scope, 41, 'candidate')
      const nobody = await buildProbeImage({ lines: ['USER 10001'] })
      const spec = { ...replica(), configDigest: nobody.configDigest, roleFolder: roles.folder(scope, 41) }
      await world.runtime.ensureRunning(spec)
      await world.runtime.awaitHealthy(spec)
      const read = async () => (await ask(spec, '/read?file=/run/astern/role')).text()
      expect(await read()).toBe('candidate\n')
      roles.write(scope, 41, 'active')
      expect(await read()).toBe('active\n')
      expect((await ask(spec, '/write?file=/run/astern/role')).status).toBe(500)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
  it('of an engine that has not the folder of the role is made without it', async () => {
    const spec = { ...replica(), roleFolder: '/no/such/folder' }
    await world.runtime.ensureRunning(spec)
    await world.runtime.awaitHealthy(spec)
    const { env } = (await (await ask(spec, '/env')).json()) as { env: Record<string, string> }
    expect(env).not.toHaveProperty('ASTERN_ROLE_FILE')
  })
  it('that cannot be started says why, and can be taken away', async () => {
    const mounts = [{ kind: 'bind' as const, source: '/no/such/folder', target: '/data', readOnly: true, shared: true }]
    const spec = replica({ mounts })
    await expect(world.runtime.ensureRunning(spec)).rejects.toMatchObject({
      code: 'START_FAILED',
      details: { replica: 'r41-1', release: 'r41', reason: expect.stringContaining('/no/such/folder') },
    })
    await world.runtime.ensureDown(nameOf(spec), 'absent')
    expect(await world.runtime.observe()).toEqual([])
  })
  it('that ran out of memory is reported as such', async () => {
    const spec = replica({ memoryBytes: 16 * 1024 ** 2 }, { PROBE_HOG_MB: '64' })
    await world.runtime.ensureRunning(spec)
    await expect(world.runtime.awaitHealthy(spec)).rejects.toMatchObject({
      code: 'HEALTH_FAILED',
      details: { reason: expect.stringContaining('memory') },
    })
  })
  it('is asked for its health on its own address, which needs no engine', async () => {
    const spec = replica({}, { PROBE_LISTEN_AFTER_MS: '300' })
    await world.runtime.ensureRunning(spec)
    const subnets = { subnet: () => null, choose: () => undefined }
    const env = { DOCKER_HOST: 'unix:///no/such.sock' }
    const installation = world.installations.ours
    const cutOff = createDockerRuntime({ installation, subnets, env, clock: realClock })
    await expect(cutOff.awaitHealthy(spec)).resolves.toBeUndefined()
    cutOff.close()
  })
  it('with a health check of its own is healthy when the engine says so', async () => {
    const checked = await buildProbeImage({ healthcheck: true })
    const health = { ...replica().config.health, kind: 'image' as const }
    const env = { PROBE_HEALTHY_AFTER_MS: '1500' }
    const spec = { ...replica({ health }, env), configDigest: checked.configDigest }
    expect(await world.runtime.image(checked.reference, { pull: false })).toMatchObject({ hasHealthcheck: true })
    await world.runtime.ensureRunning(spec)
    await world.runtime.awaitHealthy(spec)
    expect((await inspect())?.State.Health?.Status).toBe('healthy')
  })
  it('whose own health check fails is not healthy, and its output is shown', async () => {
    const checked = await buildProbeImage({ healthcheck: true })
    const health = { ...replica().config.health, kind: 'image' as const }
    const spec = { ...replica({ health }, { PROBE_HEALTHY_AFTER_MS: '-1' }), configDigest: checked.configDigest }
    await world.runtime.ensureRunning(spec)
    await expect(world.runtime.awaitHealthy(spec)).rejects.toMatchObject({
      code: 'HEALTH_FAILED',
      details: { reason: 'its HEALTHCHECK fails: not healthy' },
    })
  })
  it('is never one of somebody else that has its name', async () => {
    const spec = replica()
    await docker('run', '-d', '--name', containerName(), image.reference)
    try {
      await expect(world.runtime.ensureRunning(spec)).rejects.toMatchObject({ code: 'START_FAILED' })
      for (const level of ['frozen', 'stopped', 'absent'] as const) await world.runtime.ensureDown(nameOf(spec), level)
      await world.runtime.removeAll()
      expect((await inspect())?.State.Status).toBe('running')
    } finally {
      await docker('rm', '-f', containerName())
    }
  })
  it('lets its network stay while a stranger is on it, and says who', async () => {
    const spec = replica()
    await world.runtime.ensureRunning(spec)
    const by = await world.occupyAddress(addressPool(world.subnet(world.runtime) ?? '').last)
    const left: unknown[] = []
    expect(await world.runtime.removeAll((network, usedBy) => left.push([network, usedBy]))).toBe(1)
    expect(left).toEqual([[`astern-${world.installations.ours}`, [by]]])
    expect(await world.strangers()).toEqual([by])
  })
  it('may write more than a buffer holds, and lines longer than the engine keeps in one piece', async () => {
    const lines = Array.from({ length: 2_000 }, (_, index) => `line ${index} ${'x'.repeat(index === 7 ? 40_000 : 30)}`)
    const spec = replica({}, { PROBE_LOG: lines.join('|') })
    await world.runtime.ensureRunning(spec)
    const { read, written } = createHands(() => world)
    await written(spec, lines.length)
    expect((await read(spec)).map(({ text }) => text)).toEqual(lines)
  })
})

type Inspected = {
  Config: { Labels: Record<string, string> }
  HostConfig: object
  State: { Status: string; Health?: { Status: string } }
  Mounts: { Destination: string; Name: string }[]
}

// What every runtime must do, whatever it works on. Run against the fake on every test run, and against a real engine too.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Runtime } from '../../src/ports/runtime.ts'
import { createHands, nameOf, SCOPE, type RuntimeWorld } from './runtime-world.ts'

const HOST_PORT = 18_999

export function isRuntime(open: () => Promise<RuntimeWorld>): void {
  let world: RuntimeWorld
  let runtime: Runtime
  const { replica, up, down, levels } = createHands(() => world)
  beforeEach(async () => {
    world = await open()
    ;({ runtime } = world)
    await runtime.ensureNetwork()
  })
  afterEach(() => world.close())

  describe('the network', () => {
    it('gets a subnet once, which the state keeps', async () => {
      const subnet = world.subnet(runtime)
      await runtime.ensureNetwork()
      expect(subnet).toMatch(/\/20$/)
      expect(world.subnet(runtime)).toBe(subnet)
    })
    it('of another installation gets another subnet', async () => {
      await world.other.ensureNetwork()
      expect(world.subnet(world.other)).toMatch(/\/20$/)
      expect(world.subnet(world.other)).not.toBe(world.subnet(runtime))
    })
    it('comes back with the same subnet after it was removed by hand, and its replicas with their addresses', async () => {
      const [running, stopped] = [await up('r1-1'), await up('r1-2')]
      await down(stopped, 'stopped')
      const subnet = world.subnet(runtime)
      await world.removeNetworkByHand()
      await Promise.all([running, stopped].map((spec) => runtime.ensureRunning(spec)))
      await Promise.all([running, stopped].map((spec) => runtime.awaitHealthy(spec)))
      const seen = await runtime.observe()
      expect(world.subnet(runtime)).toBe(subnet)
      expect(Object.fromEntries(seen.map(({ name, address }) => [name, address]))).toEqual({
        'r1-1': running.address,
        'r1-2': stopped.address,
      })
    })
  })

  describe('a container of somebody else', () => {
    it('is described so that another one can be made like it, stopped for good, and started again as it was', async () => {
      const name = await world.startStranger('MARK=by-hand', HOST_PORT)
      const found = (await runtime.stranger(name))!
      expect(found).toMatchObject({
        name,
        running: true,
        image: world.image.reference,
        configDigest: world.image.configDigest,
        env: { MARK: 'by-hand' },
        command: null,
        mounts: [],
        ports: [{ hostAddress: '127.0.0.1', hostPort: HOST_PORT, containerPort: 8080, protocol: 'tcp' }],
        memoryBytes: 67_108_864,
        container: {},
        networks: [],
        isReplica: false,
        restart: 'always',
      })
      await runtime.setStranger(found, 'stopped')
      await runtime.setStranger(found, 'stopped')
      expect(await runtime.stranger(name)).toMatchObject({ running: false })
      await runtime.setStranger(found, 'running')
      expect(await runtime.stranger(name)).toMatchObject({ running: true, restart: 'always' })
      expect(await runtime.stranger('no-such-container')).toBeNull()
    })
  })

  describe('what is around a service', () => {
    it('is told apart by what is there and what is not', async () => {
      const network = await world.makeNetwork()
      await world.startDependency('astern-test', 'db')
      const dependencies = ['db', 'cache'].map((service) => ({ project: 'astern-test', service }))
      expect(await runtime.lookAround({ networks: [network, 'no-such-network'], dependencies })).toEqual({
        missingNetworks: ['no-such-network'],
        stoppedDependencies: ['cache'],
      })
    })
    it('has no container of a name that nobody has', async () => {
      expect(await runtime.addressOf('nobody', [await world.makeNetwork(), 'no-such-network'])).toBeNull()
    })
    it('must have the networks of a replica when it starts, also when they were made anew', async () => {
      const network = await world.makeNetwork()
      const spec = await up('r1-1', { container: { networks: [network] } })
      await runtime.awaitHealthy(spec)
      await down(spec, 'stopped')
      await world.removeNetwork(network)
      await expect(runtime.ensureRunning(spec)).rejects.toMatchObject({ code: 'NETWORK_UNKNOWN', details: { network } })
      expect(await levels()).toEqual({ 'r1-1': 'stopped' })
      await world.makeNetwork()
      await runtime.ensureRunning(spec)
      await runtime.awaitHealthy(spec)
      expect(await levels()).toEqual({ 'r1-1': 'running' })
    })
  })

  describe('an image', () => {
    it('that is on the host is found by its reference and by its ID', async () => {
      const { reference, configDigest } = world.image
      const facts = {
        digest: configDigest,
        configDigest,
        hasHealthcheck: false,
        version: '1.2.3',
        revision: 'abc123',
      }
      expect(await runtime.image(reference, { pull: false })).toEqual({ ...facts, reference })
      expect(await runtime.image(configDigest, { pull: true })).toEqual({ ...facts, reference: configDigest })
    })
    it('tells who its processes run as, when it is on the host', async () => {
      expect(await runtime.ownerOf(world.image.configDigest)).toEqual({ uid: 0, gid: 0 })
      expect(await runtime.ownerOf(`sha256:${'0'.repeat(64)}`)).toBeNull()
    })
    it('that is not on the host is not pulled unless that was asked', async () => {
      expect(await runtime.image(`${world.remote.repository}:pushed`, { pull: false })).toBeNull()
    })
    it('is pulled from its registry, whose digest it then has', async () => {
      const reference = `${world.remote.repository}:pushed`
      const pulled = await runtime.image(reference, { pull: true })
      const { digest, configDigest } = world.remote
      expect(pulled).toMatchObject({ reference, digest, configDigest })
      expect(await runtime.image(reference, { pull: false })).toEqual(pulled)
    })
    it('is pulled by digest', async () => {
      const { repository, digest, configDigest } = world.remote
      const reference = `${repository}@${digest}`
      expect(await runtime.image(reference, { pull: true })).toMatchObject({ reference, digest, configDigest })
    })
    it('that its registry does not have is not found', async () => {
      await expect(runtime.image(`${world.remote.repository}:gone`, { pull: true })).rejects.toMatchObject({
        code: 'IMAGE_NOT_FOUND',
      })
    })
    it('whose registry does not answer says so', async () => {
      await expect(runtime.image('127.0.0.1:9/shop:v1', { pull: true })).rejects.toMatchObject({
        code: 'REGISTRY_UNREACHABLE',
        details: { image: '127.0.0.1:9/shop:v1' },
      })
    })
  })

  describe('a replica', () => {
    it('is created and started, and seen as what it is', async () => {
      const spec = await up('r41-1')
      expect(await runtime.observe()).toEqual([
        {
          ...SCOPE,
          name: 'r41-1',
          release: 41,
          process: 'web',
          transactionId: 'tx-12345678',
          level: 'running',
          address: spec.address,
          exitCode: null,
          oomKilled: false,
          restarts: 0,
        },
      ])
    })
    it('is seen in its scope alone', async () => {
      await up('r1-1')
      expect(await runtime.observe(SCOPE)).toHaveLength(1)
      expect(await runtime.observe({ ...SCOPE, environment: 'staging' })).toEqual([])
      expect(await runtime.observe({ ...SCOPE, service: 'other' })).toEqual([])
    })
    it('has the environment that was opened for it, once', async () => {
      let opened = 0
      const spec = await up('r1-1', { env: { TOKEN: 'a=b c', EMPTY: '' }, onEnv: () => (opened += 1) })
      await runtime.awaitHealthy(spec)
      await runtime.ensureRunning(spec)
      await down(spec, 'stopped')
      await runtime.ensureRunning(spec)
      await runtime.awaitHealthy(spec)
      expect(await world.envOf(spec)).toMatchObject({ TOKEN: 'a=b c', EMPTY: '' })
      expect(opened).toBe(1)
    })
    it('may be wanted several times at once, and is one', async () => {
      const spec = replica('r1-1')
      await Promise.all([1, 2, 3].map(() => runtime.ensureRunning(spec)))
      expect(await levels()).toEqual({ 'r1-1': 'running' })
    })
    it('may be wanted by two processes at once, on a host where nothing of them is yet', async () => {
      await runtime.removeAll()
      const again = world.reopen()
      const [one, two] = [replica('r1-1'), replica('r1-2')]
      await Promise.all([runtime.ensureNetwork(), again.ensureNetwork()])
      await Promise.all([runtime, again].map((owner) => owner.ensureRunning(one)))
      await Promise.all([runtime.ensureRunning(two), again.ensureRunning(two), again.ensureCreated(two)])
      expect(await levels()).toEqual({ 'r1-1': 'running', 'r1-2': 'running' })
      expect(await levels(again)).toEqual(await levels())
      await Promise.all([runtime, again].map((owner) => owner.ensureDown(nameOf(one), 'frozen')))
      await Promise.all([runtime, again].map((owner) => owner.ensureDown(nameOf(two), 'absent')))
      expect(await levels()).toEqual({ 'r1-1': 'frozen' })
      await Promise.all([runtime, again].map((owner) => owner.ensureRunning(one)))
      expect(await levels()).toEqual({ 'r1-1': 'running' })
      again.close()
    })
    it('is brought up beside others at the same time', async () => {
      const specs = ['r1-1', 'r1-2', 'r1-3'].map((name) => replica(name))
      await Promise.all(specs.map((spec) => runtime.ensureRunning(spec)))
      await Promise.all(specs.map((spec) => runtime.awaitHealthy(spec)))
      expect(await levels()).toEqual({ 'r1-1': 'running', 'r1-2': 'running', 'r1-3': 'running' })
    })
    it('can be created without being started', async () => {
      const spec = replica('r1-1')
      await runtime.ensureCreated(spec)
      expect(await runtime.observe()).toMatchObject([{ level: 'stopped', exitCode: null, address: spec.address }])
      await runtime.ensureCreated(spec)
      await runtime.ensureRunning(spec)
      await runtime.ensureCreated(spec)
      expect(await levels()).toEqual({ 'r1-1': 'running' })
    })
    it('goes down every rung and comes back from each to the same address', async () => {
      const spec = await up('r1-1')
      for (const level of ['frozen', 'stopped', 'absent'] as const) {
        await down(spec, level)
        expect(await levels()).toEqual(level === 'absent' ? {} : { 'r1-1': level })
        await runtime.ensureRunning(spec)
        await runtime.awaitHealthy(spec)
        expect(await runtime.observe()).toMatchObject([{ level: 'running', address: spec.address }])
      }
    })
    it('goes down the ladder rung by rung, and each rung may be wanted twice', async () => {
      const spec = await up('r1-1')
      for (const level of ['frozen', 'frozen', 'stopped', 'stopped', 'absent', 'absent'] as const) {
        await down(spec, level)
        expect(await levels()).toEqual(level === 'absent' ? {} : { 'r1-1': level })
      }
    })
    it('that is frozen goes away at once', async () => {
      const spec = await up('r1-1')
      await down(spec, 'frozen')
      await down(spec, 'absent')
      expect(await levels()).toEqual({})
    })
    it('that is stopped is not frozen', async () => {
      const spec = await up('r1-1')
      await down(spec, 'stopped')
      await down(spec, 'frozen')
      expect(await levels()).toEqual({ 'r1-1': 'stopped' })
    })
    it('that is absent stays absent on the way down', async () => {
      const spec = replica('r1-1')
      for (const level of ['frozen', 'stopped', 'absent'] as const) await down(spec, level)
      expect(await levels()).toEqual({})
    })
    it('that does not end on its stop signal is killed after its timeout', async () => {
      const spec = await up('r1-1', { env: { PROBE_IGNORE_STOP: '1' }, stopTimeoutMs: 1_000 })
      await runtime.awaitHealthy(spec)
      await down(spec, 'stopped')
      expect(await runtime.observe()).toMatchObject([{ level: 'stopped', exitCode: 137 }])
    })
    it('that ends on its stop signal is not killed', async () => {
      const spec = await up('r1-1')
      await runtime.awaitHealthy(spec)
      await down(spec, 'stopped')
      expect(await runtime.observe()).toMatchObject([{ level: 'stopped', exitCode: 0 }])
    })
    it('that somebody stopped or removed by hand is brought back', async () => {
      const spec = await up('r1-1')
      await world.stopByHand(spec)
      expect(await levels()).toEqual({ 'r1-1': 'stopped' })
      await runtime.ensureRunning(spec)
      expect(await levels()).toEqual({ 'r1-1': 'running' })
      await world.removeByHand(spec)
      expect(await levels()).toEqual({})
      await runtime.ensureRunning(spec)
      expect(await levels()).toEqual({ 'r1-1': 'running' })
    })
    it('whose program ends is started again by the engine, and the restart is seen', async () => {
      const spec = await up('r1-1')
      await runtime.awaitHealthy(spec)
      await world.crash(spec, 7)
      const again = async () => expect(await runtime.observe()).toMatchObject([{ level: 'running', restarts: 1 }])
      await vi.waitFor(again, { timeout: 20_000 })
      await expect(runtime.awaitHealthy(spec)).resolves.toBeUndefined()
    })
    it('whose image is not on the host is not created', async () => {
      const configDigest = `sha256:${'0'.repeat(64)}`
      await expect(runtime.ensureRunning(replica('r1-1', { configDigest }))).rejects.toMatchObject({
        code: 'IMAGE_NOT_FOUND',
        details: { image: configDigest },
      })
      expect(await levels()).toEqual({})
    })
    it('is not started when its signal was aborted', async () => {
      const reason = new Error('pre-empted')
      await expect(runtime.ensureRunning(replica('r1-1'), AbortSignal.abort(reason))).rejects.toBe(reason)
      expect(await levels()).toEqual({})
    })
  })

  describe('what is taken', () => {
    it('as an address by a stranger is named, and nothing of the stranger is touched', async () => {
      const spec = replica('r1-1')
      const by = await world.occupyAddress(spec.address)
      await expect(runtime.ensureRunning(spec)).rejects.toMatchObject({
        code: 'ADDRESS_TAKEN',
        details: { address: spec.address, replica: 'r1-1', by },
      })
      expect(await world.strangers()).toContain(by)
    })
    it('as a port of the host by a stranger is named', async () => {
      const by = await world.occupyPort(HOST_PORT)
      await expect(runtime.ensureRunning(replica('r1-1', { hostPort: HOST_PORT }))).rejects.toMatchObject({
        code: 'PORT_TAKEN',
        details: { address: expect.stringContaining(`:${HOST_PORT}`), by: expect.stringContaining(by) },
      })
      expect(await world.strangers()).toContain(by)
    })
    it('as a port by another release is free once that one is stopped', async () => {
      const old = await up('r1-1', { hostPort: HOST_PORT })
      const fresh = replica('r2-1', { hostPort: HOST_PORT })
      await runtime.ensureCreated(fresh)
      await expect(runtime.ensureRunning(fresh)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
      await down(old, 'stopped')
      await runtime.ensureRunning(fresh)
      expect(await levels()).toEqual({ 'r1-1': 'stopped', 'r2-1': 'running' })
    })
  })

  describe('beside another installation', () => {
    it('sees running replicas of the same scope there, and names the installation', async () => {
      await world.other.ensureNetwork()
      const theirs = replica('r1-1', {}, world.other)
      expect(await runtime.foreign(SCOPE)).toEqual([])
      await world.other.ensureRunning(theirs)
      const installation = world.installations.other
      expect(await runtime.foreign(SCOPE)).toEqual([{ ...SCOPE, installation, running: true }])
      expect(await runtime.foreign({ ...SCOPE, environment: 'staging' })).toEqual([])
      expect(await world.other.foreign(SCOPE)).toEqual([])
      await world.other.ensureDown(nameOf(theirs), 'stopped')
      expect(await runtime.foreign(SCOPE)).toEqual([])
    })
    it('touches only its own, down to removing everything', async () => {
      await world.other.ensureNetwork()
      const [ours, theirs] = [await up('r1-1'), replica('r1-1', {}, world.other)]
      await world.other.ensureRunning(theirs)
      await up('r2-1')
      await down(ours, 'frozen')
      const stranger = await world.occupyPort(HOST_PORT)
      expect(await levels(world.other)).toEqual({ 'r1-1': 'running' })
      expect(await runtime.removeAll()).toBe(2)
      expect(await levels()).toEqual({})
      expect(await levels(world.other)).toEqual({ 'r1-1': 'running' })
      expect(await world.strangers()).toContain(stranger)
      expect(await runtime.removeAll()).toBe(0)
    })
  })

  it('says what the engine is', async () => {
    const facts = await runtime.facts()
    expect(facts.version).toMatch(/^\d+\.\d+/)
    expect(Number(facts.apiVersion.split('.')[1])).toBeGreaterThanOrEqual(41)
    expect(facts.liveRestore).toBeTypeOf('boolean')
  })
}

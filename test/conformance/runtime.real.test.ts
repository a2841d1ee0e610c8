// The runtime suite against the Docker engine of this host; registries that want a login, and engines that are not there.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Environment } from '../../src/drivers/docker/endpoint.ts'
import { createDockerRuntime } from '../../src/drivers/docker/runtime.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Runtime } from '../../src/ports/runtime.ts'
import { realClock } from '../fixtures/real-clock.ts'
import { startRegistry, type Registry } from '../fixtures/registry.ts'
import { createVirtualClock } from '../fixtures/virtual-clock.ts'
import { docker, pushedProbe } from './docker-world.ts'
import { isRuntime } from './runtime.ts'

const probe = pushedProbe()

/** A runtime that has nothing to do with networks. */
function open(env: Environment, clock: Clock): Runtime {
  const subnets = { subnet: () => null, choose: () => undefined }
  return createDockerRuntime({ installation: 'none', subnets, env, clock })
}

describe('the Docker runtime', () => {
  isRuntime(probe.open)
})

describe('a registry that wants a login', () => {
  let closed: Registry
  let config: string
  const login = { username: 'astern', password: 's3cret:with colon' }
  beforeAll(async () => {
    closed = await startRegistry({ login })
    config = await mkdtemp(join(tmpdir(), 'astern-docker-'))
    const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64')
    await writeFile(join(config, 'config.json'), JSON.stringify({ auths: { [closed.host]: { auth } } }))
    const reference = `${closed.host}/probe:pushed`
    await docker('tag', probe.image().reference, reference)
    await docker('--config', config, 'push', reference)
    await docker('rmi', reference)
  })
  afterAll(async () => {
    await closed.close()
    await rm(config, { recursive: true })
  })
  it('gives an image to who logged in with Docker', async () => {
    const reference = `${closed.host}/probe:pushed`
    const progress: string[] = []
    const runtime = open({ ...process.env, DOCKER_CONFIG: config }, realClock)
    try {
      const found = await runtime.image(reference, { pull: true, onProgress: (text) => progress.push(text) })
      expect(found).toMatchObject({ configDigest: probe.image().configDigest })
    } finally {
      await docker('rmi', reference)
      runtime.close()
    }
  })
  it('is named with its reason to who did not, and no password is in the message', async () => {
    const runtime = open({ ...process.env, DOCKER_CONFIG: join(config, 'none') }, realClock)
    const failure = await runtime.image(`${closed.host}/probe:pushed`, { pull: true }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'REGISTRY_UNREACHABLE', hint: expect.stringContaining('docker login') })
    runtime.close()
  })
})

describe('an engine', () => {
  let folder: string
  let silent: Server
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astern-engine-'))
    silent = createServer()
    const { promise, resolve } = Promise.withResolvers<void>()
    silent.listen(join(folder, 'silent.sock'), resolve)
    await promise
  })
  afterEach(async () => {
    silent.close()
    await rm(folder, { recursive: true })
  })
  it('that is not there is unavailable at once, with its endpoint in the message', async () => {
    const host = `unix://${folder}/none.sock`
    await expect(open({ DOCKER_HOST: host }, createVirtualClock()).observe()).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      details: { endpoint: host, reason: 'there is no such socket' },
    })
    await expect(open({ DOCKER_HOST: 'tcp://127.0.0.1:9' }, createVirtualClock()).facts()).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      details: { endpoint: 'tcp://127.0.0.1:9', reason: 'connection refused' },
    })
  })
  it('that accepts and never answers is unavailable when the limit of the call is reached', async () => {
    const runtime = open({ DOCKER_HOST: `unix://${folder}/silent.sock` }, createVirtualClock())
    const reason = 'no answer to GET /_ping within 5 s'
    await expect(runtime.observe()).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE', details: { reason } })
    runtime.close()
  })
  it.runIf(process.geteuid?.() === 0)('that may not be used says so', async () => {
    await chmod(join(folder, 'silent.sock'), 0o600)
    await chmod(folder, 0o755)
    const runtime = open({ DOCKER_HOST: `unix://${folder}/silent.sock` }, createVirtualClock())
    process.seteuid?.('nobody')
    try {
      await expect(runtime.observe()).rejects.toMatchObject({ code: 'ENGINE_PERMISSION', exit: 1 })
    } finally {
      process.seteuid?.(0)
    }
  })
  it('behind ssh:// is said not to be supported yet', async () => {
    await expect(open({ DOCKER_HOST: 'ssh://me@host' }, createVirtualClock()).facts()).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      details: { reason: expect.stringContaining('not supported yet') },
    })
  })
})

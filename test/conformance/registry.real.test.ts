// The suite against Debian's docker-registry: open to everybody, with a password over TLS, and with a token server. All of them keep their files in one
// folder, so that what is pushed to the open one is seen through each.
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Login } from '../../src/drivers/registry/authorization.ts'
import { createRegistry } from '../../src/drivers/registry/registry.ts'
import { type Certificate, makeCertificate } from '../fixtures/certificate.ts'
import { pushImage, pushIndex } from '../fixtures/push-image.ts'
import { realClock } from '../fixtures/real-clock.ts'
import { type Registry as Server, startRegistry } from '../fixtures/registry.ts'
import { startTokenServer, type TokenServer } from '../fixtures/token-server.ts'
import { isRegistry, type RegistryWorld } from './registry.ts'

const ALICE = { username: 'alice', password: 's3cret' }
/** One of this host that is not its own alone: only there does TLS have to be believed. */
const ADDRESS = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)!.address

let folder: string
let open: Server
let certificate: Certificate
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'astern-registries-'))
  open = await startRegistry()
  certificate = await makeCertificate(folder, ADDRESS)
})
afterAll(async () => {
  await open.close()
  await rm(folder, { recursive: true, force: true })
})

function driver(login: Login | null, certificates = join(folder, 'none'), insecure = false) {
  const asked: string[] = []
  const registry = createRegistry({
    clock: realClock,
    login: async (registry) => {
      asked.push(registry)
      return login
    },
    insecure: async () => insecure,
    certificates: { folder: certificates, bundle: undefined },
  })
  return { registry, asked }
}

/** `name`: within the registry. */
function world(host: string, name: string, login: Login | null, certificates?: string): RegistryWorld {
  const repository = `${host}/${name}`
  const { registry } = driver(login, certificates)
  return {
    registry,
    repository,
    push: async (tag, seed) => {
      const pushed = await pushImage(open.host, name, tag, seed)
      return { ...pushed, mediaType: 'application/vnd.oci.image.manifest.v1+json', platforms: [] }
    },
    pushIndex: (tag, platforms) => pushIndex(open.host, name, tag, platforms),
  }
}

describe('a registry that is open to everybody', () => {
  isRegistry(async () => world(open.host, 'open/gin-shop', null))
})

describe('a registry with a password, over TLS', () => {
  let server: Server
  let believed: string
  beforeAll(async () => {
    server = await startRegistry({ address: ADDRESS, login: ALICE, certificate, data: open.data })
    believed = join(folder, 'certs.d')
    await mkdir(join(believed, server.host), { recursive: true })
    await copyFile(certificate.path, join(believed, server.host, 'ca.crt'))
    await pushImage(open.host, 'seen', 'v1', 'seen')
  })
  afterAll(() => server.close())

  isRegistry(async () => world(server.host, 'locked/gin-shop', ALICE, believed))

  it('is not believed without its certificate', async () => {
    const { registry, asked } = driver(ALICE)
    await expect(registry.resolve(`${server.host}/seen`, 'v1')).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('/etc/docker/certs.d'),
    })
    expect(asked).toEqual([])
  })

  it('is taken as it is where Docker was told that it is insecure', async () => {
    const { registry } = driver(ALICE, join(folder, 'none'), true)
    expect(await registry.resolve(`${server.host}/seen`, 'v1')).not.toBeNull()
  })

  it.each([
    ['nobody is logged in there', null],
    ['it may have expired', { ...ALICE, password: 'of last year' }],
    ['Docker keeps a token for it', { identitytoken: 'tok' }],
  ])('says that %s', async (reason, login) => {
    const { registry } = driver(login, believed)
    const failure: unknown = await registry.resolve(`${server.host}/seen`, 'v1').catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'REGISTRY_DENIED', message: expect.stringContaining(reason) })
    expect(JSON.stringify(failure) + String(failure)).not.toMatch(/of last year|s3cret/)
  })
})

describe('a registry with a token server', () => {
  let server: Server
  let tokens: TokenServer
  beforeAll(async () => {
    tokens = await startTokenServer(certificate)
    server = await startRegistry({ tokens, data: open.data })
    await pushImage(open.host, 'seen', 'v1', 'seen')
  })
  afterAll(async () => {
    await server.close()
    await tokens.close()
  })

  describe('asked with a password', () => {
    isRegistry(async () => world(server.host, 'tokens/gin-shop', ALICE))
  })
  describe('asked with an identity token', () => {
    isRegistry(async () => world(server.host, 'identity/gin-shop', { identitytoken: 'refresh-alice' }))
  })

  it('is asked for one token, and for no more than is needed', async () => {
    const { registry } = driver(ALICE)
    tokens.asked.length = 0
    for (let time = 0; time < 3; time += 1) await registry.resolve(`${server.host}/seen`, 'v1')
    expect(tokens.asked).toEqual([{ method: 'GET', scope: 'repository:seen:pull', who: 'alice' }])
  })

  it('lets everybody read, and says who may not delete', async () => {
    const { registry } = driver(null)
    const seen = await registry.resolve(`${server.host}/seen`, 'v1')
    await expect(registry.remove(`${server.host}/seen`, seen!.digest)).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
      message: expect.stringContaining('nobody is logged in there'),
    })
    expect(await registry.resolve(`${server.host}/seen`, 'v1')).toEqual(seen)
  })

  it('says that the login has expired', async () => {
    const { registry } = driver({ identitytoken: 'refresh-of-last-year' })
    await expect(registry.resolve(`${server.host}/seen`, 'v1')).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
      message: expect.stringContaining('it may have expired'),
    })
  })
})

it('says what a registry keeps that allows no deletion', async () => {
  const server = await startRegistry({ data: open.data, deletes: false })
  try {
    const { digest } = await pushImage(open.host, 'kept', 'v1', 'kept')
    const removed = driver(null).registry.remove(`${server.host}/kept`, digest)
    await expect(removed).rejects.toMatchObject({ code: 'REGISTRY_KEEPS' })
  } finally {
    await server.close()
  }
})

it('goes without TLS only where Docker was told that a registry is insecure', async () => {
  const server = await startRegistry({ address: ADDRESS, data: open.data })
  try {
    const { digest } = await pushImage(open.host, 'plain', 'v1', 'plain')
    const repository = `${server.host}/plain`
    await expect(driver(ALICE).registry.resolve(repository, 'v1')).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('it does not speak TLS'),
    })
    const { registry } = driver(null, join(folder, 'none'), true)
    expect(await registry.resolve(repository, 'v1')).toMatchObject({ digest })
  } finally {
    await server.close()
  }
})

it('shows the certificate that Docker keeps for a registry which wants one', async () => {
  const client = await makeCertificate(folder, 'client.test')
  const wanted = { address: ADDRESS, certificate, clientCertificate: client, data: open.data }
  const server = await startRegistry({ ...wanted })
  try {
    const { digest } = await pushImage(open.host, 'certified', 'v1', 'certified')
    const certificates = join(folder, 'certs-with-client.d')
    const own = join(certificates, server.host)
    await mkdir(own, { recursive: true })
    await copyFile(certificate.path, join(own, 'ca.crt'))
    await copyFile(client.path, join(own, 'client.cert'))
    const resolve = () => driver(null, certificates).registry.resolve(`${server.host}/certified`, 'v1')
    const keyless = {
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('client.cert has no key beside it'),
    }
    await expect(resolve()).rejects.toMatchObject(keyless)
    await copyFile(client.keyPath, join(own, 'client.key'))
    expect(await resolve()).toMatchObject({ digest })
  } finally {
    await server.close()
  }
})

// What people get wrong: each mistake has a message that says what, why and what to do, the right exit code, and leaves the service serving.
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Registry, startRegistry } from '../fixtures/registry.ts'
import { createInstallation, type Installation } from './support/installation.ts'
import { freePort } from './support/port.ts'

/** Holds a port until it is told to let go. */
async function hold(port: number): Promise<() => void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const server = createServer().once('error', reject).listen(port, '127.0.0.1', resolve)
  await promise
  return () => server.close()
}

describe('a mistake', () => {
  let shop: Installation
  let registry: Registry

  beforeAll(async () => {
    registry = await startRegistry({ port: await freePort() })
    shop = await createInstallation()
    await shop.ask('up')
    await shop.deploy('v1')
  })
  afterAll(async () => {
    await shop?.close()
    await registry?.close()
  })

  /** Whatever was refused: v1 serves, and nothing has begun. */
  async function nothingChanged(): Promise<void> {
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v1' })
    expect(await shop.service()).toMatchObject({ active: { release: 'r1' }, candidate: null, health: 'healthy' })
  }

  it('in the configuration is told with its line and column, all of them at once', async () => {
    await shop.writeConfig(
      [
        'services:',
        '  shop:',
        `    image: ${shop.repository}`,
        '    prot: 8080',
        '    port: eighty',
        '    replicas: 0',
        '    env_file: [missing.env]',
        '    ports: ["9000:80", "9000:81"]',
        '    memory: 12',
        'environments:',
        '  prod: { listen: 127.0.0.1:99999 }',
        '',
      ].join('\n'),
    )
    const refused = await shop.astern(['deploy', 'v2'])
    expect(refused.code).toBe(2)
    const places = [...refused.stderr.matchAll(/^\s*astern\.yaml:(\d+):\d+ (\S+): /gm)].map(
      ([, line, path]) => `${line} ${path}`,
    )
    expect(places).toEqual(
      expect.arrayContaining([
        '4 services.shop.prot',
        '5 services.shop.port',
        '6 services.shop.replicas',
        '9 services.shop.memory',
        '11 environments.prod.listen',
      ]),
    )
    expect(refused.stderr).toContain('did you mean "port"?')
    expect(refused.stderr).toContain('got "eighty"')
    expect(refused.stderr).toContain('Nothing was changed.')
    await nothingChanged()
  })

  it('in what the configuration points to is told as well', async () => {
    const ports = ['9000:80', '9000:81']
    await shop.writeConfig(shop.configOf({ env_file: ['missing.env'], ports }))
    const refused = await shop.astern(['up', '--json'])
    expect(refused).toMatchObject({ code: 2, last: { outcome: 'failed', error: { code: 'CONFIG_INVALID' } } })
    expect(refused.last['error'].message).toContain('missing.env')
    expect(refused.last['error'].message).toContain('9000')
    await shop.writeConfig('services: [\n')
    expect(await shop.astern(['deploy', 'v2', '--json'])).toMatchObject({
      code: 2,
      last: { error: { code: 'CONFIG_INVALID', message: expect.stringMatching(/astern\.yaml:\d+:\d+/) as string } },
    })
    const nowhere = await shop.astern(['deploy', 'v2', '--json'], { cwd: '/' })
    expect(nowhere).toMatchObject({ code: 2, last: { error: { code: 'CONFIG_NOT_FOUND' } } })
    await nothingChanged()
  })

  it('on the command line is told with a way to the help', async () => {
    await shop.prepare('v1')
    const mistakes: [words: string[], says: string][] = [
      [['rolback'], 'rollback'],
      [['rollback', '--tu', 'r1'], '--help'],
      [['deploy'], 'astern deploy TAG'],
      [['deploy', '--', '-v2'], '--help'],
      [['rollback', '--force=everything'], 'quarantine'],
      [['deploy', 'v2', '--env', 'nowhere'], 'nowhere'],
    ]
    for (const [words, says] of mistakes) {
      const ran = await shop.astern(words)
      expect(`${words.join(' ')}: ${ran.code}`).toBe(`${words.join(' ')}: 2`)
      expect(ran.stderr).toContain(says)
    }
    await nothingChanged()
  })

  it('in a tag, or a registry that is down, is found before anything moves', async () => {
    await shop.writeConfig(shop.configOf({ image: `${registry.host}/shop` }))
    const missing = await shop.astern(['deploy', 'v404', '--json'])
    expect(missing).toMatchObject({ code: 2, last: { outcome: 'failed', error: { code: 'IMAGE_NOT_FOUND' } } })
    expect(missing.last['error'].message).toContain(`${registry.host}/shop:v404`)
    const down = `127.0.0.1:${await freePort()}`
    await shop.writeConfig(shop.configOf({ image: `${down}/shop` }))
    const unreachable = await shop.astern(['deploy', 'v2', '--json'])
    expect(unreachable).toMatchObject({ code: 2, last: { error: { code: 'REGISTRY_UNREACHABLE' } } })
    expect(unreachable.last['error'].hint).toContain('Nothing was changed')
    expect(unreachable.last['error'].hint).toContain('Start the registry')
    await nothingChanged()
  })

  it('in the port of the proxy is told with who holds it', async () => {
    const port = await freePort()
    const letGo = await hold(port)
    const other = await createInstallation()
    try {
      await other.writeConfig({
        ...other.configOf(),
        environments: { [other.environment]: { listen: `127.0.0.1:${port}` } },
      })
      const refused = await other.astern(['up', '--json'])
      expect(refused).toMatchObject({ code: 2, last: { error: { code: 'PORT_TAKEN' } } })
      expect(refused.last['error'].message).toContain(`127.0.0.1:${port} is already in use`)
      letGo()
      expect((await other.astern(['up'])).code).toBe(0)
    } finally {
      await other.close()
    }
    await nothingChanged()
  })

  it('in a published port ends the deploy with 4, and the former release serves again', async () => {
    const port = await freePort()
    const letGo = await hold(port)
    const failed = await shop.astern([...(await shop.prepare('v2', { ports: [`127.0.0.1:${port}:8080`] })), '--json'])
    letGo()
    expect(failed).toMatchObject({ code: 4, last: { outcome: 'rolled_back', error: { code: 'DEPLOY_FAILED' } } })
    expect(failed.last['error'].message).toContain(`127.0.0.1:${port} is already in use`)
    await nothingChanged()
  })

  it('of somebody who took an address in the network ends the deploy with 4, and their container stays', async () => {
    const network = `astern-${shop.record().installation}`
    const format = `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`
    const [r2] = [...(await shop.containers()).keys()].filter((name) => name.endsWith('-r2-1'))
    // the next address is the one after the newest replica's
    const newest = r2 ?? shop.containerOf('r1-1')
    const address = await shop.docker('inspect', '--format', '{{json .NetworkSettings.Networks}}', newest)
    const [, prefix, last] = /"IPv4Address":"(\d+\.\d+\.\d+)\.(\d+)"/.exec(address) ?? []
    const taken = `${prefix}.${Number(last) + 1}`
    const stranger = await shop.docker('run', '-d', '--network', network, '--ip', taken, await shop.tag('stranger'))
    try {
      expect(await shop.docker('inspect', '--format', format, stranger)).toBe(taken)
      const failed = await shop.astern([...(await shop.prepare('v3')), '--json'])
      expect(failed).toMatchObject({ code: 4, last: { outcome: 'failed', error: { code: 'DEPLOY_FAILED' } } })
      expect(failed.last['error'].message).toContain(`The address ${taken} of r3-1 is held by another container`)
      expect(await shop.docker('inspect', '--format', '{{.State.Status}}', stranger)).toBe('running')
      await nothingChanged()
    } finally {
      await shop.docker('rm', '-f', stranger)
    }
    await shop.deploy('v4')
    expect(await shop.visit()).toMatchObject({ release: 'v4' })
  })
})

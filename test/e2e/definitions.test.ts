// Where a definition comes from: a compose file, several environments of one service, the image's own health check, or none at all. And where the
// command is started from: a folder below, another one, a symlink on the PATH.
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildProbeImage } from '../fixtures/probe-app.ts'
import { run } from './support/command.ts'
import { createInstallation, type Installation, launcher } from './support/installation.ts'
import { freePort } from './support/port.ts'

describe('a definition', () => {
  let shop: Installation
  let second: number

  beforeAll(async () => {
    shop = await createInstallation()
    second = await freePort()
    await shop.ask('up')
  })
  afterAll(() => shop?.close())

  it('is taken from a compose file, with what astern.yaml says on top', async () => {
    await shop.tag('v1')
    await writeFile(join(shop.project, 'web.env'), 'FROM_FILE=file\n')
    const compose = {
      services: {
        web: {
          image: `${shop.repository}:v1`,
          environment: { MARK: 'from-compose', OVERRIDDEN: 'no' },
          env_file: 'web.env',
          command: 'serve --name "the shop"',
          expose: [8080],
          healthcheck: { test: 'curl -f http://localhost:8080/healthz', interval: '1s', retries: 2 },
          deploy: { replicas: 2, resources: { limits: { memory: '64M' } } },
          depends_on: ['database'],
        },
        database: { image: 'postgres' },
      },
    }
    await writeFile(join(shop.project, 'compose.yaml'), JSON.stringify(compose))
    await shop.writeConfig({
      services: { shop: { compose: 'compose.yaml#web', env: { OVERRIDDEN: 'yes' }, canary: 'off', bake: 'off' } },
      environments: { [shop.environment]: { listen: shop.listen } },
    })
    // without a tag: the one of the compose file
    const deployed = await shop.astern(['deploy', '--json'])
    expect(deployed).toMatchObject({ code: 0, last: { to: { image: `${shop.repository}:v1` } } })
    expect(deployed.stderr).toContain('depends_on')
    const { env, args } = JSON.parse((await shop.visit()).body) as { env: Record<string, string>; args: string[] }
    expect(env).toMatchObject({ MARK: 'from-compose', OVERRIDDEN: 'yes', FROM_FILE: 'file' })
    expect(args.slice(1)).toEqual(['serve', '--name', 'the shop'])
    expect([...(await shop.containers()).keys()].filter((name) => name.includes('-r1-'))).toHaveLength(2)
    expect(await shop.docker('inspect', '--format', '{{.HostConfig.Memory}}', shop.containerOf('r1-1'))).toBe(
      '67108864',
    )
  })

  it('serves several environments, each with a history of its own', async () => {
    const environments = {
      [shop.environment]: { listen: shop.listen, env: { MARK: 'first' } },
      [`${shop.environment}-b`]: { listen: `127.0.0.1:${second}`, replicas: 2, env: { MARK: 'second' } },
    }
    await shop.writeConfig({ ...shop.configOf(), environments })
    const unnamed = await shop.astern(['deploy', 'v1', '--json'])
    expect(unnamed).toMatchObject({ code: 2, last: { error: { code: 'ENVIRONMENT_NEEDED' } } })
    for (const env of Object.keys(environments)) await shop.ask('deploy', 'v1', '--env', env)
    expect(await shop.visit()).toMatchObject({ release: 'first' })
    expect(await shop.visit({ port: second })).toMatchObject({ release: 'second' })
    const { services } = await shop.ask('status')
    expect(services).toMatchObject([{ active: { release: 'r2' } }, { active: { release: 'r1' } }])
    expect(await shop.ask('rollback', '--env', shop.environment)).toMatchObject({ to: { release: 'r1' } })
    expect(await shop.visit({ port: second })).toMatchObject({ release: 'second' })
    await shop.atRest()
  })

  it('may leave the health check to the image, or to a connection', async () => {
    const checked = await buildProbeImage({ healthcheck: true })
    const config = (mark: string) => {
      const { health, ...service } = shop.configOf({ env: { MARK: mark } }).services.shop
      expect(health).toBeDefined()
      return { services: { shop: service }, environments: { [shop.environment]: { listen: shop.listen } } }
    }
    await shop.writeConfig(config('image'))
    await shop.tag('v2', checked.configDigest)
    await shop.ask('deploy', 'v2', '--force=hold')
    expect(await shop.visit()).toMatchObject({ release: 'image' })
    await shop.writeConfig(config('tcp'))
    await shop.ask('deploy', 'v1', '--force=hold')
    expect(await shop.visit()).toMatchObject({ release: 'tcp' })
    const newest = String((await shop.service())['active'].release)
    expect(await shop.ask('show', newest, '--env', shop.environment)).toMatchObject({ health: { kind: 'tcp' } })
    expect(await shop.ask('rollback', '--env', shop.environment)).toMatchObject({ outcome: 'succeeded', rung: 'warm' })
    expect(await shop.visit()).toMatchObject({ release: 'image' })
    await shop.atRest()
  })

  it('is found from a folder below, by --config from anywhere, and by a command behind a symlink', async () => {
    const below = join(shop.project, 'cmd', 'shop')
    await mkdir(below, { recursive: true })
    expect((await shop.astern(['deploy', 'v2', '--force=hold', '--dry-run'], { cwd: below })).code).toBe(0)
    const named = ['deploy', 'v2', '--force=hold', '--dry-run', '--config', join(shop.project, 'astern.yaml')]
    expect((await shop.astern(named, { cwd: '/' })).code).toBe(0)
    const link = join(shop.folder, 'astern')
    await symlink(launcher, link)
    const path = `${shop.folder}:${process.env['PATH']}`
    const linked = await run(['env', 'astern', 'status', '--json'], { cwd: below, env: { ...shop.env, PATH: path } })
    expect(linked).toMatchObject({ code: 0, last: { services: expect.any(Array) as unknown[] } })
    const chinese = await shop.astern(['status', '--lang', 'zh-CN'])
    expect(chinese.stdout).toContain('副本')
  })
})

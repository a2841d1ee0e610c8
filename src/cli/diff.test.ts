import { describe, expect, it } from 'vitest'
import { createConsole, given } from '../../test/doubles/console.ts'
import { deployed, shop } from '../../test/doubles/deployed.ts'
import { deployTag, World } from '../../test/doubles/world.ts'
import type { ContainerOptions, SecretReference } from '../core/model.ts'
import { run } from './diff.ts'

const secret: SecretReference = {
  name: 'DATABASE_URL',
  source: { kind: 'file', path: '/run/db' },
  onRollback: 'restore',
}

describe('astern diff', () => {
  async function twoReleases() {
    const world = new World()
    const { app } = world.process()
    world.secrets.set('DATABASE_URL', 'postgres://one')
    const before = { ...shop.process, env: { FEATURE_X: 'on', TZ: 'UTC' }, command: ['/app', 'serve'] }
    await deployTag(app, { ...shop, secrets: [secret], process: before }, 'v1.0.0')
    world.secrets.set('DATABASE_URL', 'postgres://two')
    const after = {
      ...before,
      env: { TZ: 'Asia/Shanghai' },
      command: ['/app', 'serve', '--fast'],
      memoryBytes: 1_048_576,
    }
    await deployTag(app, { ...shop, secrets: [secret], process: after }, 'v1.1.0')
    return app
  }

  it('shows settings of the container as compose files call them', async () => {
    const world = new World()
    const { app } = world.process()
    world.engine.userNetworks.add('a').add('b')
    const process = (container: ContainerOptions) => ({ ...shop, process: { ...shop.process, container } })
    await deployTag(app, process({ networks: ['a'], user: '1' }), 'v1.0.0')
    await deployTag(app, process({ networks: ['a', 'b'], shmBytes: 65_536 }), 'v1.0.0')
    const { context, out } = createConsole(app)
    await run(context, given('diff', ['r1', 'r2']))
    expect(out.slice(1)).toEqual(['user                - 1', 'networks            + b', 'shm_size            + 64k'])
  })

  it('shows every change, and of a secret only that it changed', async () => {
    const app = await twoReleases()
    const { context, out } = createConsole(app)
    expect(await run(context, given('diff', ['r1', 'r2']))).toBe(0)
    expect(out).toEqual([
      'shop · prod         r1 v1.0.0  →  r2 v1.1.0',
      'image               - shop:v1.0.0 (sha256:000000000000)',
      '                    + shop:v1.1.0 (sha256:000000000000)',
      'env                 - FEATURE_X=on',
      '                    - TZ=UTC',
      '                    + TZ=Asia/Shanghai',
      'secret              DATABASE_URL has another value',
      'command             - /app serve',
      '                    + /app serve --fast',
      'memory              + 1m',
    ])
  })

  it('gives machines both releases and the changes', async () => {
    const app = await twoReleases()
    const { context, out, answer } = createConsole(app, { json: true })
    await run(context, given('diff', ['r1', 'r2']))
    expect(answer()).toMatchObject({ from: { release: 'r1' }, to: { release: 'r2' } })
    const { changes } = answer() as { changes: { kind: string; name: string }[] }
    expect(changes.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'image image',
      'env FEATURE_X',
      'env TZ',
      'secret DATABASE_URL',
      'command command',
      'limit memory',
    ])
    expect(out.join('')).not.toContain('postgres')
  })

  it('says that nothing differs', async () => {
    const { app } = await deployed(['v1.0.0'])
    const { context, out } = createConsole(app)
    await run(context, given('diff', ['r1', '1.0.0']))
    expect(out[1]).toBe('changes             nothing')
  })
})

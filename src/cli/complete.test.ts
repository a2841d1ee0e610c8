import { describe, expect, it } from 'vitest'
import { buildDefinition, buildProcess } from '../../test/builders.ts'
import { createConsole, given } from '../../test/doubles/console.ts'
import { deployed, newestTransaction, staging } from '../../test/doubles/deployed.ts'
import { temporaryFolder } from '../../test/doubles/store.ts'
import { deployTag } from '../../test/doubles/world.ts'
import type { App } from '../operations/app.ts'
import { commands } from './commands.ts'
import { candidates, run } from './complete.ts'

async function offered(app: App, ...words: string[]): Promise<string[]> {
  return (await candidates(createConsole(app).context, words)).map(({ value }) => value)
}

describe('completion', () => {
  it('offers every command that people type, and no other', async () => {
    const { app } = await deployed([])
    expect(await offered(app, '')).toEqual(commands.map(({ name }) => name))
    expect(await offered(app, 'ro')).toEqual(['rollback'])
    expect(await offered(app, 'comple')).toEqual(['completion'])
    expect(await offered(app, 'help', 'ro')).toEqual(['rollback'])
  })

  it('offers the options of a command that were not given yet', async () => {
    const { app } = await deployed([])
    expect(await offered(app, 'rollback', '--')).toEqual(
      expect.arrayContaining(['--to', '--message', '--env', '--json']),
    )
    expect(await offered(app, 'rollback', '--to', 'r1', '-m', 'why', '--')).not.toContain('--to')
    expect(await offered(app, 'rollback', '-m', 'why', '--m')).toEqual([])
    expect(await offered(app, '--v')).toEqual(['--version'])
  })

  it('offers what the state knows as the value of an option', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    await deployTag(app, staging, 'v1.0.0')
    expect(await offered(app, 'rollback', '--env', '')).toEqual(['prod', 'staging'])
    expect(await offered(app, 'rollback', '-e', 'st')).toEqual(['staging'])
    expect(await offered(app, '--env', '')).toEqual(['prod', 'staging'])
    expect(await offered(app, 'status', '--service', '')).toEqual(['shop'])
    expect(await offered(app, 'rollback', '-e', 'prod', '--to', '')).toEqual(['r2', 'r1', 'previous'])
    expect(await offered(app, 'rollback', '-e', 'staging', '--to', '')).toEqual(['r1', 'previous'])
    expect(await offered(app, 'logs', '-r', 'r')).toEqual(['r1', 'r2'])
  })

  it('offers the processes that have a number, each once, however many were named before', async () => {
    const { health: _running, ...worker } = buildProcess('worker')
    const standby = { warm: 0, warmForMs: 0, frozen: 0, frozenForMs: 0, cold: 1 }
    const { app } = await deployed(['v1.0.0'], buildDefinition({ processes: [{ ...worker, replicas: 1, standby }] }))
    expect(await offered(app, 'scale', '')).toEqual(['web=', 'worker='])
    expect(await offered(app, 'scale', 'wo')).toEqual(['worker='])
    expect(await offered(app, 'scale', 'worker=2', '')).toEqual(['web='])
  })

  it('offers only releases that served as the target of a rollback', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    world.engine.behaviour = ({ spec }) => (spec.release === 2 ? { healthyAfterMs: null } : {})
    const { service, environment } = staging
    await deployTag(app, { ...staging, service, environment }, 'v1.0.0')
    await deployTag(app, staging, 'v1.1.0')
    expect(await offered(app, 'rollback', '-e', 'staging', '--to', '')).toEqual(['r1', 'previous'])
    expect(await offered(app, 'show', '-e', 'staging', 'r')).toEqual(['r2', 'r1'])
  })

  it('offers releases, operations, services and shells in their places', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    expect(await offered(app, 'diff', '')).toEqual(['r2', 'r1'])
    expect(await offered(app, 'diff', 'r1', '')).toEqual(['r2', 'r1'])
    expect(await offered(app, 'diff', 'r1', 'r2', '')).toEqual([])
    expect(await offered(app, 'show', 'tx-')).toContain(newestTransaction(app))
    expect(await offered(app, 'log', '')).toContain(newestTransaction(app))
    expect(await offered(app, 'remove', '')).toEqual(['shop'])
    expect(await offered(app, 'completion', 'z')).toEqual(['zsh'])
    expect(await offered(app, 'deploy', '')).toEqual([])
    expect(await offered(app, 'verify', '')).toEqual(['r2', 'r1'])
  })

  it('offers environments to promote to and from, and the releases of the one that it comes from', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    await deployTag(app, staging, 'v1.0.0')
    expect(await offered(app, 'promote-to', '')).toEqual(['prod', 'staging'])
    expect(await offered(app, 'promote-to', 'prod', '--from', 's')).toEqual(['staging'])
    expect(await offered(app, 'promote-to', 'prod', '--from', 'staging', '')).toEqual(['r1'])
  })

  it('offers fixed values, and leaves files to the shell', async () => {
    const { app } = await deployed([])
    expect(await offered(app, 'deploy', '--force', '')).toEqual(['hold', 'freeze', 'quarantine', 'outdated', 'schema'])
    expect(await offered(app, 'rollback', '--force', '')).toEqual(['quarantine', 'schema'])
    expect(await offered(app, 'status', '--lang', 'z')).toEqual(['zh-CN'])
    expect(await offered(app, 'up', '--config', 'ast')).toEqual([':files'])
    expect(await offered(app, 'rollback', '-m', '')).toEqual([])
  })

  it('understands a value behind an equals sign, also when the shell took it apart', async () => {
    const { app } = await deployed(['v1.0.0', 'v1.1.0'])
    expect(await offered(app, 'rollback', '--to=r')).toEqual(['--to=r2', '--to=r1'])
    expect(await offered(app, 'rollback', '--to', '=', 'r')).toEqual(['r2', 'r1'])
    expect(await offered(app, 'rollback', '--to', '=')).toEqual(['r2', 'r1', 'previous'])
    expect(await offered(app, 'rollback', '--env', '=', 'prod', '--to', '')).toEqual(['r2', 'r1', 'previous'])
  })

  it('says what each candidate is, in the language of who asks', async () => {
    const { app } = await deployed(['v1.0.0'])
    const english = createConsole(app)
    await run(english.context, given('complete', ['diff', '']))
    expect(english.out).toEqual(['r1\tv1.0.0 active'])
    const chinese = createConsole(app, { language: 'zh-CN' })
    await run(chinese.context, given('complete', ['rollb']))
    expect(chinese.out).toEqual(['rollback\t恢复上一个发布版本'])
  })

  it('asks neither the engine nor the proxy', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    world.engine.state = 'hung'
    world.proxy = null
    const calls = world.engine.calls.length
    expect(await offered(app, 'logs', '--release', '')).toEqual(['r1'])
    expect(world.engine.calls).toHaveLength(calls)
  })

  it('makes no state, and is silent about one that cannot be opened', async () => {
    const { app } = await deployed(['v1.0.0'])
    const opened: string[] = []
    const open = () => {
      opened.push('opened')
      return Promise.reject(new Error('database disk image is malformed'))
    }
    const absent = createConsole(app, { open, stateFolder: temporaryFolder() })
    expect(await candidates(absent.context, ['show', ''])).toEqual([])
    expect(opened).toEqual([])
    const broken = createConsole(app, { open })
    expect(await candidates(broken.context, ['show', ''])).toEqual([])
    expect(opened).not.toEqual([])
    expect(broken.err).toEqual([])
  })
})

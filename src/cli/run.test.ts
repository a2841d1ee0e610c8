import { describe, expect, it } from 'vitest'
import { createConsole, given } from '../../test/doubles/console.ts'
import { deployed, newestTransaction, shop } from '../../test/doubles/deployed.ts'
import { deployTag, Killed, World } from '../../test/doubles/world.ts'
import { buildConfig, buildDefinition } from '../../test/builders.ts'
import { doOverdue, isOverdue } from '../operations/overdue.ts'
import { runCommand } from '../operations/run.ts'
import { run } from './run.ts'

const alice = { actor: { name: 'alice', automated: false }, reason: null }
const silent = { onOutput: () => {}, stdin: null, terminal: null, timeoutMs: null }

describe('astern run', () => {
  it('runs a command as the release has it: its image, environment and secrets of then, except those that stay', async () => {
    const { health: _health, secrets: _secrets, ...process } = buildConfig({ env: { MODE: 'one' } })
    const secrets = ['TOKEN', 'KEY'].map((name) => ({
      name,
      source: { kind: 'file', path: `/${name}` } as const,
      onRollback: name === 'KEY' ? ('keep_current' as const) : ('restore' as const),
    }))
    const world = new World()
    const { app } = world.process()
    world.secrets.set('TOKEN', 'token-of-then').set('KEY', 'key-of-then')
    await deployTag(app, buildDefinition({ process, secrets }), 'v1.0.0')
    world.secrets.set('TOKEN', 'token-of-now').set('KEY', 'key-of-now')
    await deployTag(app, buildDefinition({ process: { ...process, env: { MODE: 'two' } }, secrets }), 'v1.1.0')

    const seen: unknown[] = []
    world.engine.program = (argv, env) => {
      seen.push({ argv, env })
      return { exitCode: 4, output: [{ stream: 'stdout', text: 'done' }] }
    }
    const { context, streams } = createConsole(app)
    expect(await run(context, given('run', ['v1.0.0', '--', '/app', 'migrate']))).toBe(4)
    const env = { MODE: 'one', TOKEN: 'token-of-then', KEY: 'key-of-now' }
    expect(seen).toEqual([{ argv: ['/app', 'migrate'], env }])
    expect(streams.stdout).toBe('done\n')
    expect(world.engine.oneOffs.size).toBe(0)
    expect(app.store.oneOffs.of(shop)).toEqual([])
  })

  it('has the secrets that its release takes as files, also when that has no containers any more', async () => {
    const world = new World()
    const { app } = world.process()
    const source = { kind: 'file', path: '/t' } as const
    const secrets = [{ name: 'TOKEN', source, onRollback: 'restore' as const, as: 'file' as const }]
    world.secrets.set('TOKEN', 'token-of-then')
    const definition = buildDefinition({ secrets })
    await deployTag(app, definition, 'v1.0.0')
    world.secrets.set('TOKEN', 'token-of-now')
    await deployTag(app, definition, 'v1.1.0')
    for (const name of ['r1-1', 'r1-2']) app.store.replicas.remove(definition, name)
    await doOverdue(app, { look: false })
    expect(app.store.secretFiles.read(shop, 1)).toBeNull()
    let seen: unknown = null
    world.engine.program = (_, env) => {
      seen = { env, file: app.store.secretFiles.read(shop, 1)?.get('TOKEN') }
      return {}
    }
    await run(createConsole(app).context, given('run', ['r1', '--', 'cat']))
    expect(seen).toEqual({ env: {}, file: 'token-of-then' })
    expect(app.store.secretFiles.read(shop, 1)).toBeNull()
  })

  it('means the release that serves when none is named', async () => {
    const { world, app } = await deployed(['v1.0.0', 'v1.1.0'])
    const { context } = createConsole(app)
    await run(context, given('run', ['--', 'env']))
    expect(app.store.operations.get(newestTransaction(app))).toMatchObject({ kind: 'run', to: 2, outcome: 'succeeded' })
    await expect(run(context, given('run', ['r1', 'r2', '--', 'env']))).rejects.toMatchObject({ code: 'USAGE' })
    await expect(run(context, given('run', ['r7', '--', 'env']))).rejects.toMatchObject({ code: 'RELEASE_UNKNOWN' })
    expect(world.engine.started).toHaveLength(1)
  })

  it('is journalled with argv, exit code and time, and never with output or secrets', async () => {
    const world = new World()
    const { app } = world.process()
    world.secrets.set('TOKEN', 'hunter2')
    const secrets = [{ name: 'TOKEN', source: { kind: 'file', path: '/t' } as const, onRollback: 'restore' as const }]
    await deployTag(app, buildDefinition({ secrets }), 'v1.0.0')
    world.engine.program = () => ({ takesMs: 1_500, output: [{ stream: 'stdout', text: 'a customer' }] })
    const { context } = createConsole(app)
    await run(context, given('run', ['--', 'psql', 'postgres://hunter2@db']))
    const events = app.store.journal.ofTransaction(newestTransaction(app))
    expect(events.map(({ step, status }) => `${step} ${status}`)).toEqual([
      'run started',
      'run succeeded',
      'outcome succeeded',
    ])
    expect(events[1]).toMatchObject({
      duration_ms: 1_500,
      detail: { argv: ['psql', 'postgres://[redacted]@db'], exit_code: 0 },
    })
    expect(JSON.stringify(events)).not.toMatch(/hunter2|a customer/)
  })

  it('is stopped at its timeout', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    world.engine.program = () => ({ takesMs: 60_000 })
    const { context } = createConsole(app)
    expect(await run(context, given('run', ['--', 'sleep'], { timeout: '5s' }))).toBe(124)
    expect(app.store.journal.ofTransaction(newestTransaction(app)).at(-1)).toMatchObject({
      detail: { timed_out: true },
    })
    await expect(run(context, given('run', ['--', 'x'], { timeout: 'soon' }))).rejects.toThrow('expected 5m')
  })

  it('is stopped and removed when it is interrupted', async () => {
    const { world, app } = await deployed(['v1.0.0'])
    const { context, interrupt } = createConsole(app)
    world.engine.program = () => {
      setImmediate(interrupt)
      return { takesMs: 60_000 }
    }
    expect(await run(context, given('run', ['--', 'sleep']))).toBe(130)
    expect(world.engine.oneOffs.size).toBe(0)
    expect(app.store.operations.get(newestTransaction(app))).toMatchObject({ outcome: 'failed' })
  })

  it('of a process that died is ended and removed by whoever comes next, and never by a deploy or a resume', async () => {
    const { world } = await deployed(['v1.0.0'])
    world.engine.program = () => ({ takesMs: 60_000 })
    let moment = 0
    for (; ; moment += 1) {
      const victim = world.process(moment)
      const release = victim.app.store.releases.get(shop, 1)!
      const died = await runCommand(victim.app, release, { ...alice, argv: ['sleep'], process: null }, silent).then(
        () => false,
        (error: unknown) => error instanceof Killed || victim.moments.length > moment,
      )
      victim.kill()
      const heir = world.process().app
      const { left } = await doOverdue(heir, { look: false })
      expect(left).toEqual([])
      expect(heir.store.oneOffs.of(shop)).toEqual([])
      expect(world.engine.oneOffs.size, `moment ${moment}`).toBe(0)
      expect(heir.store.operations.list(1)[0]!.endedAt).not.toBeNull()
      expect(isOverdue(heir)).toBe(false)
      if (!died && victim.moments.length <= moment) break
    }
    expect(moment).toBeGreaterThan(5)
  })
})

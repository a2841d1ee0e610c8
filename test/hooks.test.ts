// Hooks beside deploys and rollbacks: when they run, what they are told, what their failure means, and that each is begun once.
import { describe, expect, it } from 'vitest'
import type { Definition, Hook, HookName } from '../src/core/model.ts'
import type { App } from '../src/operations/app.ts'
import { deploy } from '../src/operations/deploy.ts'
import { deploySet } from '../src/operations/deploy-set.ts'
import { doOverdue, isOverdue } from '../src/operations/overdue.ts'
import { buildDefinition } from './builders.ts'
import { alice, deployTag, rollBack, World } from './doubles/world.ts'

function hook(name: HookName, changes: Partial<Hook> = {}): Hook {
  return {
    name,
    place: 1,
    action: { kind: 'run', argv: ['/app', name] },
    timeoutMs: 60_000,
    required: name === 'before_deploy' || name === 'release',
    ...changes,
  }
}
const host = (name: HookName, changes: Partial<Hook> = {}) =>
  hook(name, { action: { kind: 'host', argv: [`./${name}.sh`], cwd: '/srv/shop' }, ...changes })
const webhook = (name: HookName, changes: Partial<Hook> = {}) =>
  hook(name, { action: { kind: 'webhook', url: `https://hooks.example.com/${name}`, headers: {} }, ...changes })

async function deployed(hooks: readonly Hook[], changes: Partial<Definition> = {}) {
  const world = new World()
  const { app } = world.process()
  const definition = buildDefinition({ hooks, ...changes })
  await deployTag(app, buildDefinition(changes), 'v1.0.0')
  return { world, app, definition }
}

function stepsOf(app: App, transactionId: string | null): string[] {
  return app.store.journal
    .ofTransaction(transactionId!)
    .filter(({ status }) => status !== 'started')
    .map(({ key, status }) => `${key} ${status}`)
}

describe('the release hook', () => {
  it('runs once, in the new image, with the environment and secrets of the new release, before that is woken', async () => {
    const { world, app } = await deployed([])
    const { process, ...rest } = buildDefinition()
    const secrets = [
      { name: 'TOKEN', source: { kind: 'file', path: '/t' } as const, onRollback: 'keep_current' as const },
    ]
    world.secrets.set('TOKEN', 'hunter2')
    const definition = { ...rest, process: { ...process, env: { MODE: 'new' } }, secrets, hooks: [hook('release')] }
    const seen: Record<string, string>[] = []
    world.engine.program = (argv, env) => {
      expect(argv).toEqual(['/app', 'release'])
      expect([...world.engine.containers.values()].map(({ spec }) => spec.release)).not.toContain(2)
      seen.push({ ...env })
      return {}
    }
    const { answer } = await deployTag(app, definition, 'v1.1.0')
    expect(answer.outcome).toBe('succeeded')
    expect(seen).toEqual([
      {
        MODE: 'new',
        TOKEN: 'hunter2',
        ASTERN_OPERATION: 'deploy',
        ASTERN_TRANSACTION: answer.transaction_id,
        ASTERN_HOOK: 'release',
        ASTERN_HOOK_TOKEN: `${answer.transaction_id}:release`,
        ASTERN_SERVICE: 'shop',
        ASTERN_ENVIRONMENT: 'prod',
        ASTERN_RELEASE: 'r2',
        ASTERN_VERSION: 'v1.1.0',
        ASTERN_FROM_RELEASE: 'r1',
        ASTERN_FROM_VERSION: 'v1.0.0',
        ASTERN_ACTOR: 'alice',
        ASTERN_REASON: '',
      },
    ])
    const [container] = [...world.engine.oneOffs.values()]
    expect(container?.spec.configDigest).toBe(app.store.releases.get(definition, 2)?.configDigest)
    await doOverdue(app, { look: false })
    expect(world.engine.oneOffs.size).toBe(0)
  })

  it('that fails leaves the old release untouched, and shows its last lines without secrets', async () => {
    const { world, app } = await deployed([])
    world.secrets.set('TOKEN', 'hunter2')
    const secrets = [{ name: 'TOKEN', source: { kind: 'file', path: '/t' } as const, onRollback: 'restore' as const }]
    const definition = buildDefinition({ hooks: [hook('release')], secrets })
    world.engine.program = () => ({
      exitCode: 3,
      output: Array.from({ length: 30 }, (_, line) => ({ stream: 'stderr', text: `line ${line} hunter2` })),
    })
    const before = structuredClone([...world.engine.containers.keys()])
    const result = await deployTag(app, definition, 'v1.1.0')
    expect(result).toMatchObject({ exit: 4, answer: { outcome: 'failed', error: { code: 'DEPLOY_FAILED' } } })
    const message = result.answer.error!.message
    expect(message).toContain('The hook release failed: it ended with exit code 3')
    expect(message).toContain('\n  line 29 [redacted]')
    expect(message).not.toContain('line 9 ')
    expect(message).toContain('Serving now: r1')
    expect([...world.engine.containers.keys()]).toEqual(before)
    expect(world.answering(definition)).toBe(1)
    expect(JSON.stringify(app.store.journal.ofTransaction(result.answer.transaction_id!))).not.toContain('hunter2')
  })

  it('is stopped at its timeout', async () => {
    const { world, app, definition } = await deployed([hook('release', { timeoutMs: 5_000 })])
    world.engine.program = () => ({ takesMs: 60_000 })
    const { answer } = await deployTag(app, definition, 'v1.1.0')
    expect(answer.error?.message).toContain('it did not end within 5 s')
  })

  it('does not run when there is nothing to deploy', async () => {
    const { world, app, definition } = await deployed([hook('release'), host('before_deploy')])
    expect((await deployTag(app, definition, 'v1.0.0')).answer.outcome).toBe('noop')
    expect(world.engine.started).toEqual([])
    expect(world.hooks.calls).toEqual([])
  })

  it('is heard line by line while it runs', async () => {
    const { world, app, definition } = await deployed([hook('release')])
    world.engine.program = () => ({ output: [{ stream: 'stdout', text: 'migrated' }] })
    const heard: string[] = []
    const onOutput = (title: string, { text }: { text: string }) => void heard.push(`${title}: ${text}`)
    await deploy(app, definition, { ...alice, tag: 'v1.1.0', force: new Set(), onOutput })
    expect(heard).toEqual(['release: migrated'])
  })

  it('is stopped when a rollback takes the deploy over, which does not wait for it', async () => {
    const { world, app, definition } = await deployed([])
    await deployTag(app, definition, 'v1.1.0')
    const slow = buildDefinition({ hooks: [hook('release')] })
    world.engine.program = () => ({ takesMs: 3_600_000 })
    const other = world.process().app
    let took: Promise<unknown> | null = null
    world.interlude = async ({ name, when }) => {
      if (name !== 'runtime.runOnce' || when !== 'before' || took !== null) return
      took = rollBack(other, slow)
      expect(await took).toMatchObject({ answer: { outcome: 'succeeded', to: { release: 'r2' } } })
    }
    const { answer } = await deployTag(app, slow, 'v1.2.0')
    expect(answer).toMatchObject({ outcome: 'rolled_back', error: { code: 'PREEMPTED' } })
    world.interlude = async () => {}
    await doOverdue(other, { look: false })
    expect(world.engine.oneOffs.size).toBe(0)
    expect(world.answering(slow)).toBe(2)
  })
})

describe('before_deploy', () => {
  it('runs before anything moves, and the release hook after it', async () => {
    const { world, app, definition } = await deployed([
      host('before_deploy'),
      hook('release'),
      webhook('before_deploy', { place: 2 }),
    ])
    const { answer } = await deployTag(app, definition, 'v1.1.0')
    expect(stepsOf(app, answer.transaction_id).slice(0, 6)).toEqual([
      'pull succeeded',
      'plan succeeded',
      'hook:before_deploy succeeded',
      'hook:before_deploy#2 succeeded',
      'hook:release succeeded',
      'wake:r2 succeeded',
    ])
    expect(world.hooks.calls.map(({ what }) => what)).toEqual([
      './before_deploy.sh',
      'https://hooks.example.com/before_deploy',
    ])
  })

  it('that fails ends the deploy with nothing changed', async () => {
    const { world, app, definition } = await deployed([webhook('before_deploy'), hook('release')])
    world.hooks.behaviour = () => ({ status: 500 })
    const result = await deployTag(app, definition, 'v1.1.0')
    expect(result.exit).toBe(4)
    expect(result.answer.error?.message).toContain('The hook before_deploy failed: it answered 500')
    expect(world.engine.started).toEqual([])
    expect(world.answering(definition)).toBe(1)
  })
})

describe('after_deploy', () => {
  it('runs when the release serves, and is told so', async () => {
    const { world, app, definition } = await deployed([webhook('after_deploy')])
    const { answer } = await deployTag(app, definition, 'v1.1.0')
    expect(answer).toMatchObject({ outcome: 'succeeded', warnings: [] })
    expect(world.hooks.calls).toEqual([
      {
        what: 'https://hooks.example.com/after_deploy',
        env: expect.objectContaining({
          hook: 'after_deploy',
          operation: 'deploy',
          transaction_id: answer.transaction_id,
          service: 'shop',
          environment: 'prod',
          from: expect.objectContaining({ release: 'r1', version: 'v1.0.0' }),
          to: expect.objectContaining({ release: 'r2', version: 'v1.1.0' }),
          outcome: 'succeeded',
          actor: 'alice',
          reason: null,
        }),
      },
    ])
    expect(stepsOf(app, answer.transaction_id).slice(-2)).toEqual(['outcome succeeded', 'hook:after_deploy succeeded'])
  })

  it('that fails is a warning', async () => {
    const { world, app, definition } = await deployed([hook('after_deploy')])
    world.engine.program = () => ({ exitCode: 1 })
    const result = await deployTag(app, definition, 'v1.1.0')
    expect(result).toMatchObject({ exit: 0, answer: { outcome: 'succeeded' } })
    expect(result.answer.warnings).toEqual(['The hook after_deploy failed: it ended with exit code 1'])
    expect(world.answering(definition)).toBe(2)
    await doOverdue(app, { look: false })
    expect(isOverdue(app)).toBe(false)
    expect(world.engine.started).toHaveLength(1)
  })

  it('that is required takes the deploy back when it fails', async () => {
    const { world, app, definition } = await deployed([
      host('after_deploy', { required: true }),
      host('after_rollback'),
    ])
    world.hooks.behaviour = (what) => ({ exitCode: what === './after_deploy.sh' ? 1 : 0 })
    const result = await deployTag(app, definition, 'v1.1.0')
    expect(result).toMatchObject({ exit: 4, answer: { outcome: 'rolled_back' } })
    expect(world.answering(definition)).toBe(1)
    const [, after] = world.hooks.calls
    expect(after).toMatchObject({
      what: './after_rollback.sh',
      env: {
        ASTERN_OPERATION: 'deploy',
        ASTERN_OUTCOME: 'rolled_back',
        ASTERN_RELEASE: 'r1',
        ASTERN_FROM_RELEASE: 'r2',
      },
    })
  })
})

describe('after_rollback', () => {
  it('does not hold the rollback up: it is overdue work, committed with its success', async () => {
    const { world, app, definition } = await deployed([hook('after_rollback'), webhook('after_rollback', { place: 2 })])
    await deployTag(app, definition, 'v1.1.0')
    const { answer } = await rollBack(app, definition)
    expect(answer.outcome).toBe('succeeded')
    expect(world.engine.started).toEqual([])
    expect(isOverdue(app)).toBe(true)
    const { failed } = await doOverdue(app, { look: false })
    expect(failed).toEqual([])
    expect(world.engine.started).toEqual([`hook-after-rollback-${answer.transaction_id!.slice(3)}`])
    expect(world.hooks.calls.at(-1)?.env).toMatchObject({ operation: 'rollback', outcome: 'succeeded' })
    await doOverdue(app, { look: false })
    expect(world.engine.started).toHaveLength(1)
    expect(world.hooks.calls).toHaveLength(1)
    expect(world.engine.oneOffs.size).toBe(0)
    expect(isOverdue(app)).toBe(false)
  })

  it('that fails is told once and journalled', async () => {
    const { world, app, definition } = await deployed([host('after_rollback')])
    await deployTag(app, definition, 'v1.1.0')
    const { answer } = await rollBack(app, definition)
    world.hooks.behaviour = () => ({ fails: 'there is no program ./after_rollback.sh' })
    const { failed, left } = await doOverdue(app, { look: false })
    expect(failed.map(({ reason }) => reason)).toEqual([
      'The hook after_rollback failed: there is no program ./after_rollback.sh',
    ])
    expect(left).toEqual([])
    expect(app.store.journal.ofTransaction(answer.transaction_id!).at(-1)).toMatchObject({
      key: 'hook:after_rollback',
      status: 'failed',
      level: 'warn',
    })
    expect((await doOverdue(app, { look: false })).failed).toEqual([])
  })

  it('is what the configuration says now, and waits for an engine that is away', async () => {
    const { world, app, definition } = await deployed([hook('after_rollback')])
    await deployTag(app, definition, 'v1.1.0')
    await rollBack(app, definition)
    world.engine.state = 'down'
    expect((await doOverdue(app, { look: false })).failed).toHaveLength(1)
    expect(isOverdue(app)).toBe(true)
    world.engine.state = 'up'
    expect((await doOverdue(app, { look: false })).failed).toEqual([])
    expect(world.engine.started).toHaveLength(1)
  })

  it('is begun by one of two processes', async () => {
    const { world, app, definition } = await deployed([host('after_rollback')])
    await deployTag(app, definition, 'v1.1.0')
    await rollBack(app, definition)
    const other = world.process().app
    world.hooks.behaviour = () => ({ takesMs: 1_000 })
    await Promise.all([doOverdue(app, { look: false }), doOverdue(other, { look: false })])
    expect(world.hooks.calls).toHaveLength(1)
  })
})

describe('in a deploy of several services', () => {
  it('a hook knows the transaction of all of them, and each service has its own', async () => {
    const { world, app, members } = await set()
    const { transactionId, answers } = await deploySet(app, members, { ...alice, force: new Set() })
    expect(answers.map(({ answer }) => answer.outcome)).toEqual(['succeeded', 'succeeded'])
    expect(world.hooks.calls.map(({ env }) => [env['ASTERN_SERVICE'], env['ASTERN_TRANSACTION']])).toEqual([
      ['api', transactionId],
      ['shop', transactionId],
    ])
  })

  it('killed at any moment, each release hook in a container runs once at most, and all go on when one has begun', async () => {
    for (let moment = 0; ; moment += 1) {
      const { world, app, members } = await set(hook('release'))
      world.engine.program = () => ({ takesMs: 5_000 })
      const victim = world.process(moment)
      await deploySet(victim.app, members, { ...alice, force: new Set() }).catch(() => {})
      victim.kill()
      await doOverdue(app, { look: true })
      const begun = new Set(world.engine.started)
      expect(begun.size, `moment ${moment}`).toBe(world.engine.started.length)
      const serving = members.map(({ definition }) => world.answering(definition))
      expect(serving, `moment ${moment}`).toEqual(begun.size === 0 ? [1, 1] : [2, 2])
      if (victim.moments.length <= moment) break
    }
  })

  async function set(release: Hook = host('release')) {
    const world = new World()
    const { app } = world.process()
    const of = (service: string, place: number, hooks: readonly Hook[]) =>
      buildDefinition({ service, listen: `127.0.0.1:1808${place}`, sets: { all: place }, hooks })
    const former = [of('api', 1, []), of('shop', 0, [])]
    for (const definition of former) await deployTag(app, definition, 'v1.0.0')
    const members = [of('api', 1, [release]), of('shop', 0, [release])].map((definition) => ({
      definition,
      tag: 'v1.1.0',
    }))
    return { world, app, members }
  }
})

describe('a process that dies', () => {
  it('in a hook that leaves no trace is not followed by a second run: a human is asked', async () => {
    const { world, definition } = await deployed([host('before_deploy')])
    const moments = world.process()
    let moment = 0
    for (; ; moment += 1) {
      const victim = world.process(moment)
      world.hooks.calls.length = 0
      await deployTag(victim.app, definition, 'v1.1.0').catch(() => {})
      victim.kill()
      if (world.hooks.calls.length === 1) break
    }
    const { failed } = await doOverdue(moments.app, { look: true })
    expect(failed.map(({ reason }) => reason).join()).toContain('It was not run again')
    expect(world.hooks.calls).toHaveLength(1)
    const newest = moments.app.store.operations.list(9).find(({ kind }) => kind === 'deploy')!
    expect(newest).toMatchObject({ outcome: 'failed' })
    const events = moments.app.store.journal.ofTransaction(newest.transactionId)
    expect(events.map(({ detail }) => detail?.['code'])).toContain('HOOK_UNKNOWN')
    expect(world.answering(definition)).toBe(1)
  })

  it('at any moment after a rollback loses no hook in a container, and runs none twice', async () => {
    for (let moment = 0; ; moment += 1) {
      const { world, app, definition } = await deployed([hook('after_rollback')])
      await deployTag(app, definition, 'v1.1.0')
      await rollBack(app, definition)
      world.engine.program = () => ({ takesMs: 5_000 })
      const victim = world.process(moment)
      await doOverdue(victim.app, { look: false }).catch(() => {})
      victim.kill()
      const heir = world.process().app
      await doOverdue(heir, { look: false })
      await doOverdue(heir, { look: false })
      expect(world.engine.started, `moment ${moment}`).toHaveLength(1)
      expect(world.engine.oneOffs.size, `moment ${moment}`).toBe(0)
      expect(isOverdue(heir)).toBe(false)
      if (victim.moments.length <= moment) break
    }
  })
})

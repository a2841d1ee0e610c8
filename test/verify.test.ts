// Verifying an image: that very image, as a deploy would run it; what its result means for a deploy; and that nothing of it is left behind.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Check } from '../src/core/checks.ts'
import { fail } from '../src/core/errors.ts'
import type { Definition } from '../src/core/model.ts'
import type { FakeService } from '../src/drivers/fake/compose.ts'
import type { App } from '../src/operations/app.ts'
import { deploy, planDeployOf } from '../src/operations/deploy.ts'
import { deploySet } from '../src/operations/deploy-set.ts'
import { doOverdue, isOverdue } from '../src/operations/overdue.ts'
import { findRelease, releaseEntry } from '../src/operations/releases.ts'
import { failureOf, verify, type VerifyAsked } from '../src/operations/verify.ts'
import { buildDefinition } from './builders.ts'
import { alice, deployTag, rollBack, World } from './doubles/world.ts'

const selftest: Check = { name: 'selftest', timeoutMs: 60_000, action: { kind: 'run', argv: ['/app', 'selftest'] } }
const FILE = '/srv/shop/compose.verify.yaml'
const composed = (changes: object = {}): Check => ({
  name: 'api',
  timeoutMs: 300_000,
  action: { kind: 'compose', file: FILE, service: null, argv: ['./smoke.sh'], cwd: '/srv/shop', ...changes },
})
const service = (changes: Partial<FakeService> = {}): FakeService => ({
  name: 'shop',
  image: 'shop:dev',
  isBuilt: false,
  ports: [],
  takesMs: 2_000,
  unhealthy: null,
  says: [],
  ...changes,
})

function open(checks: readonly Check[], changes: Partial<Definition> = {}) {
  const world = new World()
  world.compose.files.set(FILE, [service(), service({ name: 'db', image: 'postgres:17', ports: [5432] })])
  const { app } = world.process()
  const staging = buildDefinition({ environment: 'staging', listen: '127.0.0.1:18081', checks, ...changes })
  return { world, app, staging, prod: buildDefinition({ requires: ['staging'] }) }
}
const check = (app: App, definition: Definition, what: string | null = 'v1.1.0', more: Partial<VerifyAsked> = {}) =>
  verify(app, definition, { ...alice, what, ...more })
const newest = (app: App, definition: Definition, image: number) =>
  app.store.verifications.of(definition.service, `sha256:${String(image).padStart(64, '0')}`)[0]
const stepsOf = (app: App, transactionId: string) =>
  app.store.journal
    .ofTransaction(transactionId)
    .filter(({ status }) => status !== 'started')
    .map(({ step, key, status }) => `${step} ${key} ${status}`)

describe('a command in the image', () => {
  it('runs in that very image with the environment and secrets that a deploy would give it, and leaves nothing', async () => {
    const base = buildDefinition()
    const { world, app, staging } = open([selftest], {
      process: { ...base.process, env: { MODE: 'staging' } },
      secrets: [
        { name: 'TOKEN', source: { kind: 'file', path: '/t' }, onRollback: 'restore' },
        { name: 'CERT', source: { kind: 'file', path: '/c' }, onRollback: 'restore', as: 'file' },
      ],
    })
    world.secrets.set('TOKEN', 'hunter2-token').set('CERT', 'hunter2-cert')
    const seen: object[] = []
    world.engine.program = (argv, env) => {
      const [{ spec }] = [...world.engine.oneOffs.values(), { spec: null }]
      seen.push({ argv, env, spec })
      const folder = app.store.secretFiles.pathOf(staging, 0)
      expect(readFileSync(join(folder, 'CERT'), 'utf8')).toBe('hunter2-cert')
      return { output: [{ stream: 'stdout', text: 'TOKEN is hunter2-token' }] }
    }
    const lines: string[] = []
    const { result, transactionId } = await check(app, staging, 'v1.1.0', {
      onOutput: (name, { text }) => lines.push(`${name} ${text}`),
    })
    expect(failureOf(staging, result)).toBeNull()
    expect(seen).toMatchObject([{ argv: ['/app', 'selftest'], env: { MODE: 'staging', TOKEN: 'hunter2-token' } }])
    expect(lines).toEqual(['selftest TOKEN is [redacted]'])
    expect(readFileSync(result.checks[0]!.log, 'utf8')).toBe('TOKEN is [redacted]\n')
    expect(JSON.stringify(app.store.journal.ofTransaction(transactionId))).not.toContain('hunter2')
    expect(world.engine.oneOffs.size).toBe(0)
    expect(app.store.secretFiles.releases(staging)).toEqual([])
    expect(newest(app, staging, 2)).toMatchObject({ environment: 'staging', outcome: 'passed', transactionId })
    expect(app.store.operations.get(transactionId)).toMatchObject({
      kind: 'verify',
      outcome: 'succeeded',
      actor: 'alice',
    })
  })

  it('that fails is told with its last lines, and every other check is run all the same', async () => {
    const { world, app, staging } = open([selftest, { ...selftest, name: 'other' }, composed()])
    world.engine.program = () => ({ exitCode: 3, output: [{ stream: 'stderr', text: 'no such table' }] })
    const { result, transactionId } = await check(app, staging)
    expect(result.checks.map(({ name, outcome, reason }) => [name, outcome, reason])).toEqual([
      ['selftest', 'failed', 'it ended with exit code 3'],
      ['other', 'failed', 'it ended with exit code 3'],
      ['api', 'passed', null],
    ])
    const error = failureOf(staging, result)!
    expect(error).toMatchObject({ code: 'CHECK_FAILED', exit: 4 })
    expect(error.message).toContain('selftest: it ended with exit code 3\n    no such table\n  other: it ended')
    expect(stepsOf(app, transactionId)).toEqual([
      'pull pull succeeded',
      'check check:selftest failed',
      'check check:other failed',
      'check check:api succeeded',
      'outcome outcome failed',
    ])
    expect(newest(app, staging, 2)?.outcome).toBe('failed')
    // the newest result counts
    world.engine.program = () => ({})
    await check(app, staging)
    expect(newest(app, staging, 2)?.outcome).toBe('passed')
  })

  it('is stopped at its timeout', async () => {
    const { world, app, staging } = open([{ ...selftest, timeoutMs: 5_000 }])
    world.engine.program = () => ({ takesMs: 60_000 })
    const { result } = await check(app, staging)
    expect(result.checks[0]?.reason).toBe('it did not end within 5 s')
  })
})

describe('a compose project around the image', () => {
  it('has the image by its ID in place of its own, tells the program where it answers, and is gone afterwards', async () => {
    const { world, app, staging } = open([composed()])
    world.compose.files.set(FILE, [
      service({ says: ['listening'] }),
      service({ name: 'my.db', image: 'x', ports: [5432] }),
    ])
    world.hooks.behaviour = (what) => {
      expect(what).toBe('./smoke.sh')
      const [project] = [...world.compose.projects.values()]
      expect(project?.images.get('shop')).toBe(`sha256:${'2'.padStart(64, '0')}`)
      expect(project?.wanted.labels).toMatchObject({ 'astern.service': 'shop', 'astern.environment': 'staging' })
      return { output: ['all fine'] }
    }
    const { result, transactionId } = await check(app, staging)
    expect(result.checks).toMatchObject([{ name: 'api', outcome: 'passed' }])
    const name = `astern-verify-${transactionId.replace('tx-', '')}-api`
    const [call] = world.hooks.calls
    expect(call?.env).toMatchObject({
      ASTERN_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string,
      ASTERN_PORT_MY_DB_5432: expect.stringMatching(/^\d+$/) as string,
      ASTERN_PROJECT: name,
      ASTERN_VERSION: 'v1.1.0',
      ASTERN_ENVIRONMENT: 'staging',
      ASTERN_IMAGE: 'shop:v1.1.0',
    })
    expect(readFileSync(result.checks[0]!.log, 'utf8')).toBe('all fine\nshop-1  | listening\n')
    expect(world.compose.projects.size).toBe(0)
    expect(app.store.checkProjects.all()).toEqual([])
  })

  it('that does not become healthy has failed, with what its containers wrote last', async () => {
    const { world, app, staging } = open([composed()])
    world.compose.files.set(FILE, [service({ unhealthy: 'container shop-1 is unhealthy', says: ['no database'] })])
    const { result } = await check(app, staging)
    expect(result.checks).toMatchObject([{ outcome: 'failed', lines: ['shop-1  | no database'] }])
    expect(result.checks[0]?.reason).toContain('did not come up: container shop-1 is unhealthy')
    expect(world.hooks.calls).toEqual([])
    expect(world.compose.projects.size).toBe(0)
  })

  it('without a program passes when it is healthy; with one the timeout counts for both', async () => {
    const { world, app, staging } = open([composed({ argv: null })])
    expect((await check(app, staging)).result.checks).toMatchObject([{ outcome: 'passed' }])
    world.hooks.behaviour = () => ({ takesMs: 299_000 })
    const { result } = await check(app, { ...staging, checks: [composed()] })
    expect(result.checks[0]?.reason).toBe('it did not end within 300 s')
  })

  it('whose program fails or is missing has failed', async () => {
    const { world, app, staging } = open([composed()])
    world.hooks.behaviour = () => ({ exitCode: 2, output: ['expected 200, got 500'] })
    expect((await check(app, staging)).result.checks).toMatchObject([
      { reason: 'it ended with exit code 2', lines: ['expected 200, got 500'] },
    ])
    world.hooks.behaviour = () => ({ fails: 'there is no program ./smoke.sh' })
    expect((await check(app, staging)).result.checks).toMatchObject([{ reason: 'there is no program ./smoke.sh' }])
  })

  it('needs compose, whose absence is nobody’s result', async () => {
    const { world, app, staging } = open([composed()])
    await check(app, staging)
    world.compose.missing = "docker: 'compose' is not a docker command."
    await expect(check(app, staging)).rejects.toMatchObject({ code: 'COMPOSE_MISSING', exit: 2 })
    expect(newest(app, staging, 2)?.outcome).toBe('passed')
  })

  it('that cannot be taken down is a warning, and overdue work', async () => {
    const { world, app, staging } = open([composed()])
    const broken: App = {
      ...app,
      compose: async () => ({
        ...(await app.compose()),
        missing: async () => null,
        up: async (...asked) => (await app.compose()).up(...asked),
        logs: async () => {},
        down: () => Promise.reject(fail('COMPOSE_FAILED', { file: 'x', reason: 'cannot be taken down: no engine' })),
      }),
    }
    const { result } = await check(broken, staging)
    expect(result.checks).toMatchObject([{ outcome: 'passed' }])
    expect(result.warnings).toEqual([expect.stringContaining('cannot be taken down: no engine')])
    expect(isOverdue(app)).toBe(true)
    await doOverdue(app, { look: false })
    expect(world.compose.projects.size).toBe(0)
    expect(isOverdue(app)).toBe(false)
  })
})

describe('what is verified', () => {
  it('is what was built here last, when nothing is named, whatever its tag means by now', async () => {
    const { world, app, staging } = open([selftest])
    await expect(check(app, staging, null)).rejects.toMatchObject({ code: 'TAG_NEEDED' })
    const built = { service: 'shop', environment: 'staging', repository: 'shop', version: null, gitRevision: null }
    const configDigest = `sha256:${'3'.padStart(64, '0')}`
    app.store.tags.built({ ...built, tag: 'v1.1.0', configDigest, sizeBytes: null, builtAt: 1, transactionId: 'tx-1' })
    const { result } = await check(app, staging, null)
    expect(result.image).toMatchObject({ reference: 'shop:v1.1.0', configDigest })
    world.engine.images.delete(configDigest)
    await expect(check(app, staging, null)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
  })

  it('is a release, or a tag that was never deployed; the release knows of it afterwards', async () => {
    const { app, staging } = open([selftest])
    await deployTag(app, staging, 'v1.0.0')
    const { result, transactionId } = await check(app, staging, 'r1')
    expect(result.release?.number).toBe(1)
    expect(app.store.operations.get(transactionId)?.to).toBe(1)
    const at = new Date(app.clock.now()).toISOString()
    expect(releaseEntry(app, findRelease(app, staging, 'r1')).verified).toEqual({
      staging: { outcome: 'passed', at, transaction_id: transactionId },
    })
    expect((await check(app, staging, 'v1.3.0')).result.release).toBeNull()
    await expect(check(app, staging, 'r7')).rejects.toMatchObject({ code: 'RELEASE_UNKNOWN' })
    await expect(check(app, staging, 'v9.9.9')).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
  })

  it('has to have checks', async () => {
    const { app, staging } = open([])
    await expect(check(app, staging)).rejects.toMatchObject({ code: 'CHECKS_MISSING', exit: 2 })
  })
})

describe('an interrupted verification', () => {
  it.each([
    ['in its container', [selftest]],
    ['in its project', [composed()]],
  ] as const)('%s leaves the former result, and nothing behind', async (_, checks) => {
    const { world, app, staging } = open(checks)
    await check(app, staging)
    const stopping = new AbortController()
    const stop = () => stopping.abort(fail('INTERRUPTED', { serving: '' }))
    world.engine.program = () => ({ takesMs: 60_000, output: [{ stream: 'stdout', text: 'begun' }] })
    world.hooks.behaviour = () => ({ takesMs: 60_000, output: ['begun'] })
    await expect(check(app, staging, 'v1.1.0', { signal: stopping.signal, onOutput: stop })).rejects.toMatchObject({
      code: 'INTERRUPTED',
      details: { serving: 'nobody' },
    })
    expect(newest(app, staging, 2)?.outcome).toBe('passed')
    expect(world.compose.projects.size + world.engine.oneOffs.size).toBe(0)
    expect(isOverdue(app)).toBe(false)
  })

  it('that was killed at any moment is ended by the next command, which leaves nothing of it', async () => {
    const secrets = [{ name: 'CERT', source: { kind: 'file', path: '/c' }, onRollback: 'restore', as: 'file' }] as const
    const start = () => {
      const opened = open([selftest, composed()], { secrets })
      opened.world.secrets.set('CERT', 'hunter2')
      return opened
    }
    const whole = start()
    const alive = whole.world.process()
    await check(alive.app, whole.staging)
    expect(alive.moments.length).toBeGreaterThan(20)
    for (let killAt = 0; killAt < alive.moments.length; killAt += 1) {
      const { world, staging } = start()
      const dying = world.process(killAt)
      await check(dying.app, staging).catch(() => undefined)
      dying.kill()
      const { app } = world.process()
      await doOverdue(app, { look: false })
      const where = `killed at ${killAt}: ${JSON.stringify(alive.moments[killAt])}`
      const left = {
        projects: [...world.compose.projects.keys()],
        containers: [...world.engine.oneOffs.keys()],
        noted: app.store.checkProjects.all(),
        secrets: app.store.secretFiles.releases(staging),
        unfinished: app.store.operations.list(5).filter(({ endedAt }) => endedAt === null),
        isOverdue: isOverdue(app),
      }
      const nothing = { projects: [], containers: [], noted: [], secrets: [], unfinished: [], isOverdue: false }
      expect({ where, ...left }).toEqual({ where, ...nothing })
    }
  })
})

describe('an environment that requires a verification', () => {
  it('refuses what has not passed, in a dry run as well, and takes it once it has', async () => {
    const { world, app, staging, prod } = open([selftest])
    const first = await deployTag(app, prod, 'v1.1.0', ['hold', 'outdated', 'freeze', 'quarantine', 'schema'])
    expect(first).toMatchObject({ exit: 3, answer: { outcome: 'refused', error: { code: 'UNVERIFIED' } } })
    expect(first.answer.error?.message).toContain('shop:v1.1.0 was never verified in staging')
    expect(first.answer.error?.hint).toBe('astern verify v1.1.0 --env staging --service shop')
    const planned = await planDeployOf(app, prod, { ...alice, tag: 'v1.1.0', force: new Set() })
    expect(planned?.decision).toMatchObject({ outcome: 'refused', code: 'UNVERIFIED' })
    expect(world.engine.containers.size).toBe(0)

    world.engine.program = () => ({ exitCode: 1 })
    const { transactionId } = await check(app, staging)
    const second = await deployTag(app, prod, 'v1.1.0')
    expect(second.answer.error?.message).toContain(`failed in staging (${transactionId})`)
    world.engine.program = () => ({})
    await check(app, staging)
    expect((await deployTag(app, prod, 'v1.1.0')).answer.outcome).toBe('succeeded')
  })

  it('asks nothing of what serves already, nor of a rollback', async () => {
    const { world, app, staging, prod } = open([selftest])
    for (const tag of ['v1.0.0', 'v1.1.0']) {
      await check(app, staging, tag)
      await deployTag(app, prod, tag)
    }
    world.engine.program = () => ({ exitCode: 1 })
    for (const tag of ['v1.0.0', 'v1.1.0']) await check(app, staging, tag)
    expect((await deployTag(app, prod, 'v1.1.0')).answer.outcome).toBe('noop')
    expect((await rollBack(app, prod)).answer).toMatchObject({ outcome: 'succeeded', to: { release: 'r1' } })
  })

  it('refuses a whole set for one of its services', async () => {
    const { world, app, prod } = open([selftest])
    const other = buildDefinition({ service: 'jobs', listen: '127.0.0.1:18082' })
    const members = [
      { definition: other, tag: 'v1.0.0' },
      { definition: prod, tag: 'v1.0.0' },
    ]
    await expect(deploySet(app, members, { ...alice, force: new Set() })).rejects.toMatchObject({ code: 'UNVERIFIED' })
    expect(world.engine.containers.size).toBe(0)
  })

  it('takes the image although another tag names it, and refuses another image of the same tag', async () => {
    const { world, app, staging, prod } = open([selftest])
    await check(app, staging, 'v1.1.0')
    world.addImage('stable', 2)
    expect((await deployTag(app, prod, 'stable')).answer.outcome).toBe('succeeded')
    world.addImage('v1.1.0', 7)
    const moved = await deploy(app, prod, { ...alice, tag: 'v1.1.0', force: new Set() })
    expect(moved.answer.error?.code).toBe('UNVERIFIED')
  })
})

describe('what checks wrote', () => {
  it('is kept for so many verifications, and so much of each', async () => {
    const { world, app, staging } = open([selftest])
    const long = 'x'.repeat(10_000)
    world.engine.program = () => ({ output: Array.from({ length: 350 }, () => ({ stream: 'stdout', text: long })) })
    const { result } = await check(app, staging)
    const { log } = result.checks[0]!
    expect(readFileSync(log).length).toBeLessThanOrEqual(1024 * 1024)
    expect(readFileSync(`${log}.1`).length).toBeLessThanOrEqual(1024 * 1024)
    world.engine.program = () => ({})
    for (let count = 0; count < 51; count += 1) await check(app, staging)
    expect(readdirSync(join(world.folder, 'verify'))).toHaveLength(50)
    expect(existsSync(log)).toBe(false)
  })
})

import { describe, expect, it } from 'vitest'
import { buildBuild, buildDefinition, NOW_AT } from '../../test/builders.ts'
import { askedFor, build, push, REPOSITORY, shop, stepsOfNewest, workshop } from '../../test/doubles/built.ts'
import { deployTag, Killed, type World } from '../../test/doubles/world.ts'
import { fail } from '../core/errors.ts'
import { buildImage, checkBuild, planBuild } from './build.ts'
import { doOverdue } from './overdue.ts'

const local = buildDefinition({ build: buildBuild() })

describe('a build', () => {
  it('gives the image its tag and its labels, and records both with the journal', async () => {
    const { world, app, revision } = workshop()
    const built = await buildImage(app, shop, askedFor)
    expect(built).toMatchObject({ outcome: 'succeeded', tag: 'v1.3.0-prod-42', digest: null, previousSizeBytes: null })
    expect(built.image.labels).toEqual({
      'org.opencontainers.image.version': 'v1.3.0',
      'org.opencontainers.image.revision': revision,
      'org.opencontainers.image.source': 'https://example.com/acme/shop',
      'org.opencontainers.image.created': new Date(NOW_AT).toISOString(),
    })
    const { configDigest } = built.image
    expect(world.engine.images.get(`${REPOSITORY}:v1.3.0-prod-42`)?.configDigest).toBe(configDigest)
    expect(app.store.tags.newest(shop)).toMatchObject({
      repository: REPOSITORY,
      tag: 'v1.3.0-prod-42',
      configDigest,
      version: 'v1.3.0',
      gitRevision: revision,
      digest: null,
      transactionId: built.transactionId,
    })
    expect(stepsOfNewest(app)).toEqual([
      'check_tag started',
      'check_tag succeeded',
      'build started',
      'build succeeded',
      'tag started',
      'tag succeeded',
      'outcome succeeded',
    ])
  })

  it('gives version and revision to a Dockerfile that declares them, and to no other', async () => {
    const { world, app, revision } = workshop()
    const args = { GO: '1.26', REVISION: 'mine' }
    await build(app, 'one', { ...shop, build: buildBuild({ args, target: 'runtime', platforms: ['linux/amd64'] }) })
    expect(world.builder.built.at(-1)).toMatchObject({ args, target: 'runtime', platforms: ['linux/amd64'] })
    world.builder.files = { dockerfile: 'FROM scratch\nARG VERSION\nARG REVISION\n', hasDockerignore: true }
    await build(app, 'two')
    expect(world.builder.built.at(-1)?.args).toEqual({ VERSION: 'v1.3.0', REVISION: revision })
    await build(app, 'three', { ...shop, build: buildBuild({ args }) })
    expect(world.builder.built.at(-1)?.args).toEqual({ VERSION: 'v1.3.0', GO: '1.26', REVISION: 'mine' })
  })

  it('marks what is built from files that differ, so that it never takes the name of the commit', async () => {
    const { world, app, revision } = workshop()
    for (const name of ['b.go', 'c.go', 'd.go']) world.repository.committed.set(name, 'as it was')
    world.repository.files.set('main.go', 'package other').set('notes', 'of mine')
    const planned = await planBuild(app, shop, { ...askedFor, template: '{version}_{sha}' })
    const sha = revision.slice(0, 12)
    expect(planned).toMatchObject({ tag: `v1.3.0-dirty_${sha}-dirty`, revision: `${revision}-dirty` })
    expect(planned.warnings).toEqual([
      { code: 'dirty', details: { files: 'b.go, c.go, d.go … (4)' } },
      { code: 'untracked', details: { files: 'notes' } },
    ])
    const named = await planBuild(app, shop, { ...askedFor, version: '2.0.0' })
    expect(named).toMatchObject({ version: '2.0.0', revision: `${revision}-dirty` })
  })

  it('counts only what lies in the context, and not its own configuration', async () => {
    const { world, app, revision } = workshop()
    world.repository.files.set('main.go', 'package other').set('astern.yaml', 'other')
    const context = buildBuild({ context: '/srv/shop/api', dockerfile: '/srv/shop/api/Dockerfile' })
    expect(await planBuild(app, { ...shop, build: context }, askedFor)).toMatchObject({ revision, warnings: [] })
    world.repository.files.set('main.go', 'package main')
    expect(await planBuild(app, shop, askedFor)).toMatchObject({ revision, warnings: [] })
  })

  it.each([
    ['without a tag at the commit', 'unversioned', (world: World) => world.repository.tags.clear()],
    [
      'in a shallow clone',
      'unversioned_shallow',
      (world: World) => {
        world.repository.tags.clear()
        world.repository.shallow = true
      },
    ],
    ['without git', 'no_git', (world: World) => void (world.repository.exists = false)],
  ])('has no version %s, and says so', async (_, code, change) => {
    const { world, app, revision } = workshop()
    change(world)
    const planned = await planBuild(app, shop, askedFor)
    expect(planned).toMatchObject({ tag: '0.0.0-dev-prod-42', revision: code === 'no_git' ? null : revision })
    expect(planned.warnings.map((warning) => warning.code)).toEqual([code])
  })

  it('takes branch from CI where a commit is checked out, and the time where nobody counts builds', async () => {
    const { world, app } = workshop()
    world.repository.branch = null
    const asked = { ...askedFor, template: 'dev-{branch}-{build}', ci: { build: null, branch: 'feature/x' } }
    expect((await planBuild(app, shop, asked)).tag).toBe('dev-feature-x-20260405100000')
    await expect(planBuild(app, shop, { ...asked, ci: { build: null, branch: null } })).rejects.toMatchObject({
      code: 'TAG_IMPOSSIBLE',
    })
  })

  it('needs a Dockerfile, also to be advised on', async () => {
    const { world, app } = workshop()
    world.builder.files = { dockerfile: null, hasDockerignore: false }
    const missing = { code: 'DOCKERFILE_MISSING', details: { path: '/srv/shop/Dockerfile' } }
    await expect(buildImage(app, shop, askedFor)).rejects.toMatchObject(missing)
    await expect(checkBuild(app, shop)).rejects.toMatchObject(missing)
    expect(app.store.operations.list(1)).toEqual([])
  })

  it('compares its size with that of the release that serves, else with the build before', async () => {
    const { world, app } = workshop()
    await build(app, 'one')
    await deployTag(app, shop, 'one')
    world.builder.sizeBytes = 20_000_000
    world.builder.code = 'two'
    expect((await build(app, 'two')).previousSizeBytes).toBe(10_000_000)
    world.builder.sizeBytes = 30_000_000
    world.builder.code = 'three'
    const third = await build(app, 'three')
    expect(third.previousSizeBytes).toBe(10_000_000)
    expect(third.advice.map(({ code }) => code)).toContain('IMAGE_GREW')
    const staging = { ...shop, environment: 'staging' }
    await build(app, 'first-of-staging', staging)
    world.builder.code = 'four'
    expect((await build(app, 'second-of-staging', staging)).previousSizeBytes).toBe(30_000_000)
  })
})

describe('a tag that is there already', () => {
  it('stays what it is when the same is built again, and counts as the newest', async () => {
    const { world, app } = workshop()
    const first = await build(app, 'v1')
    world.builder.code = 'two'
    await build(app, 'v2')
    world.builder.code = 'one'
    world.clock.pass(1_000)
    const again = await build(app, 'v1')
    expect(again).toMatchObject({ outcome: 'noop', image: { configDigest: first.image.configDigest } })
    expect(app.store.tags.newest(shop)).toMatchObject({ tag: 'v1', configDigest: first.image.configDigest })
    expect(world.engine.images.get(`${REPOSITORY}:v1`)?.configDigest).toBe(first.image.configDigest)
  })

  it('is refused to another image, which the journal says; the tag stays', async () => {
    const { world, app } = workshop()
    const { image } = await build(app, 'v1')
    await deployTag(app, shop, 'v1')
    world.builder.code = 'two'
    await expect(build(app, 'v1')).rejects.toMatchObject({
      code: 'TAG_MOVED',
      exit: 3,
      message: expect.stringContaining(`${REPOSITORY}:v1 is ${image.configDigest} (r1 in prod) here`) as string,
    })
    expect(world.engine.images.get(`${REPOSITORY}:v1`)?.configDigest).toBe(image.configDigest)
    expect(app.store.operations.list(1)[0]).toMatchObject({ kind: 'build', outcome: 'refused' })
  })

  it('is refused before anything is built when the registry has it and nobody here knows it', async () => {
    const { world, app } = workshop()
    const digest = world.registry.push(REPOSITORY, 'v1', 'sha256:somebody-else')
    await expect(build(app, 'v1')).rejects.toMatchObject({ code: 'TAG_MOVED', details: { found: digest } })
    expect(world.builder.built).toEqual([])
  })

  it('is the same when another host has built it from this very commit: CI that runs again stays green', async () => {
    const { world, app, revision } = workshop()
    const reference = `${REPOSITORY}:v1`
    const theirs = { ...world.addImage('theirs', 9, revision), reference }
    world.engine.removeImage(theirs.configDigest)
    world.engine.remoteImages.set(reference, theirs)
    const digest = world.registry.push(REPOSITORY, 'v1', theirs.configDigest)
    world.repository.files.set('main.go', 'package other')
    await expect(build(app, 'v1')).rejects.toMatchObject({ code: 'TAG_MOVED' })
    world.repository.files.set('main.go', 'package main')
    expect(await build(app, 'v1')).toMatchObject({ outcome: 'noop', image: { configDigest: theirs.configDigest } })
    expect(world.builder.built).toEqual([])
    expect(await push(app)).toMatchObject({ digest })
    expect(world.builder.pushed).toEqual([])
  })

  it('is another one when another host has built it from another commit', async () => {
    const { world, app } = workshop()
    const reference = `${REPOSITORY}:v1`
    const theirs = { ...world.addImage('theirs', 9, 'f'.repeat(40)), reference }
    world.engine.removeImage(theirs.configDigest)
    world.engine.remoteImages.set(reference, theirs)
    world.registry.push(REPOSITORY, 'v1', theirs.configDigest)
    await expect(build(app, 'v1')).rejects.toMatchObject({ code: 'TAG_MOVED' })
    expect(world.builder.built).toEqual([])
  })

  it('is refused when somebody has built it on this host without us', async () => {
    const { world, app } = workshop()
    const { configDigest } = world.addImage('v9', 9)
    await expect(build(app, 'v9', local)).rejects.toMatchObject({ code: 'TAG_MOVED' })
    expect(world.engine.images.get('shop:v9')?.configDigest).toBe(configDigest)
    expect(app.store.tags.newest(local)).toBeNull()
  })

  it('is refused when it was moved on this host, or in the registry', async () => {
    const { world, app } = workshop()
    const { image } = await build(app, 'v1')
    await push(app)
    world.registry.push(REPOSITORY, 'v1', 'sha256:somebody-else')
    await expect(build(app, 'v1')).rejects.toMatchObject({ code: 'TAG_MOVED', details: { where: 'registry.test' } })
    world.registry.push(REPOSITORY, 'v1', image.configDigest)
    await world.builder.name(world.addImage('other', 9).configDigest, `${REPOSITORY}:v1`)
    await expect(build(app, 'v1')).rejects.toMatchObject({ code: 'TAG_MOVED', details: { where: 'Docker' } })
  })

  it('is free again when nobody ever had it but this host, which has lost it', async () => {
    const { world, app } = workshop()
    const lost = await build(app, 'v1')
    world.engine.removeImage(lost.image.configDigest)
    world.builder.code = 'two'
    const { image, outcome } = await build(app, 'v1')
    expect(outcome).toBe('succeeded')
    expect(app.store.tags.newest(shop)).toMatchObject({ tag: 'v1', configDigest: image.configDigest })
  })

  it('is not free when it was pushed and is gone from this host', async () => {
    const { world, app } = workshop()
    const { image } = await build(app, 'v1')
    await push(app)
    world.engine.removeImage(image.configDigest)
    world.builder.code = 'two'
    await expect(build(app, 'v1')).rejects.toMatchObject({ code: 'TAG_MOVED' })
  })

  it('goes to the first of two builds that make it at once; the name goes back to that one', async () => {
    const { world, app } = workshop()
    let meanwhile: Awaited<ReturnType<typeof build>> | null = null
    world.interlude = async ({ name, when }) => {
      if (name !== 'builder.name' || when !== 'before' || meanwhile !== null) return
      world.interlude = async () => {}
      const { code } = world.builder
      world.builder.code = 'theirs'
      meanwhile = await build(world.process().app, 'v1')
      world.builder.code = code
    }
    await expect(build(app, 'v1')).rejects.toMatchObject({ code: 'TAG_MOVED' })
    const theirs = meanwhile!.image.configDigest
    expect(app.store.tags.newest(shop)?.configDigest).toBe(theirs)
    expect(world.engine.images.get(`${REPOSITORY}:v1`)?.configDigest).toBe(theirs)
  })
})

describe('a bad day of a build', () => {
  it.each([
    ['a Dockerfile that fails', fail('BUILD_FAILED', { image: 'x', reason: 'exit code: 1' }), 'BUILD_FAILED'],
    ['a full disk', fail('DISK_FULL', { path: 'the image x' }), 'DISK_FULL'],
  ])('%s leaves no tag and no record, and the next one works', async (_, failure, code) => {
    const { world, app } = workshop()
    world.builder.buildFails = failure
    await expect(build(app, 'v1')).rejects.toMatchObject({ code })
    expect(app.store.tags.newest(shop)).toBeNull()
    expect(world.engine.images.has(`${REPOSITORY}:v1`)).toBe(false)
    expect(stepsOfNewest(app).slice(-2)).toEqual(['build failed', 'outcome failed'])
    expect((await build(app, 'v1')).outcome).toBe('succeeded')
  })

  it('goes on without a registry that does not answer, and says that it could not ask', async () => {
    const { world, app } = workshop()
    world.registry.trouble = { code: 'REGISTRY_UNREACHABLE', reason: 'connection refused' }
    const { warnings, outcome } = await build(app, 'v1')
    expect(outcome).toBe('succeeded')
    expect(warnings.map(({ code }) => code)).toEqual(['registry_silent'])
  })

  it('ends at once when it is interrupted', async () => {
    const { world, app } = workshop()
    const stopping = new AbortController()
    world.interlude = async ({ name }) => {
      if (name === 'registry.resolve') stopping.abort(fail('WORK_STOPPED'))
    }
    const asked = { ...askedFor, signal: stopping.signal }
    await expect(buildImage(app, shop, asked)).rejects.toMatchObject({ code: 'WORK_STOPPED' })
    expect(world.builder.built).toEqual([])
    expect(app.store.operations.list(1)[0]).toMatchObject({ outcome: 'failed' })
  })

  it('is survived at every moment: what is recorded is what the name stands for, and the next build succeeds', async () => {
    let moments = Number.POSITIVE_INFINITY
    for (let killAt = 0; killAt < moments; killAt += 1) {
      const { world } = workshop()
      const dying = world.process(killAt)
      const died = await build(dying.app, 'v1').then(
        () => false,
        (error: unknown) => error instanceof Killed,
      )
      if (!died) {
        moments = killAt
        continue
      }
      const { app } = world.process()
      await doOverdue(app, { look: true })
      expect(app.store.operations.unfinished(shop)).toEqual([])
      const recorded = app.store.tags.newest(shop)
      if (recorded !== null) {
        expect(world.engine.images.get(`${REPOSITORY}:v1`)?.configDigest).toBe(recorded.configDigest)
      }
      const { image } = await build(app, 'v1')
      expect(app.store.tags.newest(shop)?.configDigest).toBe(image.configDigest)
      expect(world.engine.images.get(`${REPOSITORY}:v1`)?.configDigest).toBe(image.configDigest)
    }
    expect(moments).toBeGreaterThan(10)
  })
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { REPOSITORY, workshop } from '../../test/doubles/built.ts'
import { createConsole, given } from '../../test/doubles/console.ts'
import { temporaryFolder } from '../../test/doubles/store.ts'
import { fail } from '../core/errors.ts'
import type { JournalEvent } from '../core/journal-event.ts'
import { run as build } from './build.ts'
import type { Context } from './context.ts'
import { run as deploy } from './deploy.ts'
import type { ImageAnswer } from './image-work.ts'
import { run as push } from './push.ts'

const CONFIG = `services:
  shop: { image: ${REPOSITORY}, port: 8080, canary: "off", bake: "off" }
environments: { prod: { listen: 127.0.0.1:18080 } }
`

function project(config = CONFIG) {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'astern.yaml'), config)
  const { world, app, revision } = workshop()
  world.repository.root = folder
  const at = (changes: Partial<Context> = {}) =>
    createConsole(app, { cwd: folder, env: { BUILD_NUMBER: '7' }, ...changes })
  return { world, app, revision, at }
}

describe('astern build', () => {
  it('answers machines with step lines and one object, and nothing of what Docker says', async () => {
    const { world, at } = project()
    world.builder.says = ['Step 1/3 : FROM scratch']
    const { context, out, err, answer } = at({ json: true })
    expect(await build(context, given('build'))).toBe(0)
    const events = out.slice(0, -1).map((line) => JSON.parse(line) as JournalEvent)
    expect(new Set(events.map(({ step }) => step))).toEqual(new Set(['check_tag', 'build', 'tag', 'outcome']))
    expect(err).toEqual([])
    const answered = answer() as ImageAnswer
    expect(Object.keys(answered)).toEqual([
      'transaction_id',
      'operation',
      'service',
      'environment',
      'outcome',
      'image',
      'tag',
      'digest',
      'config_digest',
      'size_bytes',
      'previous_size_bytes',
      'advice',
      'warnings',
      'error',
      'duration_ms',
    ])
    expect(answered).toMatchObject({
      transaction_id: events[0]!.transaction_id,
      operation: 'build',
      service: 'shop',
      environment: 'prod',
      outcome: 'succeeded',
      image: `${REPOSITORY}:v1.3.0-prod-7`,
      tag: 'v1.3.0-prod-7',
      digest: null,
      size_bytes: 10_000_000,
      previous_size_bytes: null,
      warnings: [],
      error: null,
    })
    expect(answered.advice).toEqual([
      { code: 'NO_HEALTHCHECK', line: null, message: expect.stringContaining('HEALTHCHECK') },
    ])
  })

  it('shows people its steps, what Docker says beside them, the size against the last one, and advice with its lines', async () => {
    const { world, at } = project()
    await build(at().context, given('build'))
    const dockerfile = 'FROM golang\nENV API_TOKEN=hunter2\nCMD /app\n'
    world.builder.files = { dockerfile, hasDockerignore: false }
    world.builder.says = ['Step 1/3 : FROM golang']
    world.builder.sizeBytes = 25_000_000
    const { context, out, err } = at({ env: { BUILD_NUMBER: '8' } })
    expect(await build(context, given('build'))).toBe(0)
    expect(err).toEqual(['Step 1/3 : FROM golang'])
    const text = out.join('\n')
    expect(text).toMatch(/✓ check tag.*\n✓ build/)
    expect(text).toContain('25 MB · +15 MB (+150 %) against the last release')
    expect(text).toMatch(/advice +Dockerfile:1 .*golang names no version/)
    expect(text).toContain('Dockerfile:2 ENV API_TOKEN leaves a secret in the image')
    expect(text).not.toContain('hunter2')
  })

  it('says in Chinese what it says in English', async () => {
    const { world, at } = project()
    world.repository.exists = false
    const { context, out, err } = at({ language: 'zh-CN' })
    expect(await build(context, given('build'))).toBe(0)
    expect(err.join()).toContain('此处没有 git 提交')
    expect(out.join()).toContain('已构建')
  })

  it('answers a failure with everything that was known by then', async () => {
    const { world, at } = project()
    world.builder.buildFails = fail('DISK_FULL', { path: 'the image' })
    const { context, answer } = at({ json: true })
    expect(await build(context, given('build'))).toBe(1)
    expect(answer()).toMatchObject({
      transaction_id: expect.stringMatching(/^tx-/),
      outcome: 'failed',
      tag: 'v1.3.0-prod-7',
      size_bytes: null,
      advice: [],
      error: { code: 'DISK_FULL' },
    })
  })

  it('answers a tag that is taken with a refusal', async () => {
    const { world, at } = project()
    world.registry.push(REPOSITORY, 'v1.3.0-prod-7', 'sha256:somebody-else')
    const { context, answer } = at({ json: true })
    expect(await build(context, given('build'))).toBe(3)
    expect(answer()).toMatchObject({ outcome: 'refused', error: { code: 'TAG_MOVED' } })
  })

  it('stops at Ctrl-C, and leaves no tag', async () => {
    const { world, app, at } = project()
    const { context, interrupt, answer } = at({ json: true })
    world.interlude = async ({ name }) => (name === 'builder.inspect' ? interrupt() : undefined)
    expect(await build(context, given('build'))).toBe(1)
    expect(answer()).toMatchObject({ outcome: 'failed', error: { code: 'WORK_STOPPED' } })
    expect(app.store.tags.list({ service: 'shop', environment: 'prod' }, 5)).toEqual([])
  })

  it('only says what could be better with --check, and what it would do with --dry-run', async () => {
    const { world, app, revision, at } = project()
    const check = at({ json: true })
    expect(await build(check.context, given('build', [], { check: true }))).toBe(0)
    expect(check.answer()).toMatchObject({
      operation: 'build',
      check: true,
      tag: null,
      advice: [{ code: 'ROOT_USER', line: 1 }, { code: 'NO_HEALTHCHECK' }],
    })
    const dry = at()
    expect(await build(dry.context, given('build', [], { 'dry-run': true, tag: 'git-{sha}' }))).toBe(0)
    expect(dry.out.join('\n')).toContain(`${REPOSITORY}:git-${revision.slice(0, 12)}`)
    expect(world.builder.built).toEqual([])
    expect(app.store.operations.list(1)).toEqual([])
  })

  it('takes a template and a version, and refuses what is none', async () => {
    const { at } = project()
    const { context, answer } = at({ json: true })
    await build(context, given('build', [], { tag: '{version}.{build}', version: '2.0.0+exp' }))
    expect(answer()).toMatchObject({ tag: '2.0.0_exp.7' })
    const refused = (options: Record<string, string>) => build(at().context, given('build', [], options))
    await expect(refused({ tag: '{what}' })).rejects.toMatchObject({ code: 'TAG_IMPOSSIBLE', exit: 2 })
    await expect(refused({ version: 'next' })).rejects.toMatchObject({ code: 'USAGE' })
  })
})

describe('from a build to a release', () => {
  it('is build, push and deploy, and no tag has to be named', async () => {
    const { world, app, at } = project()
    world.builder.says = ['The push refers to repository']
    const built = at({ json: true })
    await build(built.context, given('build'))
    const { tag, config_digest } = built.answer() as ImageAnswer
    const pushed = at({ json: true })
    expect(await push(pushed.context, given('push'))).toBe(0)
    const { digest } = pushed.answer() as ImageAnswer
    expect(pushed.answer()).toMatchObject({ operation: 'push', outcome: 'succeeded', tag, config_digest, advice: [] })
    expect(digest).toMatch(/^sha256:/)
    const deployed = at({ json: true })
    expect(await deploy(deployed.context, given('deploy'))).toBe(0)
    expect(deployed.answer()).toMatchObject({ to: { release: 'r1', version: 'v1.3.0', image: `${REPOSITORY}:${tag}` } })
    expect(app.store.releases.get({ service: 'shop', environment: 'prod' }, 1)?.configDigest).toBe(config_digest)
  })

  it('shows people where the pointers are', async () => {
    const { world, at } = project()
    await build(at().context, given('build'))
    const dry = at()
    await push(dry.context, given('push', [], { 'dry-run': true }))
    expect(dry.out.join('\n')).toMatch(/pointers +latest\n.*would be pushed/)
    const first = at()
    await push(first.context, given('push'))
    expect(first.out.join('\n')).toMatch(/pointers +latest/)
    world.builder.code = 'two'
    world.clock.pass(1_000)
    await build(at({ env: { BUILD_NUMBER: '8' } }).context, given('build'))
    const older = at()
    await push(older.context, given('push', ['v1.3.0-prod-7']))
    expect(older.out.join('\n')).toMatch(/pointers +stay where they are: v1\.3\.0-prod-8 is newer/)
  })

  it('is refused for latest, and for every other pointer', async () => {
    const { at } = project(CONFIG.replace('port: 8080', 'port: 8080, build: { pointers: [stable] }'))
    for (const tag of ['latest', 'stable']) {
      await expect(deploy(at().context, given('deploy', [tag]))).rejects.toMatchObject({ code: 'TAG_IS_POINTER' })
      const set = deploy(at().context, given('deploy', [tag], { 'dry-run': true }))
      await expect(set).rejects.toMatchObject({ code: 'TAG_IS_POINTER' })
    }
    await expect(deploy(at().context, given('deploy'))).rejects.toMatchObject({ code: 'TAG_NEEDED', exit: 2 })
  })

  it('is refused when the tag means something else by now, also when it is only planned', async () => {
    const { world, at } = project()
    await build(at().context, given('build'))
    const other = world.addImage('other', 9)
    await world.builder.name(other.configDigest, `${REPOSITORY}:v1.3.0-prod-7`)
    const { context, answer } = at({ json: true })
    expect(await deploy(context, given('deploy'))).toBe(3)
    expect(answer()).toMatchObject({ outcome: 'refused', error: { code: 'TAG_MOVED' } })
    const planned = deploy(at().context, given('deploy', [], { 'dry-run': true }))
    await expect(planned).rejects.toMatchObject({ code: 'TAG_MOVED' })
  })
})

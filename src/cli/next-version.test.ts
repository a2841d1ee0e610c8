import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createConsole, given } from '../../test/doubles/console.ts'
import { World } from '../../test/doubles/world.ts'
import { run } from './next-version.ts'

function scene(changes: Parameters<typeof createConsole>[1] = {}) {
  const world = new World()
  world.repository.commit('feat: a')
  world.repository.tag('v1.2.0')
  const { app } = world.process()
  return { world, repository: world.repository, app, console: createConsole(app, { cwd: '/srv/shop', ...changes }) }
}

const ask = (options: Parameters<typeof given>[2] = {}) => given('version', [], options)

describe('astern version', () => {
  it('shows the next version, and why', async () => {
    const { repository, console } = scene()
    for (const message of ['feat: b', 'fix: c', 'fix: d', 'hello']) repository.commit(message)
    expect(await run(console.context, ask())).toBe(0)
    expect(console.out).toEqual([
      'next version        v1.3.0',
      'since               v1.2.0',
      'why                 minor: something new (feat)',
      'commits             feat 1 · fix 2 · other 1',
    ])
    expect(repository.tags.size).toBe(1)
  })

  it('does not even open the state', async () => {
    const { repository, console } = scene({ open: () => Promise.reject(new Error('it was opened')) })
    repository.commit('fix: b')
    expect(await run(console.context, ask())).toBe(0)
  })

  it('gives machines the same with every name', async () => {
    const { repository, console } = scene({ json: true })
    const hash = repository.commit('fix(api)!: b')
    await run(console.context, ask())
    expect(console.answer()).toEqual({
      operation: 'version',
      service: null,
      outcome: 'succeeded',
      version: '2.0.0',
      tag: 'v2.0.0',
      previous: { version: '1.2.0', tag: 'v1.2.0', git_revision: repository.tags.get('v1.2.0')!.commit },
      previous_pre_release: null,
      level: 'major',
      because: 'commits',
      path: null,
      commits: { total: 1, by_kind: { fix: 1 } },
      changes: [{ git_revision: hash, kind: 'fix', scope: 'api', subject: 'b', breaking: 'b' }],
      released: false,
      git_revision: null,
      changelog: null,
      notes: null,
      pushed_to: null,
      warnings: [],
      error: null,
    })
  })

  it('ends with 6 when nothing is to be released, and says how many commits follow no convention', async () => {
    const { repository, app, console } = scene({ json: true })
    repository.commit('update')
    expect(await run(console.context, ask())).toBe(6)
    expect(console.answer()).toMatchObject({ outcome: 'noop', version: null, error: { code: 'NOTHING_TO_DO' } })
    const people = createConsole(app, { cwd: '/srv/shop' })
    await run(people.context, ask())
    expect(people.out).toEqual([
      'nothing to do       no commit since v1.2.0 changes anything for users; --release-as VERSION makes one all the same',
      'commits             other 1',
    ])
  })

  it('says what a breaking change does below 1.0.0', async () => {
    const { repository, console } = scene()
    repository.tags.clear()
    repository.tag('v0.4.1')
    repository.commit('feat!: b')
    await run(console.context, ask())
    expect(console.out[0]).toBe('next version        v0.5.0')
    expect(console.out[2]).toContain('below 1.0.0 it raises no major version')
  })

  it('names tags that only look like versions', async () => {
    const { repository, console } = scene()
    repository.commit('fix: b')
    repository.tag('v1.3')
    await run(console.context, ask())
    expect(console.out[0]).toContain('v1.2.1')
    expect(console.err).toEqual(['warning: these tags are no versions and do not count: v1.3'])
  })

  it.each([
    [{ pre: '1' }, '--pre'],
    [{ pre: 'r c' }, '--pre'],
    [{ 'release-as': '2.0' }, '--release-as'],
    [{ 'release-as': 'vv2.0.0' }, '--release-as'],
    [{ push: true as const }, '--push goes with --release'],
  ])('does not take %j', async (options, problem) => {
    const { console } = scene()
    const failed = run(console.context, ask(options))
    await expect(failed).rejects.toMatchObject({ code: 'USAGE' })
    await expect(failed).rejects.toThrow(problem)
  })
})

describe('astern version --release', () => {
  it('shows what was made, and that it was not pushed', async () => {
    const { repository, console } = scene()
    repository.commit('fix: b')
    expect(await run(console.context, ask({ release: true }))).toBe(0)
    expect(console.out).toEqual([
      'released            v1.2.1',
      'since               v1.2.0',
      'why                 patch: something mended (fix, perf, revert)',
      'commits             fix 1',
      'changelog           CHANGELOG.md',
      `commit              ${repository.head!.slice(0, 12)}`,
      'pushed              no; git push --follow-tags, or --push next time',
    ])
  })

  it('that cannot push says so, with what it has made', async () => {
    const { repository, console } = scene({ json: true })
    repository.commit('fix: b')
    repository.remote = { name: 'origin', url: 'git@github.com:acme/shop.git' }
    repository.onChange = () => void (repository.remoteFails = 'rejected')
    expect(await run(console.context, ask({ release: true, push: true }))).toBe(1)
    expect(console.answer()).toMatchObject({
      outcome: 'failed',
      released: true,
      tag: 'v1.2.1',
      pushed_to: null,
      error: { code: 'PUSH_FAILED' },
    })
  })

  it('shows with --dry-run what would be written', async () => {
    const { repository, console } = scene()
    repository.commit('fix: b')
    await run(console.context, ask({ release: true, 'dry-run': true }))
    expect(console.out.join('\n')).toContain('### Fixed\n\n- b (')
    expect(console.out.at(-1)).toBe('dry run             nothing was changed')
    expect(repository.tags.size).toBe(1)
  })
})

describe('a configuration', () => {
  function withConfig(text: string) {
    const folder = mkdtempSync(join(tmpdir(), 'astern-version-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    mkdirSync(join(folder, 'services/shop'), { recursive: true })
    writeFileSync(join(folder, 'astern.yaml'), text)
    const world = scene({ cwd: folder, json: true })
    world.repository.root = folder
    return world
  }
  const SHOP = '{ image: shop, port: 80, version: { path: services/shop, tag_prefix: "shop/v" } }'
  const ENVIRONMENTS = 'environments: { prod: { listen: 127.0.0.1:80, services: { pay: { listen: 127.0.0.1:81 } } } }'

  it('says which folder and which tags count', async () => {
    const { repository, console } = withConfig(
      `services:\n  shop: ${SHOP}\nenvironments: { prod: { listen: 127.0.0.1:80 } }\n`,
    )
    repository.tag('shop/v2.0.0')
    repository.commit('feat: elsewhere', { 'services/pay/a.go': '' })
    repository.commit('fix: here', { 'services/shop/a.go': '' })
    await run(console.context, ask())
    expect(console.answer()).toMatchObject({
      service: 'shop',
      tag: 'shop/v2.0.1',
      path: 'services/shop',
      commits: { total: 1 },
    })
  })

  it('with services that are counted apart needs the name of one', async () => {
    const { repository, console } = withConfig(
      `services:\n  shop: ${SHOP}\n  pay: { image: pay, port: 80 }\n${ENVIRONMENTS}\n`,
    )
    repository.commit('fix: pay')
    await expect(run(console.context, ask())).rejects.toMatchObject({ code: 'SERVICE_NEEDED' })
    expect(await run(console.context, ask({ service: 'pay' }))).toBe(0)
    expect(console.answer()).toMatchObject({ service: 'pay', tag: 'v1.2.1' })
    await expect(run(console.context, ask({ service: 'none' }))).rejects.toMatchObject({ code: 'SERVICE_UNKNOWN' })
  })
})

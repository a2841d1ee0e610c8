import { describe, expect, it } from 'vitest'
import { shop } from '../../test/doubles/deployed.ts'
import { takenBack } from '../../test/doubles/taken-back.ts'
import { alice, deployTag, rollBack, World } from '../../test/doubles/world.ts'
import { findOperations } from './history.ts'
import { lastWayBack, planRevert, requestRevert } from './revert-request.ts'

const asked = { ...alice, folder: '/srv/shop' }

async function scene(...given: Parameters<typeof takenBack>) {
  const known = await takenBack(...given)
  return { ...known, answer: known.answered.answer, operation: lastWayBack(known.app, [shop]) }
}

describe('a rollback', () => {
  it('says where the two revisions can be compared, and how the bad one is taken back in git', async () => {
    const { answer, good, bad } = await scene()
    expect(answer.git).toEqual({
      compare_url: `https://github.com/acme/shop/compare/${good}...${bad}`,
      revert_command: `git revert --no-edit --first-parent -m 1 ${good.slice(0, 12)}..${bad.slice(0, 12)}`,
      pull_request_url: null,
    })
  })

  it('asks git nothing on its way', async () => {
    const { world } = await scene()
    const { app } = world.process()
    const away = { ...app, vcs: () => Promise.reject(new Error('git was asked')) }
    await deployTag(app, shop, 'v1.2.0')
    expect((await rollBack(away, shop)).answer.outcome).toBe('succeeded')
  })

  it('knows a host that its name does not tell from the configuration', async () => {
    const url = 'git@code.example.com:acme/shop.git'
    expect((await scene(shop, url)).answer.git).toMatchObject({ compare_url: null })
    const git = { host: 'gitlab', api: null, token: null, branch: null } as const
    const { answer } = await scene({ ...shop, git }, url)
    expect(answer.git!.compare_url).toMatch(/^https:\/\/code\.example\.com\/acme\/shop\/-\/compare\//)
  })

  it('says nothing of git where the images do not say what they were built from', async () => {
    const world = new World()
    const { app } = world.process()
    await deployTag(app, shop, 'v1.0.0')
    await deployTag(app, shop, 'v1.1.0')
    expect((await rollBack(app, shop)).answer.git).toBeNull()
  })
})

describe('a request to revert', () => {
  it('is a branch with the reverts, and a request for it', async () => {
    const { world, app, operation, repository } = await scene()
    const done = await requestRevert(app, operation, asked)
    const branch = `astern/revert-${operation.transactionId.slice(3)}`
    expect(done).toMatchObject({ branch, base: 'main', outcome: 'opened', url: 'https://github.com/acme/shop/pull/1' })
    expect(repository.remoteBranches.has(branch)).toBe(true)
    const [request] = world.codeHosts.opened
    expect(request).toMatchObject({ branch, base: 'main', title: 'revert: shop v1.1.0, back to v1.0.0' })
    expect(request!.text).toContain(operation.transactionId)
    expect(request!.text).toContain(done.command)
  })

  it('is journalled with what it pushed and opened', async () => {
    const { app, operation } = await scene()
    const { transactionId } = await requestRevert(app, operation, asked)
    const [journalled] = findOperations(app, transactionId)
    expect(journalled).toMatchObject({ kind: 'revert', outcome: 'succeeded', actor: 'alice' })
    const steps = app.store.journal.ofTransaction(transactionId).map(({ step, status }) => `${step} ${status}`)
    expect(steps).toEqual([
      'push_revert started',
      'push_revert succeeded',
      'open_request started',
      'open_request succeeded',
      'outcome succeeded',
    ])
  })

  it('asked for twice is one', async () => {
    const { world, app, operation } = await scene()
    const first = await requestRevert(app, operation, asked)
    expect(await requestRevert(app, operation, asked)).toMatchObject({ url: first.url, outcome: 'open_already' })
    expect(world.codeHosts.opened).toHaveLength(1)
  })

  it('goes on where it stopped when the host did not answer', async () => {
    const { world, app, operation } = await scene()
    world.codeHosts.away = true
    await expect(requestRevert(app, operation, asked)).rejects.toMatchObject({ code: 'CODE_HOST_UNREACHABLE' })
    world.codeHosts.away = false
    expect(await requestRevert(app, operation, asked)).toMatchObject({ outcome: 'opened' })
  })

  it('pushes nothing without a token', async () => {
    const { world, app, operation, repository } = await scene()
    world.codeHosts.token = null
    await expect(requestRevert(app, operation, asked)).rejects.toMatchObject({ code: 'CODE_HOST_TOKEN' })
    expect([...repository.remoteBranches.keys()]).toEqual(['main'])
  })

  it('hands a conflict to a person, with the command', async () => {
    const { world, app, operation, repository } = await scene()
    repository.conflicts = ['main.go']
    const failed = requestRevert(app, operation, asked)
    await expect(failed).rejects.toMatchObject({ code: 'REVERT_CONFLICT', details: { files: 'main.go', base: 'main' } })
    await expect(failed).rejects.toHaveProperty('hint', expect.stringContaining('git revert --no-edit'))
    expect(world.codeHosts.opened).toEqual([])
  })

  it('uses the API, the token and the branch that the configuration names', async () => {
    const git = {
      host: 'gitlab',
      api: 'https://git.example.com/api/v4',
      token: { kind: 'env', variable: 'MY_TOKEN' },
      branch: 'main',
    } as const
    const { world, app, operation } = await scene({ ...shop, git }, 'git@code.example.com:acme/shop.git')
    expect(await planRevert(app, operation, asked)).toMatchObject({ base: 'main', api: git.api })
    expect(world.codeHosts.asked.at(-1)).toMatchObject({ kind: 'gitlab', api: git.api, token: git.token })
  })

  it('is impossible without both revisions, a host, or anything that was taken back', async () => {
    const { world, app, operation } = await scene()
    world.commits.clear()
    await expect(planRevert(app, operation, asked)).rejects.toMatchObject({ code: 'REVERT_IMPOSSIBLE' })
    const elsewhere = await scene(shop, '/srv/git/shop.git')
    await expect(planRevert(elsewhere.app, elsewhere.operation, asked)).rejects.toMatchObject({
      code: 'CODE_HOST_UNKNOWN',
    })
    const [deploy] = app.store.operations.list(9).filter(({ kind }) => kind === 'deploy')
    await expect(planRevert(app, deploy!, asked)).rejects.toMatchObject({ code: 'REVERT_IMPOSSIBLE' })
    const fresh = new World().process().app
    expect(() => lastWayBack(fresh, [shop])).toThrow('nothing was rolled back yet')
  })

  it('takes back a deploy that its canary has failed as well', async () => {
    const { app, bad, good } = await scene()
    const deploy = app.store.operations.list(9).find(({ kind, to }) => kind === 'deploy' && to === 2)!
    expect(await planRevert(app, { ...deploy, outcome: 'rolled_back' }, asked)).toMatchObject({ good, bad })
  })
})

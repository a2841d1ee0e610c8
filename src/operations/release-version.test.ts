import { describe, expect, it } from 'vitest'
import { World } from '../../test/doubles/world.ts'
import { lookAtVersion } from './next-version.ts'
import { releaseVersion, type ReleaseAsked } from './release-version.ts'

const plain: ReleaseAsked = {
  folder: '/srv/shop',
  folderOnly: false,
  tagPrefix: 'v',
  pre: null,
  releaseAs: null,
  push: false,
  dryRun: false,
  host: null,
}

function scene() {
  const world = new World()
  const { repository } = world
  repository.commit('feat: a', { 'main.go': 'a' })
  repository.tag('v1.0.0')
  repository.commit('feat: b')
  const { app } = world.process()
  const release = (more: Partial<ReleaseAsked> = {}) => releaseVersion(app, { ...plain, ...more })
  return { world, repository, app, release }
}

const github = { name: 'origin', url: 'git@github.com:acme/shop.git' }

describe('releasing a version', () => {
  it('commits the changelog first, and tags that commit', async () => {
    const { repository, release } = scene()
    const released = await release()
    expect(released).toMatchObject({ outcome: 'released', version: '1.1.0', tag: 'v1.1.0', changelog: 'CHANGELOG.md' })
    expect(repository.tags.get('v1.1.0')).toMatchObject({ commit: repository.head })
    expect(repository.tags.get('v1.1.0')!.message).toContain('### Added\n\n- b')
    expect(repository.nodes[0]).toMatchObject({
      message: 'chore(release): v1.1.0\n\nAstern-Release: v1.1.0\n',
      paths: ['CHANGELOG.md'],
    })
    expect(repository.committed.get('CHANGELOG.md')).toContain('## [1.1.0] - 2026-04-05\n\n### Added\n\n- b')
    expect(repository.remoteTags.size).toBe(0)
  })

  it('finds nothing more to do right after', async () => {
    const { release } = scene()
    await release()
    expect(await release()).toMatchObject({ outcome: 'noop', version: null })
  })

  it('plans without touching anything', async () => {
    const { repository, release } = scene()
    const before = repository.head
    const planned = await release({ dryRun: true })
    expect(planned).toMatchObject({ outcome: 'planned', tag: 'v1.1.0', commit: null })
    expect(planned.notes).toContain('- b')
    expect(repository.head).toBe(before)
    expect(repository.tags.size).toBe(1)
  })

  it.each(['write', 'commit', 'tag', 'push'])(
    'that was killed at the %s is finished by the next run, once',
    async (at) => {
      const { repository, release } = scene()
      repository.remote = github
      repository.onChange = (name) => {
        if (name === at) throw new Error('killed')
      }
      await expect(release({ push: true })).rejects.toThrow('killed')
      repository.onChange = () => {}
      const finished = await release({ push: true })
      expect(finished).toMatchObject({ version: '1.1.0', tag: 'v1.1.0', pushedTo: 'origin', error: null })
      expect(repository.committed.get('CHANGELOG.md')!.match(/^## /gm)).toHaveLength(1)
      expect(repository.nodes.filter(({ message }) => message.startsWith('chore(release)'))).toHaveLength(1)
      expect(repository.remoteTags.get('v1.1.0')).toBe(repository.tags.get('v1.1.0')!.commit)
      expect(await release({ push: true })).toMatchObject({ outcome: 'noop' })
    },
  )

  it('finishes what was killed before the tag although more was committed since', async () => {
    const { repository, release } = scene()
    repository.onChange = (name) => {
      if (name === 'tag') throw new Error('killed')
    }
    await expect(release()).rejects.toThrow('killed')
    repository.onChange = () => {}
    const committed = repository.head
    repository.commit('fix: c')
    expect(await release()).toMatchObject({ outcome: 'finished', tag: 'v1.1.0', commit: committed })
    expect(await release()).toMatchObject({ outcome: 'released', tag: 'v1.1.1' })
  })

  it('keeps a changelog that nobody has committed yet', async () => {
    const { repository, release } = scene()
    repository.files.set('CHANGELOG.md', '# Mine\n\nDear reader.\n')
    await release()
    expect(repository.committed.get('CHANGELOG.md')).toMatch(/^# Mine\n\nDear reader\.\n\n## \[1\.1\.0\]/)
  })

  it('tags what is there when the changelog has the version already', async () => {
    const { repository, release } = scene()
    const head = repository.commit('docs: by hand', { 'CHANGELOG.md': '# Changelog\n\n## 1.1.0\n' })
    expect(await release()).toMatchObject({ outcome: 'released', commit: head, changelog: null })
  })

  it('links the entry to what it compares', async () => {
    const { repository, release } = scene()
    repository.remote = github
    await release()
    const url = 'https://github.com/acme/shop/compare/v1.0.0...v1.1.0'
    expect(repository.committed.get('CHANGELOG.md')).toContain(`## [1.1.0](${url})`)
  })

  it('counts for one folder only what touches it, and writes its changelog there', async () => {
    const { repository, release } = scene()
    repository.commit('feat!: pay', { 'services/pay/a.go': 'a' })
    repository.commit('fix: shop', { 'services/shop/a.go': 'a' })
    const folder = '/srv/shop/services/shop'
    const shop = { folder, folderOnly: true, tagPrefix: 'shop/v' }
    expect(await release({ ...shop, releaseAs: '1.0.0' })).toMatchObject({ tag: 'shop/v1.0.0' })
    repository.commit('feat: pay', { 'services/pay/b.go': 'b' })
    expect(await release(shop)).toMatchObject({ outcome: 'noop' })
    repository.commit('fix: shop again', { 'services/shop/b.go': 'b' })
    expect(await release(shop)).toMatchObject({ tag: 'shop/v1.0.1', changelog: 'services/shop/CHANGELOG.md' })
    expect(repository.committed.get('services/shop/CHANGELOG.md')).not.toContain('pay')
  })

  it('names files that git does not know, which are no part of it', async () => {
    const { repository, release } = scene()
    repository.files.set('astern.yaml', 'services:')
    expect((await release()).warnings).toEqual(['not part of it, because git does not know them: astern.yaml'])
  })
})

describe('releasing is refused, with nothing changed,', () => {
  async function refused(
    prepare: (world: ReturnType<typeof scene>) => void | Promise<unknown>,
    more: Partial<ReleaseAsked> = {},
  ) {
    const world = scene()
    await prepare(world)
    const { repository, release } = world
    const before = [repository.head, repository.tags.size, repository.committed.get('CHANGELOG.md')]
    const error: unknown = await release(more).then(
      () => null,
      (reason: unknown) => reason,
    )
    expect([repository.head, repository.tags.size, repository.committed.get('CHANGELOG.md')]).toEqual(before)
    return error
  }

  it('while the tree is dirty', async () => {
    const error = await refused(({ repository }) => void repository.files.set('main.go', 'changed'))
    expect(error).toMatchObject({ code: 'TREE_DIRTY', exit: 3, details: { files: 'main.go', count: 1 } })
  })

  it('while somebody writes in the changelog', async () => {
    const error = await refused(({ repository }) => {
      repository.commit('docs: log', { 'CHANGELOG.md': '# Changelog\n' })
      repository.files.set('CHANGELOG.md', '# Changelog\n\n- a thought\n')
    })
    expect(error).toMatchObject({ code: 'TREE_DIRTY' })
  })

  it('where no branch is checked out', async () => {
    const error = await refused(({ repository }) => void (repository.branch = null))
    expect(error).toMatchObject({ code: 'DETACHED_HEAD' })
  })

  it('when the remote has the last tag at another commit', async () => {
    const error = await refused(({ repository }) => {
      repository.remote = github
      repository.remoteTags.set('v1.0.0', 'e'.repeat(40))
    })
    expect(error).toMatchObject({ code: 'GIT_TAG_MOVED', exit: 3, details: { tag: 'v1.0.0', where: 'origin' } })
  })

  it('when a tag is elsewhere than it was when it was seen here', async () => {
    const error = await refused(async ({ repository, release }) => {
      await release()
      const moved = repository.commit('fix: c')
      repository.tag('v1.0.0', moved)
    })
    expect(error).toMatchObject({ code: 'GIT_TAG_MOVED', details: { tag: 'v1.0.0', where: "Astern's record" } })
  })

  it.each(['back', 'on'])('when the tag was moved %s from the commit that was made for it', async (to) => {
    const error = await refused(async ({ repository }) => {
      const before = repository.head!
      repository.commit('chore(release): v1.1.0\n\nAstern-Release: v1.1.0')
      const after = repository.commit('fix: c')
      repository.tag('v1.1.0', to === 'back' ? before : after)
      repository.commit('fix: d')
    })
    expect(error).toMatchObject({ code: 'GIT_TAG_MOVED', details: { tag: 'v1.1.0' } })
  })

  it('when somebody else has released that version', async () => {
    const error = await refused(({ repository }) => {
      repository.remote = github
      repository.remoteTags.set('v1.1.0', 'e'.repeat(40))
    })
    expect(error).toMatchObject({ code: 'VERSION_TAKEN', details: { tag: 'v1.1.0', where: 'origin' } })
  })

  it('when the tag was made here, and is gone', async () => {
    const error = await refused(async ({ repository, release }) => {
      await release()
      repository.tags.delete('v1.1.0')
      repository.nodes.shift()
    })
    expect(error).toMatchObject({ code: 'VERSION_TAKEN', details: { where: "Astern's record" } })
  })

  it('when it is to be pushed, and there is no remote, or none that answers', async () => {
    expect(await refused(() => {}, { push: true })).toMatchObject({ code: 'PUSH_FAILED' })
    const silent = await refused(
      ({ repository }) => {
        repository.remote = github
        repository.remoteFails = 'connection refused'
      },
      { push: true },
    )
    expect(silent).toMatchObject({ code: 'GIT_FAILED' })
  })

  it('by a hook of the repository', async () => {
    const error = await refused(({ repository }) => void (repository.commitFails = 'not on a Friday'))
    expect(error).toMatchObject({ code: 'GIT_FAILED' })
  })

  it('for a version that is not higher', async () => {
    expect(await refused(() => {}, { releaseAs: '0.9.0' })).toMatchObject({ code: 'VERSION_TOO_LOW', exit: 2 })
  })
})

describe('a remote that does not answer', () => {
  it('keeps nobody from a release here, but is spoken of', async () => {
    const { repository, release } = scene()
    repository.remote = github
    repository.remoteFails = 'connection refused'
    const released = await release()
    expect(released.outcome).toBe('released')
    expect(released.warnings[0]).toContain('whether a tag was moved at origin is not known')
  })

  it('at the push leaves the version made, and the next run pushes it', async () => {
    const { repository, release } = scene()
    repository.remote = github
    repository.onChange = (name) => {
      if (name === 'tag') repository.remoteFails = 'connection refused'
    }
    expect(await release({ push: true })).toMatchObject({
      outcome: 'released',
      tag: 'v1.1.0',
      pushedTo: null,
      error: { code: 'PUSH_FAILED' },
    })
    repository.remoteFails = null
    expect(await release({ push: true })).toMatchObject({ outcome: 'pushed', tag: 'v1.1.0', pushedTo: 'origin' })
  })
})

describe('looking at a version', () => {
  it('is refused in a clone whose history ends too early, and works where it reaches the last tag', async () => {
    const { repository, app } = scene()
    repository.shallow = true
    const vcs = await app.vcs()
    expect(await lookAtVersion(vcs, plain)).toMatchObject({ next: { version: '1.1.0' } })
    repository.tags.clear()
    await expect(lookAtVersion(vcs, plain)).rejects.toMatchObject({ code: 'SHALLOW_CLONE' })
    repository.tag('v9.0.0', repository.nodes.at(-1)!.hash)
    repository.commit('feat: unrelated', {}, [])
    await expect(lookAtVersion(vcs, plain)).rejects.toMatchObject({ code: 'SHALLOW_CLONE' })
  })

  it('needs a repository with a commit in it', async () => {
    const world = new World()
    const vcs = await world.process().app.vcs()
    await expect(lookAtVersion(vcs, plain)).rejects.toMatchObject({ code: 'NO_COMMITS' })
    world.repository.exists = false
    await expect(lookAtVersion(vcs, plain)).rejects.toMatchObject({ code: 'NOT_A_REPOSITORY' })
  })
})

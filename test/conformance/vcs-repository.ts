// What every Vcs must do in a repository: look, commit, tag, push, take back.
import { beforeEach, describe, expect, it } from 'vitest'
import type { Commit } from '../../src/core/version/commits.ts'
import type { RepositoryWorld } from './vcs-world.ts'

export function worksInRepositories(create: () => Promise<RepositoryWorld>): void {
  describe('a repository', () => {
    let world: RepositoryWorld
    beforeEach(async () => {
      world = await create()
    })

    const read = async (range: { since?: string; path?: string } = {}): Promise<Commit[]> => {
      const commits: Commit[] = []
      const { since = null, path = null } = range
      for await (const part of world.vcs.commits(world.root, { since, path })) commits.push(...part)
      return commits
    }

    it('has nothing checked out before its first commit', async () => {
      const { vcs, root } = world
      expect(await vcs.checkout(root)).toEqual({ root, within: '', head: null, branch: 'main', shallow: false })
      expect(await vcs.tags(root, 'v')).toEqual([])
    })

    it('tells where a folder is in it, and that one outside is in none', async () => {
      const { vcs, root } = world
      const head = await world.commit('feat: a', { 'services/shop/a.txt': 'a' })
      expect(await vcs.checkout(`${root}/services/shop`)).toMatchObject({ root, within: 'services/shop', head })
      expect(await vcs.checkout('/')).toBeNull()
      expect(await vcs.checkout('/nowhere/at/all')).toBeNull()
    })

    it('says when no branch is checked out', async () => {
      await world.commit('feat: a')
      await world.detach()
      expect(await world.vcs.checkout(world.root)).toMatchObject({ branch: null })
    })

    it('lists commits newest first, with whole messages', async () => {
      const first = await world.commit('feat: a')
      const second = await world.commit('fix(api): b\n\nA body.\n\nBREAKING CHANGE: c')
      const [newest, oldest, none] = await read()
      expect(newest).toMatchObject({ hash: second, parents: 1 })
      expect(newest!.message.trimEnd()).toBe('fix(api): b\n\nA body.\n\nBREAKING CHANGE: c')
      expect(oldest).toMatchObject({ hash: first, parents: 0 })
      expect(none).toBeUndefined()
    })

    it('lists only what came after a tag, and what touches a folder', async () => {
      await world.commit('feat: a', { 'shop/a.txt': 'a' })
      await world.tag('v1.0.0', await world.commit('feat: b', { 'shop/b.txt': 'b' }))
      const other = await world.commit('feat: c', { 'shopping/c.txt': 'c' })
      const last = await world.commit('feat: d', { 'shop/d.txt': 'd' })
      expect((await read({ since: 'v1.0.0' })).map(({ hash }) => hash)).toEqual([last, other])
      expect((await read({ since: 'v1.0.0', path: 'shop' })).map(({ hash }) => hash)).toEqual([last])
      expect(await read({ path: 'shop' })).toHaveLength(3)
      expect(await read({ since: 'v1.0.0', path: 'nowhere' })).toEqual([])
    })

    it('lists tags of a prefix, whether they lie in the history or beside it', async () => {
      const { vcs, root } = world
      const first = await world.commit('feat: a')
      await world.tag('v1.0.0', first)
      await world.tag('shop/v1.0.0', first)
      const second = await world.commit('feat: b')
      await vcs.tag(root, { name: 'v1.1.0', commit: second, message: 'v1.1.0\n\n# a heading\n' })
      const tags = (await vcs.tags(root, 'v')).toSorted((a, b) => (a.name < b.name ? -1 : 1))
      expect(tags).toEqual([
        { name: 'v1.0.0', commit: first, inHistory: true },
        { name: 'v1.1.0', commit: second, inHistory: true },
      ])
      expect((await vcs.tags(root, 'shop/v')).map(({ name }) => name)).toEqual(['shop/v1.0.0'])
    })

    it('makes no tag twice', async () => {
      const { vcs, root } = world
      const commit = await world.commit('feat: a')
      await vcs.tag(root, { name: 'v1.0.0', commit, message: 'v1.0.0' })
      await expect(vcs.tag(root, { name: 'v1.0.0', commit, message: 'v1.0.0' })).rejects.toThrow('already exists')
    })

    it('knows what differs from the last commit, and what was never committed', async () => {
      await world.commit('feat: a', { 'a.txt': 'a', 'b.txt': 'b' })
      expect(await world.vcs.changes(world.root)).toEqual({ changed: [], unknown: [] })
      await world.write('b.txt', 'changed')
      await world.write('neu ä.txt', 'new')
      expect(await world.vcs.changes(world.root)).toEqual({ changed: ['b.txt'], unknown: ['neu ä.txt'] })
    })

    it('commits one file alone, and leaves what else differs', async () => {
      const { vcs, root } = world
      await world.commit('feat: a', { 'a.txt': 'a' })
      await world.write('a.txt', 'changed')
      const path = 'shop/CHANGELOG.md'
      expect(await vcs.file(root, path)).toEqual({ committed: null, now: null })
      await world.write('shop/b.txt', 'b')
      const commit = await vcs.commitFile(root, { path, text: '# Changes\n', message: 'chore: log\n\nA-Trailer: x\n' })
      expect(await vcs.checkout(root)).toMatchObject({ head: commit })
      expect(await vcs.file(root, path)).toEqual({ committed: '# Changes\n', now: '# Changes\n' })
      expect((await vcs.changes(root)).changed).toEqual(['a.txt'])
      expect((await read())[0]!.message.trimEnd()).toBe('chore: log\n\nA-Trailer: x')
    })

    it('pushes branch and tag, and sees them at the remote', async () => {
      const { vcs, root, remote } = world
      const commit = await world.commit('feat: a')
      await vcs.tag(root, { name: 'v1.0.0', commit, message: 'v1.0.0' })
      expect(await vcs.remote(root)).toEqual({ name: remote.name, url: remote.url })
      expect(await vcs.remoteTags(root, remote.name, 'v')).toEqual([])
      await vcs.push(root, remote.name, { branch: 'main', tag: 'v1.0.0' })
      expect(await vcs.remoteTags(root, remote.name, 'v')).toEqual([{ name: 'v1.0.0', commit }])
      expect(await vcs.remoteTags(root, remote.name, 'shop/v')).toEqual([])
      expect(await remote.head('main')).toBe(commit)
    })

    it('says why it cannot push, or ask the remote', async () => {
      const { vcs, root, remote } = world
      const commit = await world.commit('feat: a')
      await vcs.tag(root, { name: 'v1.0.0', commit, message: 'v1.0.0' })
      await remote.leave()
      await expect(vcs.push(root, remote.name, { branch: 'main', tag: 'v1.0.0' })).rejects.toMatchObject({
        code: 'PUSH_FAILED',
      })
      await expect(vcs.remoteTags(root, remote.name, 'v')).rejects.toMatchObject({ code: 'GIT_FAILED' })
    })

    it('takes revisions back on a branch of its own, once', async () => {
      const { vcs, root, remote } = world
      const good = await world.commit('feat: a', { 'a.txt': 'a' })
      const bad = await world.commit('feat: b', { 'b.txt': 'b' })
      await remote.branch('main', bad)
      await world.write('a.txt', 'somebody works here')
      const wanted = { remote: remote.name, base: 'main', good, bad, branch: 'astern/revert-1', except: 'X: ' }
      const pushed = await vcs.pushRevert(root, wanted)
      expect(pushed).toMatchObject({ outcome: 'pushed', base: 'main' })
      const head = await remote.head('astern/revert-1')
      expect(pushed).toMatchObject({ head })
      expect(await vcs.pushRevert(root, wanted)).toEqual({ outcome: 'pushed_before', base: 'main', head })
      expect(await vcs.checkout(root)).toMatchObject({ head: bad, branch: 'main' })
      expect((await vcs.changes(root)).changed).toEqual(['a.txt'])
      expect(await remote.head('main')).toBe(bad)
    })

    it('takes nothing back that the base does not hold', async () => {
      const { vcs, root, remote } = world
      const good = await world.commit('feat: a', { 'a.txt': 'a' })
      await remote.branch('main', good)
      const bad = await world.commit('feat: b', { 'b.txt': 'b' })
      const wanted = { remote: remote.name, base: 'main', good, bad, branch: 'astern/revert-1', except: 'X: ' }
      expect(await vcs.pushRevert(root, wanted)).toEqual({ outcome: 'nothing', base: 'main', why: 'not_in_base' })
      expect(await remote.head('astern/revert-1')).toBeNull()
    })
  })
}

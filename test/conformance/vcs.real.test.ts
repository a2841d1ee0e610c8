// The suites against git, and what only a real one can be: away, without a repository, configured by somebody, shallow.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { createGit } from '../../src/drivers/git/git.ts'
import { createRepository, git, gitEnv } from '../fixtures/git-repository.ts'
import { isVcs, type VcsWorld } from './vcs.ts'
import { worksInRepositories } from './vcs-repository.ts'

const FIRST_AT = Date.UTC(2026, 3, 5, 10)
const vcs = createGit({ env: gitEnv })

function temporary() {
  const repository = createRepository()
  onTestFinished(repository.remove)
  return repository
}

async function read(root: string, range: { since: string | null; path: string | null }) {
  const commits = []
  for await (const part of vcs.commits(root, range)) commits.push(...part)
  return commits
}

describe('git', () => {
  const repository = createRepository()
  afterAll(repository.remove)

  function history(): VcsWorld {
    const { root } = repository
    const first = repository.commit('first', {}, FIRST_AT)
    const second = repository.commit('second')
    const third = repository.commit('third')
    repository.git('checkout', '--quiet', '-b', 'beside', first)
    const beside = repository.commit('beside')
    mkdirSync(join(root, 'deploy'))
    return { vcs, folder: join(root, 'deploy'), first, second, third, beside, firstAt: FIRST_AT }
  }
  const made = history()

  isVcs(async () => made)

  it('takes a short hash, and a tag', async () => {
    repository.git('tag', 'v1.0.0', made.second)
    expect(await vcs.isAncestor(made.first.slice(0, 8), 'v1.0.0', made.folder)).toBe(true)
    expect(await vcs.isAncestor(made.second.slice(0, 8), 'v1.0.0', made.folder)).toBe(false)
  })

  it('knows the time of a commit by a short hash as well', async () => {
    const { first, folder } = made
    expect(await vcs.committedAt([first.slice(0, 8)], folder)).toEqual(new Map([[first.slice(0, 8), FIRST_AT]]))
  })

  it('says nothing without a repository, without a folder, without git, and of what looks like an option', async () => {
    const { first, third, folder } = made
    expect(await vcs.isAncestor(first, third, tmpdir())).toBeNull()
    expect(await vcs.isAncestor(first, third, join(folder, 'nowhere'))).toBeNull()
    expect(await createGit({ env: { PATH: '/nowhere' } }).isAncestor(first, third, folder)).toBeNull()
    expect(await vcs.isAncestor('--all', third, folder)).toBeNull()
    expect(await vcs.isAncestor(`${first} ${third}`, third, folder)).toBeNull()
    for (const other of [tmpdir(), join(folder, 'nowhere')])
      expect((await vcs.committedAt([first], other)).size).toBe(0)
    expect((await createGit({ env: { PATH: '/nowhere' } }).committedAt([first], folder)).size).toBe(0)
    expect((await vcs.committedAt(['--all', 'HEAD'], folder)).size).toBe(0)
    await expect(createGit({ env: { PATH: '/nowhere' } }).checkout(folder)).rejects.toMatchObject({
      code: 'GIT_UNAVAILABLE',
    })
  })

  worksInRepositories(async () => {
    const { root, bare, commit, write, git: run } = temporary()
    return {
      vcs,
      root,
      commit: async (message, files) => commit(message, files),
      tag: async (name, at) => void run('tag', name, at),
      write: async (path, text) => write(path, text),
      detach: async () => void run('checkout', '--quiet', '--detach'),
      remote: {
        name: 'origin',
        url: bare,
        branch: async (name, at) => void run('push', '--quiet', 'origin', `${at}:refs/heads/${name}`),
        head: async (branch) => git(bare, 'for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`) || null,
        leave: async () => rmSync(bare, { recursive: true }),
      },
    }
  })
})

describe('git, as people have set it up', () => {
  it('reads messages with every byte, in every encoding, empty ones, and those of merges', async () => {
    const { root, commit, git: run } = temporary()
    run('config', 'log.showSignature', 'true')
    run('config', 'i18n.logOutputEncoding', 'ISO-8859-1')
    run('config', 'log.decorate', 'full')
    commit('feat: 订单 ä\r\n\r\nbody')
    commit('')
    run('checkout', '--quiet', '-b', 'side', 'HEAD~1')
    commit('fix: side')
    run('checkout', '--quiet', 'main')
    run('merge', '--quiet', '--no-ff', '-m', 'Merge side', 'side')
    const commits = await read(root, { since: null, path: null })
    expect(commits.map(({ parents }) => parents).toSorted((a, b) => a - b)).toEqual([0, 1, 1, 2])
    expect(commits.map(({ message }) => message.split(/\r?\n/)[0]!.trim()).sort()).toEqual([
      '',
      'Merge side',
      'feat: 订单 ä',
      'fix: side',
    ])
  })

  it('sees that a clone is shallow, and where its history ends', async () => {
    const { folder, root, commit, git: run } = temporary()
    for (const name of ['a', 'b', 'c']) commit(`feat: ${name}`)
    run('push', '--quiet', 'origin', 'main')
    const clone = join(folder, 'clone')
    git(folder, 'clone', '--quiet', '--depth=2', `file://${join(folder, 'remote.git')}`, clone)
    expect(await vcs.checkout(clone)).toMatchObject({ shallow: true })
    expect((await read(clone, { since: null, path: null })).map(({ parents }) => parents)).toEqual([1, 0])
    expect(await vcs.checkout(root)).toMatchObject({ shallow: false })
  })

  it('leaves the file as it was when a hook refuses the commit', async () => {
    const { root, commit, write } = temporary()
    commit('feat: a', { 'CHANGELOG.md': 'old\n' })
    write('.git/hooks/pre-commit', '#!/bin/sh\necho "not on a Friday" >&2\nexit 1\n')
    chmodSync(join(root, '.git/hooks/pre-commit'), 0o755)
    const file = { path: 'CHANGELOG.md', text: 'new\n', message: 'chore: log' }
    await expect(vcs.commitFile(root, file)).rejects.toThrow('not on a Friday')
    expect(readFileSync(join(root, 'CHANGELOG.md'), 'utf8')).toBe('old\n')
    expect(await vcs.changes(root)).toEqual({ changed: [], unknown: [] })
    await expect(vcs.commitFile(root, { ...file, path: 'shop.md' })).rejects.toThrow('not on a Friday')
    expect(existsSync(join(root, 'shop.md'))).toBe(false)
  })

  it('does not commit what somebody has staged', async () => {
    const { root, commit, write, git: run } = temporary()
    commit('feat: a', { 'a.txt': 'a' })
    write('staged.txt', 'x')
    run('add', 'staged.txt')
    await vcs.commitFile(root, { path: 'CHANGELOG.md', text: 'new\n', message: 'chore: log' })
    expect(run('show', '--name-only', '--format=', 'HEAD')).toBe('CHANGELOG.md')
    expect((await vcs.changes(root)).changed).toEqual(['staged.txt'])
  })

  it('names a remote without the password in its address when a push fails', async () => {
    const { root, commit, git: run } = temporary()
    const head = commit('feat: a')
    run('tag', 'v1.0.0', head)
    run('remote', 'set-url', 'origin', 'http://alice:hunter2@127.0.0.1:9/acme/shop.git')
    const failed = await vcs.push(root, 'origin', { branch: 'main', tag: 'v1.0.0' }).catch((error: unknown) => error)
    expect(failed).toMatchObject({ code: 'PUSH_FAILED' })
    expect(String(failed)).not.toContain('hunter2')
  })

  it('pushes to the branch that is followed, whatever its name', async () => {
    const { root, bare, commit, git: run } = temporary()
    commit('feat: a')
    run('push', '--quiet', '--set-upstream', 'origin', 'main:trunk')
    const head = commit('feat: b')
    run('tag', 'v1.0.0', head)
    await vcs.push(root, 'origin', { branch: 'main', tag: 'v1.0.0' })
    expect(git(bare, 'rev-parse', 'trunk')).toBe(head)
  })
})

describe('git, taking revisions back', () => {
  const wanted = { remote: 'origin', base: null, branch: 'astern/revert-1', except: 'Astern-Release: ' }
  const worktrees = (root: string) => readdirSync(join(root, '.git')).includes('worktrees')

  it('takes merges back as a whole, keeps the changelog of releases, and goes on from the newest state of the default branch', async () => {
    const { root, bare, commit, git: run } = temporary()
    const good = commit('feat: a', { 'a.txt': 'a' })
    run('checkout', '--quiet', '-b', 'side')
    commit('feat: s', { 's.txt': 's' })
    run('checkout', '--quiet', 'main')
    commit('feat: m', { 'm.txt': 'm' })
    run('merge', '--quiet', '--no-ff', '-m', 'Merge side', 'side')
    const bad = commit('chore(release): v1.1.0\n\nAstern-Release: v1.1.0', { 'CHANGELOG.md': '1.1.0' })
    const later = commit('feat: later', { 'later.txt': 'later' })
    run('push', '--quiet', 'origin', 'main')
    run('reset', '--quiet', '--hard', bad)
    const reverted = await vcs.pushRevert(root, { ...wanted, good, bad })
    expect(reverted).toMatchObject({ outcome: 'pushed', base: 'main' })
    expect(git(bare, 'ls-tree', '--name-only', wanted.branch).split('\n')).toEqual([
      'CHANGELOG.md',
      'a.txt',
      'later.txt',
    ])
    expect(git(bare, 'merge-base', wanted.branch, 'main')).toBe(later)
    expect(worktrees(root)).toBe(false)
  })

  it('pushes nothing when later changes stand in the way, and says in which files', async () => {
    const { root, bare, commit, git: run } = temporary()
    const good = commit('feat: a', { 'a.txt': 'a\n' })
    const bad = commit('feat: b', { 'a.txt': 'b\n' })
    commit('feat: c', { 'a.txt': 'c\n' })
    run('push', '--quiet', 'origin', 'main')
    expect(await vcs.pushRevert(root, { ...wanted, good, bad })).toEqual({
      outcome: 'conflict',
      base: 'main',
      files: ['a.txt'],
    })
    expect(git(bare, 'branch', '--list', 'astern/*')).toBe('')
    expect(worktrees(root)).toBe(false)
  })

  it('says so when it was taken back already', async () => {
    const { root, commit, git: run } = temporary()
    const good = commit('feat: a', { 'a.txt': 'a\n' })
    const bad = commit('feat: b', { 'b.txt': 'b\n' })
    run('revert', '--no-edit', bad)
    run('push', '--quiet', 'origin', 'main')
    const answer = { outcome: 'nothing', base: 'main', why: 'reverted_already' }
    expect(await vcs.pushRevert(root, { ...wanted, good, bad })).toEqual(answer)
  })

  it('runs none of the hooks that people work with', async () => {
    const { root, commit, write, git: run } = temporary()
    const good = commit('feat: a', { 'a.txt': 'a' })
    const bad = commit('feat: b', { 'b.txt': 'b' })
    run('push', '--quiet', 'origin', 'main')
    for (const hook of ['pre-commit', 'commit-msg', 'pre-push', 'post-checkout']) {
      write(`.git/hooks/${hook}`, '#!/bin/sh\nexit 1\n')
      chmodSync(join(root, '.git/hooks', hook), 0o755)
    }
    expect(await vcs.pushRevert(root, { ...wanted, good, bad })).toMatchObject({ outcome: 'pushed' })
  })
})

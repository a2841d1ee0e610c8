// The suite against git, and what only a real one can be: away, or without a repository.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createGit } from '../../src/drivers/git/git.ts'
import { isVcs, type VcsWorld } from './vcs.ts'

const root = mkdtempSync(join(tmpdir(), 'astern-git-'))
const vcs = createGit({ env: process.env })

function git(...args: string[]): string {
  const config = ['-c', 'user.name=test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false']
  return execFileSync('git', [...config, ...args], { cwd: root, encoding: 'utf8' }).trim()
}

function commit(subject: string): string {
  git('commit', '--quiet', '--allow-empty', '-m', subject)
  return git('rev-parse', 'HEAD')
}

function repository(): VcsWorld {
  git('init', '--quiet')
  const first = commit('first')
  const second = commit('second')
  const third = commit('third')
  git('checkout', '--quiet', '-b', 'beside', first)
  const beside = commit('beside')
  mkdirSync(join(root, 'deploy'))
  return { vcs, folder: join(root, 'deploy'), first, second, third, beside }
}

describe('git', () => {
  const made = repository()
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  isVcs(async () => made)

  it('takes a short hash, and a tag', async () => {
    git('tag', 'v1.0.0', made.second)
    expect(await vcs.isAncestor(made.first.slice(0, 8), 'v1.0.0', made.folder)).toBe(true)
    expect(await vcs.isAncestor(made.second.slice(0, 8), 'v1.0.0', made.folder)).toBe(false)
  })

  it('says nothing without a repository, without a folder, without git, and of what looks like an option', async () => {
    const { first, third } = made
    expect(await vcs.isAncestor(first, third, tmpdir())).toBeNull()
    expect(await vcs.isAncestor(first, third, join(root, 'nowhere'))).toBeNull()
    expect(await createGit({ env: { PATH: '/nowhere' } }).isAncestor(first, third, made.folder)).toBeNull()
    expect(await vcs.isAncestor('--all', third, made.folder)).toBeNull()
    expect(await vcs.isAncestor(`${first} ${third}`, third, made.folder)).toBeNull()
  })
})

// The suites against the repository in memory.
import { describe } from 'vitest'
import { FakeRepository } from '../../src/drivers/fake/repository.ts'
import { createFakeVcs } from '../../src/drivers/fake/vcs.ts'
import { isVcs } from './vcs.ts'
import { worksInRepositories } from './vcs-repository.ts'

describe('the fake repository', () => {
  isVcs(async () => {
    const parents = new Map([
      ['a1', null],
      ['b2', 'a1'],
      ['c3', 'b2'],
      ['d4', 'a1'],
    ])
    const firstAt = 1_000_000
    const vcs = createFakeVcs(parents, undefined, new Map([...parents.keys()].map((revision) => [revision, firstAt])))
    return { vcs, folder: '/', first: 'a1', second: 'b2', third: 'c3', beside: 'd4', firstAt }
  })

  worksInRepositories(async () => {
    const repository = new FakeRepository()
    const remote = { name: 'origin', url: 'https://github.com/acme/shop.git' }
    repository.remote = remote
    return {
      vcs: createFakeVcs(new Map(), repository),
      root: repository.root,
      commit: async (message, files) => repository.commit(message, files),
      tag: async (name, commit) => repository.tag(name, commit),
      write: async (path, text) => void repository.files.set(path, text),
      detach: async () => void (repository.branch = null),
      remote: {
        ...remote,
        branch: async (name, commit) => void repository.remoteBranches.set(name, commit),
        head: async (branch) => repository.remoteBranches.get(branch) ?? null,
        leave: async () => void (repository.remoteFails = 'nobody answers'),
      },
    }
  })
})

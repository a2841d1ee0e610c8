// Version control in memory: revisions, each with the one it was built on and its time, and a repository to work in.
import type { Vcs } from '../../ports/vcs.ts'
import { FakeRepository } from './repository.ts'

/** `parents`: `null` for a first revision. Every folder is in that one repository. */
export function createFakeVcs(
  parents: ReadonlyMap<string, string | null>,
  repository = new FakeRepository(),
  committedAt: ReadonlyMap<string, number> = new Map(),
): Vcs {
  return {
    ...repository.vcs(),
    isAncestor: async (revision, of) => {
      if (!parents.has(revision) || !parents.has(of)) return null
      let one = parents.get(of) ?? null
      while (one !== null && one !== revision) one = parents.get(one) ?? null
      return one === revision
    },
    committedAt: async (revisions) => new Map([...committedAt].filter(([revision]) => revisions.includes(revision))),
  }
}

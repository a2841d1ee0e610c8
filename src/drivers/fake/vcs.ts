// A repository in memory: each revision with the one it was built on.
import type { Vcs } from '../../ports/vcs.ts'

/** `parents`: `null` for a first revision. Every folder is in that one repository. */
export function createFakeVcs(parents: ReadonlyMap<string, string | null>): Vcs {
  return {
    isAncestor: async (revision, of) => {
      if (!parents.has(revision) || !parents.has(of)) return null
      let one = parents.get(of) ?? null
      while (one !== null && one !== revision) one = parents.get(one) ?? null
      return one === revision
    },
  }
}

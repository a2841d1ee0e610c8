// What every Vcs must do, whatever it asks.
import { beforeAll, describe, expect, it } from 'vitest'
import type { Vcs } from '../../src/ports/vcs.ts'

export type VcsWorld = {
  readonly vcs: Vcs
  /** In a repository with `first` ← `second` ← `third`, and `beside`, which was built on `first` as well. */
  readonly folder: string
  readonly first: string
  readonly second: string
  readonly third: string
  readonly beside: string
  /** When `first` was committed. */
  readonly firstAt: number
}

export function isVcs(create: () => Promise<VcsWorld>): void {
  describe('isAncestor', () => {
    let world: VcsWorld
    beforeAll(async () => {
      world = await create()
    })

    it('tells what was built on what', async () => {
      const { vcs, folder, first, second, third, beside } = world
      expect(await vcs.isAncestor(second, third, folder)).toBe(true)
      expect(await vcs.isAncestor(first, third, folder)).toBe(true)
      expect(await vcs.isAncestor(third, first, folder)).toBe(false)
      expect(await vcs.isAncestor(beside, third, folder)).toBe(false)
    })

    it('does not take a revision for its own ancestor', async () => {
      const { vcs, folder, second } = world
      expect(await vcs.isAncestor(second, second, folder)).toBe(false)
    })

    it('says nothing of a revision that it does not know', async () => {
      const { vcs, folder, first } = world
      const unknown = 'f'.repeat(40)
      expect(await vcs.isAncestor(unknown, first, folder)).toBeNull()
      expect(await vcs.isAncestor(first, unknown, folder)).toBeNull()
    })
  })

  describe('committedAt', () => {
    it('tells when each revision was committed, and leaves out those that it does not know', async () => {
      const { vcs, folder, first, second, firstAt } = await create()
      const found = await vcs.committedAt([first, 'f'.repeat(40), second, first], folder)
      expect([...found.keys()].toSorted()).toEqual([first, second].toSorted())
      expect(found.get(first)).toBe(firstAt)
      expect(await vcs.committedAt([], folder)).toEqual(new Map())
    })
  })
}

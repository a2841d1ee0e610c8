// The suite against the repository in memory.
import { describe } from 'vitest'
import { createFakeVcs } from '../../src/drivers/fake/vcs.ts'
import { isVcs } from './vcs.ts'

describe('the fake repository', () => {
  isVcs(async () => {
    const parents = new Map([
      ['a1', null],
      ['b2', 'a1'],
      ['c3', 'b2'],
      ['d4', 'a1'],
    ])
    return { vcs: createFakeVcs(parents), folder: '/', first: 'a1', second: 'b2', third: 'c3', beside: 'd4' }
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Commit, createReading, readCommit } from './commits.ts'

const read = (message: string, parents = 1) => readCommit({ hash: 'a'.repeat(40), parents, message })

describe('a commit', () => {
  it.each([
    ['feat: orders', { kind: 'feat', scope: null, subject: 'orders', breaking: null }],
    ['fix(订单): 修复 #12', { kind: 'fix', scope: '订单', subject: '修复 #12', breaking: null }],
    ['FEAT(api): loud', { kind: 'feat', scope: 'api', subject: 'loud' }],
    ['feat(api)!: no more v1', { kind: 'feat', breaking: 'no more v1' }],
    ['chore!: Go 1.26 is needed', { kind: 'chore', breaking: 'Go 1.26 is needed' }],
    ['fix: a\n\nBREAKING CHANGE: b is gone\nand c', { kind: 'fix', subject: 'a', breaking: 'b is gone' }],
    ['fix: a\n\nbody\n\nBREAKING-CHANGE: b\nReviewed-by: Z', { kind: 'fix', breaking: 'b' }],
    ['anything\n\nBREAKING CHANGE: b', { kind: 'other', breaking: 'b' }],
  ])('says what it is: %j', (message, expected) => {
    expect(read(message)).toMatchObject(expected)
  })

  it.each([
    'feat:no space',
    'feat : space before',
    'feat(): nothing in it',
    'feat',
    'feat: ',
    'Merge things: by hand',
    'wip: of no known kind',
    'net/http: as Go writes it',
    '  ',
    '',
    '\n\n',
    'update',
  ])('that follows no convention raises nothing, and is none the worse: %j', (message) => {
    expect(read(message)).toMatchObject({ kind: 'other', breaking: null, reverts: null })
  })

  it('is not breaking because its prose says so', () => {
    expect(read('fix: a\n\nBreaking change: none really').breaking).toBeNull()
    expect(read('fix: a\n\nbreaking changes are in the other one').breaking).toBeNull()
    expect(read('fix: a\n\nThere is no BREAKING CHANGE: in the middle').breaking).toBeNull()
  })

  it('that merges others is one itself only where it says so', () => {
    expect(read("Merge branch 'x'", 2).kind).toBe('merge')
    expect(read('feat: x (!12)', 2).kind).toBe('feat')
  })

  it('knows the release it was made for', () => {
    expect(read('chore(release): shop/v1.0.0\n\nAstern-Release: shop/v1.0.0\n').release).toBe('shop/v1.0.0')
    expect(read('chore(release): v1.0.0').release).toBeNull()
  })

  it('can be anything', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(3), (message, parents) => {
        const { kind, subject } = read(message, parents)
        expect(kind).not.toBe('')
        expect(subject).not.toContain('\n')
      }),
    )
  })
})

function tell(commits: readonly Commit[]) {
  const reading = createReading()
  reading.add(commits)
  return reading.told()
}

describe('what was taken back', () => {
  const hash = (digit: string) => digit.repeat(40)
  const commit = (digit: string, message: string): Commit => ({ hash: hash(digit), parents: 1, message })
  const revert = (digit: string, of: string, word = 'Revert') =>
    commit(digit, `${word} "feat: x"\n\nThis reverts commit ${hash(of)}.`)
  const left = (...commits: Commit[]) => tell(commits).changes.map((change) => change.hash[0])

  it('is gone with what took it back', () => {
    expect(left(revert('b', 'a'), commit('a', 'feat: x'))).toEqual([])
  })

  it('stands again when that was taken back as well', () => {
    expect(left(revert('c', 'b', 'Reapply'), revert('b', 'a'), commit('a', 'feat: x'))).toEqual(['a'])
  })

  it('before the last version leaves a change of its own', () => {
    expect(tell([revert('b', '9')]).changes).toMatchObject([{ kind: 'revert', subject: 'Revert "feat: x"' }])
  })

  it('may be named by the first digits', () => {
    const short = commit('b', `revert: feat: x\n\nThis reverts commit ${'a'.repeat(12)}.`)
    expect(left(short, commit('a', 'feat: x'))).toEqual([])
  })
})

describe('a history', () => {
  it('comes to how many commits there are of each kind, in a fixed order, and to what matters', () => {
    const messages = ['fix: a', 'hello', 'feat: b', 'docs: d', 'fix: c']
    const told = tell(messages.map((message, index) => ({ hash: `${index}`.repeat(40), parents: 1, message })))
    expect(told.total).toBe(5)
    expect(Object.entries(told.byKind)).toEqual([
      ['feat', 1],
      ['fix', 2],
      ['docs', 1],
      ['other', 1],
    ])
    expect(told.changes.map(({ subject }) => subject)).toEqual(['a', 'b', 'c'])
  })
})

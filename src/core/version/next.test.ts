import fc from 'fast-check'
import compare from 'semver/functions/compare.js'
import { describe, expect, it } from 'vitest'
import { createReading } from './commits.ts'
import { lastPreRelease, lastVersion, type Next, nextVersion } from './next.ts'
import { versionTags } from './tags.ts'

function tell(messages: readonly string[]) {
  const reading = createReading()
  reading.add(messages.map((message, index) => ({ hash: String(index).padStart(40, '0'), parents: 1, message })))
  return reading.told()
}

function next(
  tags: readonly string[],
  messages: readonly string[],
  ask: { pre?: string; releaseAs?: string; newest?: readonly string[]; beside?: readonly string[] } = {},
): Next {
  const { pre = null, releaseAs = null, newest = messages, beside = [] } = ask
  const seen = [
    ...tags.map((name) => ({ name, commit: 'c', inHistory: true })),
    ...beside.map((name) => ({ name, commit: 'd', inHistory: false })),
  ]
  const { versions } = versionTags(seen, 'v')
  return nextVersion({ tags: versions, told: tell(messages), newest: tell(newest) }, { pre, releaseAs })
}

const versionOf = (...args: Parameters<typeof next>) => {
  const found = next(...args)
  return found.outcome === 'nothing' ? null : found.version
}

describe('the next version', () => {
  it.each([
    [['fix: a'], '1.2.1'],
    [['perf: a', 'docs: b'], '1.2.1'],
    [['fix: a', 'feat: b', 'fix: c'], '1.3.0'],
    [['fix!: a', 'feat: b'], '2.0.0'],
    [['docs: a\n\nBREAKING CHANGE: b'], '2.0.0'],
    [['docs: a', 'chore: b', 'hello'], null],
    [[], null],
  ])('after v1.2.0 with %j is %s', (messages, expected) => {
    expect(versionOf(['v1.2.0', 'v1.1.0'], messages)).toBe(expected)
  })

  it('below 1.0.0 is raised by a breaking change in the minor only, and says so', () => {
    expect(next(['v0.3.1'], ['feat!: a'])).toMatchObject({ version: '0.4.0', level: 'minor', heldBelowOne: true })
    expect(next(['v0.3.1'], ['feat: a'])).toMatchObject({ version: '0.4.0', heldBelowOne: false })
    expect(versionOf(['v0.3.1'], ['feat!: a'], { releaseAs: 'major' })).toBe('1.0.0')
  })

  it('of what has none is 0.1.0, whatever its commits say', () => {
    expect(next([], ['hello'])).toMatchObject({ version: '0.1.0', because: 'first' })
    expect(versionOf([], ['hello'], { releaseAs: '3.0.0' })).toBe('3.0.0')
    expect(versionOf([], ['hello'], { pre: 'rc' })).toBe('0.1.0-rc.1')
  })

  it('is what was named, if that is higher', () => {
    expect(versionOf(['v1.2.0'], ['docs: a'], { releaseAs: '2.0.0' })).toBe('2.0.0')
    expect(versionOf(['v1.2.0'], ['docs: a'], { releaseAs: 'patch' })).toBe('1.2.1')
    expect(next(['v1.2.0'], ['feat: a'], { releaseAs: '1.2.0' })).toMatchObject({ outcome: 'too_low' })
    expect(next(['v1.2.0'], [], { releaseAs: '2.0.0' })).toEqual({ outcome: 'nothing' })
  })

  it('counts pre-releases on, and the version itself follows them', () => {
    expect(versionOf(['v1.2.0'], ['feat: a'], { pre: 'rc' })).toBe('1.3.0-rc.1')
    const tags = ['v1.2.0', 'v1.3.0-rc.1']
    expect(versionOf(tags, ['fix: b', 'feat: a'], { pre: 'rc', newest: ['fix: b'] })).toBe('1.3.0-rc.2')
    expect(versionOf(tags, ['feat: a'], { pre: 'rc', newest: [] })).toBeNull()
    expect(versionOf(tags, ['docs: b', 'feat: a'], { pre: 'rc', newest: ['docs: b'] })).toBeNull()
    expect(versionOf(tags, ['feat: a'], { newest: [] })).toBe('1.3.0')
    expect(versionOf(tags, ['fix!: b', 'feat: a'], { pre: 'rc', newest: ['fix!: b'] })).toBe('2.0.0-rc.1')
  })

  it('counts on from pre-releases beside the history', () => {
    expect(versionOf(['v1.2.0'], ['feat: a'], { pre: 'rc', beside: ['v1.3.0-rc.4', 'v1.3.0-beta.9'] })).toBe(
      '1.3.0-rc.5',
    )
  })

  it('does not take back what a pre-release has announced', () => {
    expect(versionOf(['v1.2.0', 'v2.0.0-rc.1'], ['fix: b', 'feat: a'], { newest: ['fix: b'] })).toBe('2.0.0')
    expect(versionOf(['v1.2.0', 'v2.0.0-rc.1'], ['fix: b'], { pre: 'rc', newest: ['fix: b'] })).toBe('2.0.0-rc.2')
  })

  it('is never a pre-release that comes before one that exists', () => {
    const tags = ['v1.2.0', 'v1.3.0-rc.1']
    expect(next(tags, ['fix: b', 'feat: a'], { pre: 'beta', newest: ['fix: b'] })).toMatchObject({
      outcome: 'too_low',
      than: { name: 'v1.3.0-rc.1' },
    })
  })

  it('is higher than the last one, always', () => {
    const part = fc.nat(20)
    const tag = fc
      .tuple(part, part, part, fc.option(fc.nat(9), { nil: null }))
      .map(([a, b, c, rc]) => `v${a}.${b}.${c}${rc === null ? '' : `-rc.${rc}`}`)
    const message = fc.constantFrom('feat: a', 'fix: a', 'feat!: a', 'docs: a', 'hello')
    const pre = fc.option(fc.constant('rc'), { nil: undefined })
    const holds = fc.property(fc.array(tag), fc.array(message), pre, (tags, messages, name) => {
      const found = next(tags, messages, name === undefined ? {} : { pre: name })
      if (found.outcome !== 'next') return true
      const seen = tags.map((one) => ({ name: one, commit: 'c', inHistory: true }))
      const { versions } = versionTags(seen, 'v')
      const before = lastPreRelease(versions) ?? lastVersion(versions)
      return before === null || compare(found.version, before.version) === 1
    })
    expect(() => fc.assert(holds)).not.toThrow()
  })
})

describe('tags', () => {
  it('are versions, or nothing', () => {
    const names = [
      'v1.2.3',
      'v1.10.0',
      'v2.0.0-rc.1',
      'v1.2',
      'v01.2.3',
      'v1.2.3.4',
      'vnext',
      'vv1.0.0',
      'v 1.0.0',
      'v1.0.0+5',
    ]
    const { versions, malformed } = versionTags(
      names.map((name) => ({ name, commit: 'c', inHistory: true })),
      'v',
    )
    expect(versions.map(({ name }) => name)).toEqual(['v2.0.0-rc.1', 'v1.10.0', 'v1.2.3', 'v1.0.0+5'])
    expect(malformed).toEqual(['v1.2', 'v01.2.3', 'v1.2.3.4'])
  })

  it('of another service in the same repository are not looked at', () => {
    const names = ['shop/v1.0.0', 'v3.0.0', 'pay/v2.0.0']
    const { versions } = versionTags(
      names.map((name) => ({ name, commit: 'c', inHistory: true })),
      'shop/v',
    )
    expect(versions.map(({ version }) => version)).toEqual(['1.0.0'])
  })
})

import { describe, expect, it } from 'vitest'
import { isVersion, versionOfTags } from './built-version.ts'

describe('the version of a build', () => {
  it.each([
    [['v1.3.0'], 'v1.3.0'],
    [['1.3.0'], '1.3.0'],
    [['latest', 'v1.3.0-rc.2', 'v1.3.0', 'v1.2.9'], 'v1.3.0'],
    [['v1.10.0', 'v1.9.0'], 'v1.10.0'],
    [['v2.0.0', 'shop/v1.3.0'], 'v1.3.0'],
    [['shop-v1.3.0', 'other-v9.0.0'], 'v1.3.0'],
    [['shop@1.3.0'], '1.3.0'],
    [['other/v1.0.0'], null],
    [['v1.3', 'release', 'v01.2.3', ''], null],
    [[], null],
  ])('of a commit with the tags %j is %s', (tags, version) => expect(versionOfTags(tags, 'shop', 'v')).toBe(version))

  it('is found behind the prefix that the configuration names', () => {
    expect(versionOfTags(['v9.0.0', 'apps/till/v1.3.0'], 'shop', 'apps/till/v')).toBe('v1.3.0')
    expect(versionOfTags(['v9.0.0', 'release-1.3.0'], 'shop', 'release-')).toBe('1.3.0')
  })

  it('is SemVer, with or without a v', () => {
    expect(['v1.2.3', '1.2.3-rc.1+b.2'].map(isVersion)).toEqual([true, true])
    expect(['1.2', 'latest', '=1.2.3', ' 1.2.3', 'vv1.2.3'].map(isVersion)).toEqual([false, false, false, false, false])
  })
})

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ciBranch, ciBuildNumber, dateOf, problemOfTemplate, renderTag, TAG_PATTERN, timeAsBuild } from './tag.ts'

const values = {
  version: 'v1.3.0',
  env: 'prod',
  build: '217',
  sha: '3b73d89e0add',
  branch: 'feature/Cart-2',
  date: '20260405',
}

describe('a tag template', () => {
  it.each([
    ['{version}-{env}-{build}', 'v1.3.0-prod-217'],
    ['git-{sha}', 'git-3b73d89e0add'],
    ['dev-{branch}-{sha}', 'dev-feature-Cart-2-3b73d89e0add'],
    ['{date}.{build}', '20260405.217'],
    ['stable', 'stable'],
  ])('%s becomes %s', (template, tag) => {
    expect(problemOfTemplate(template)).toBeNull()
    expect(renderTag(template, values)).toEqual({ tag })
  })

  it.each([
    ['{version}-{what}', /no placeholder \{what\}; there are \{version\}, \{env\}, \{build\}/],
    ['{Version}', /no placeholder \{Version\}/],
    ['{}', /no placeholder \{\}/],
    ['{version}+{sha}', /letters, digits, dots, dashes and underscores/],
    ['{version', /letters, digits/],
    ['a b', /letters, digits/],
    ['-{sha}', /begins with a letter, a digit or an underscore/],
    ['.x', /begins with/],
    ['', /begins with/],
    ['x'.repeat(129), /128 characters at most/],
  ])('%j is refused', (template, problem) => expect(problemOfTemplate(template)).toMatch(problem))

  it('writes build metadata of SemVer with an underscore, which no version has of its own', () => {
    expect(renderTag('{version}', { ...values, version: '1.3.0-rc.1+exp.7' })).toEqual({ tag: '1.3.0-rc.1_exp.7' })
  })

  it.each([
    ['dependabot/npm_and_yarn/@types/node-24.1', 'dependabot-npm_and_yarn-types-node-24.1'],
    ['分支/修复', ''],
    ['-x-', 'x'],
    [`a${'/b'.repeat(60)}`, `a${'-b'.repeat(31)}`],
  ])('makes the branch %s fit: %s', (branch, fit) => {
    expect(renderTag('dev-{branch}', { ...values, branch })).toEqual({ tag: `dev-${fit}` })
  })

  it('says what nobody knows, and what would be no tag', () => {
    expect(renderTag('dev-{branch}', { ...values, branch: null })).toEqual({
      problem: 'nothing says what {branch} is here',
    })
    expect(renderTag('{branch}', { ...values, branch: '分支' })).toEqual({
      problem: expect.stringMatching(/no registry takes/),
    })
    expect(renderTag('{version}-{version}', { ...values, version: `1.0.0-${'x'.repeat(80)}` })).toEqual({
      problem: expect.stringMatching(/more than 128 characters/),
    })
  })

  it('makes only what every registry takes, whatever branch and build are called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (branch, build) => {
        const rendered = renderTag('dev-{branch}-{build}-{sha}', { ...values, branch, build })
        if ('tag' in rendered) expect(rendered.tag).toMatch(TAG_PATTERN)
        else expect(rendered.problem).toMatch(/128/)
      }),
    )
  })
})

describe('CI', () => {
  it.each([
    [{ GITHUB_RUN_NUMBER: '42', GITHUB_REF_NAME: 'main' }, '42', 'main'],
    [{ GITHUB_RUN_NUMBER: '42', GITHUB_REF_NAME: '7/merge', GITHUB_HEAD_REF: 'cart' }, '42', 'cart'],
    [{ CI_PIPELINE_IID: '7', CI_COMMIT_REF_NAME: 'cart' }, '7', 'cart'],
    [{ BUILD_NUMBER: '3', BRANCH_NAME: 'dev' }, '3', 'dev'],
    [{ BUILD_NUMBER: '', GITHUB_REF_NAME: '' }, null, null],
    [{}, null, null],
  ])('%j is build %s of %s', (env, build, branch) => {
    expect(ciBuildNumber(env)).toBe(build)
    expect(ciBranch(env)).toBe(branch)
  })

  it('is replaced by the time in UTC', () => {
    const at = Date.UTC(2026, 3, 5, 10, 23, 45)
    expect(timeAsBuild(at)).toBe('20260405102345')
    expect(dateOf(at)).toBe('20260405')
  })
})

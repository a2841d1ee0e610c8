import { describe, expect, it } from 'vitest'
import { definitionsOf, problemsOf, serviceWith } from './config-world.ts'

describe('version', () => {
  it('names a folder and what stands before a version in tags', () => {
    const [definition] = definitionsOf(serviceWith('version: { path: services/shop, tag_prefix: "shop/v" }'))
    expect(definition!.version).toEqual({ folder: '/shop/services/shop', tagPrefix: 'shop/v' })
    expect(definitionsOf(serviceWith('version: { path: . }'))[0]!.version).toEqual({ folder: '/shop', tagPrefix: 'v' })
    expect(definitionsOf(serviceWith('version: { tag_prefix: "" }'))[0]!.version).toEqual({
      folder: null,
      tagPrefix: '',
    })
    expect(definitionsOf(serviceWith())[0]).not.toHaveProperty('version')
  })

  it.each(['-v', 'v*', 'a..b', 'a//b', 'v~', '/v'])('takes no prefix that is no part of a tag: %j', (prefix) => {
    expect(problemsOf(serviceWith(`version: { tag_prefix: "${prefix}" }`))).toEqual([
      expect.stringContaining('services.web.version.tag_prefix: expected letters, digits'),
    ])
  })
})

describe('git', () => {
  it('says where requests are opened, and for which branch', () => {
    const text = `git: { host: gitlab, api: "https://git.example.com/api/v4/", token: { env: MY_TOKEN }, branch: trunk }\n${serviceWith()}`
    expect(definitionsOf(text)[0]!.git).toEqual({
      host: 'gitlab',
      api: 'https://git.example.com/api/v4',
      token: { kind: 'env', variable: 'MY_TOKEN' },
      branch: 'trunk',
    })
    expect(definitionsOf(`git: { token: { file: secrets/git } }\n${serviceWith()}`)[0]!.git).toEqual({
      host: null,
      api: null,
      token: { kind: 'file', path: '/shop/secrets/git' },
      branch: null,
    })
  })

  it('reports every problem, and never quotes a token', () => {
    const problems = problemsOf(
      `git:\n  host: bitbucket\n  api: https://me:hunter2@git.example.com\n  token: hunter2\n  branch: -x\n${serviceWith()}`,
    )
    expect(problems).toHaveLength(4)
    expect(problems.join('\n')).not.toContain('hunter2')
    expect(problemsOf(`git: { token: {} }\n${serviceWith()}`)).toEqual([
      expect.stringContaining('expected either env or file'),
    ])
  })
})

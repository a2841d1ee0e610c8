import { describe, expect, it } from 'vitest'
import { definitionsOf, problemsOf, serviceWith } from './config-world.ts'

const buildWith = (fields: string) => definitionsOf(serviceWith(`build: { ${fields} }`))[0]?.build

describe('build', () => {
  it('builds the folder of the file by its Dockerfile when nothing is said', () => {
    expect(definitionsOf(serviceWith())[0]?.build).toEqual({
      context: '/shop',
      dockerfile: '/shop/Dockerfile',
      target: null,
      args: {},
      tag: '{version}-{env}-{build}',
      pointers: ['latest'],
      platforms: [],
    })
  })

  it.each([
    ['context: api', { context: '/shop/api', dockerfile: '/shop/api/Dockerfile' }],
    ['context: .., dockerfile: docker/Prod', { context: '/', dockerfile: '/shop/docker/Prod' }],
    ['target: runtime', { target: 'runtime' }],
    ['args: { GO: 1.10, DEBUG: true, X: "" }', { args: { GO: '1.10', DEBUG: 'true', X: '' } }],
    ['tag: "git-{sha}"', { tag: 'git-{sha}' }],
    ['pointers: []', { pointers: [] }],
    ['pointers: [latest, stable, latest]', { pointers: ['latest', 'stable'] }],
    ['platforms: [linux/amd64, linux/arm/v7]', { platforms: ['linux/amd64', 'linux/arm/v7'] }],
  ])('takes %s', (fields, build) => expect(buildWith(fields)).toMatchObject(build))

  it('reports every problem with its place', () => {
    const text = serviceWith(
      'build:',
      '  tag: "{version}-{what}"',
      '  pointers: ["-x"]',
      '  target: "--help"',
      '  platforms: [linux]',
      '  args: { "A B": 1 }',
      '  dockerfile: ""',
      '  file: Dockerfile',
    )
    const problems = problemsOf(text)
    expect(problems).toHaveLength(7)
    expect(new Set(problems.map((problem) => problem.split(' ')[0]))).toEqual(
      new Set([
        'astern.yaml:10:15',
        'astern.yaml:11:19',
        'astern.yaml:12:7',
        'astern.yaml:6:12',
        'astern.yaml:7:18',
        'astern.yaml:8:15',
        'astern.yaml:9:19',
      ]),
    )
    expect(problems.join('\n')).toContain('services.web.build.tag: there is no placeholder {what}')
  })
})

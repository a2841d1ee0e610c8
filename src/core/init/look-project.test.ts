import { describe, expect, it } from 'vitest'
import { seenProject } from '../../../test/doubles/project.ts'
import { readDockerfile } from './look-dockerfile.ts'
import { ciOf, isWorthEntering, isWorthReading, lookAtProject } from './look-project.ts'

const DOCKERFILE = `FROM golang:1.26 AS build
EXPOSE 1
FROM alpine:3.22
# EXPOSE 2
EXPOSE 9000/tcp 9001
HEALTHCHECK --interval=5s \\
  CMD wget -q -O - http://localhost:9000/ready || exit 1
CMD ["/app"]
`

describe('a Dockerfile', () => {
  it('says port and health in its last stage', () => {
    expect(readDockerfile('Dockerfile', DOCKERFILE)).toMatchObject({
      port: { value: 9000, at: { file: 'Dockerfile', line: 5 } },
      health: { value: '/ready', at: { line: 6 } },
      healthcheck: 'wget -q -O - http://localhost:9000/ready || exit 1',
      command: ['/app'],
      base: 'alpine:3.22',
    })
    expect(readDockerfile('Dockerfile', 'FROM scratch\nHEALTHCHECK NONE\n')).toEqual({
      port: null,
      health: null,
      healthcheck: null,
      command: null,
      base: 'scratch',
    })
    expect(readDockerfile('Dockerfile', 'FROM x\nHEALTHCHECK CMD ["/probe"]\n')).toMatchObject({
      health: null,
      healthcheck: ['/probe'],
    })
    expect(readDockerfile('Dockerfile', 'FROM a\nENTRYPOINT ["/e"]\nCMD ["x"]\n').command).toEqual(['/e', 'x'])
    expect(readDockerfile('Dockerfile', 'FROM a\nENTRYPOINT /e --all\nCMD ["x"]\n').command).toBe('/e --all')
  })

  it('is a project of its own where nothing else is known', () => {
    expect(lookAtProject(seenProject({ Dockerfile: DOCKERFILE }, [], 'My_Shop'), null)).toMatchObject({
      language: 'dockerfile',
      name: 'my-shop',
      port: { value: 9000 },
      health: { value: '/ready' },
    })
    expect(lookAtProject(seenProject({ Dockerfile: 'FROM x\n' }), null)).toMatchObject({
      port: { value: 8080, at: null },
      notes: [{ code: 'dockerfile_port' }],
    })
  })

  it('wins over what was found in the source beside it', () => {
    const files = {
      'go.mod': 'module example.com/shop\n',
      'main.go': 'package main\nfunc main() { }\n',
      Dockerfile: DOCKERFILE,
    }
    expect(lookAtProject(seenProject(files), null)).toMatchObject({
      language: 'go',
      port: { value: 9000 },
      health: { value: '/ready' },
      notes: [],
    })
  })
})

describe('a project', () => {
  it('is not recognised where there is nothing to go by', () => {
    expect(lookAtProject(seenProject({ 'README.md': '' }), null)).toBeNull()
  })

  it('is of one language: Go before Node before Java', () => {
    const files = { 'package.json': '{}', 'pom.xml': '<project/>' }
    expect(lookAtProject(seenProject(files), null)?.language).toBe('node')
    expect(lookAtProject(seenProject({ ...files, 'go.mod': 'module x\n' }), null)?.language).toBe('go')
  })

  it('is read where it says something, and not in what others made', () => {
    expect(
      [
        'main.go',
        'cmd/api/main.go',
        'package.json',
        'src/app.ts',
        'compose.yaml',
        '.git/config',
        '.env.example',
      ].filter(isWorthReading),
    ).toHaveLength(7)
    expect(['.env', 'secrets/key', 'image.png', 'sub/compose.yaml', '.git/objects/ab'].filter(isWorthReading)).toEqual(
      [],
    )
    expect(['cmd', 'src/api', '.github', '.github/workflows', '.git'].filter(isWorthEntering)).toHaveLength(5)
    expect(['node_modules', 'web/node_modules', '.git/objects', '.idea', 'target'].filter(isWorthEntering)).toEqual([])
  })
})

describe('the CI of a project', () => {
  const config = (url: string) => ({ '.git/config': `[core]\n[remote "origin"]\n\turl = ${url}\n` })
  it.each([
    ['github', {}, ['.github/workflows/test.yml']],
    ['gitlab', {}, ['.gitlab-ci.yml']],
    ['tekton', {}, ['.tekton/push.yaml']],
    ['github', config('git@github.com:team/shop.git'), []],
    ['gitlab', config('https://user@gitlab.example.com/team/shop.git'), []],
    ['gitlab', config('ssh://git@gitlab.com:22/team/shop'), []],
    ['none', config('https://example.com/github.com/shop'), []],
    ['none', {}, []],
  ] as const)('is %s', (system, files, others) => {
    expect(ciOf(seenProject(files, others)).value).toBe(system)
  })
})

import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { IdleClock } from '../../../test/doubles/world.ts'
import { temporaryFolder } from '../../../test/doubles/store.ts'
import type { BuildWanted } from '../../ports/builder.ts'
import { createDockerCli } from './builder.ts'

const ID = `sha256:${'a'.repeat(64)}`
const INSPECTED = JSON.stringify([
  { Id: ID, Size: 12, Os: 'linux', Architecture: 'amd64', RootFS: {}, Config: { Labels: null } },
])

/** A stand-in for Docker's command line: a script that notes what it is given, and answers as the test says. */
function standIn(answers: {
  readonly version?: string
  readonly buildx?: boolean
  readonly build?: string
  readonly push?: string
}) {
  const folder = temporaryFolder()
  const asked = join(folder, 'asked')
  writeFileSync(join(folder, 'inspected.json'), INSPECTED)
  const script = `#!/bin/sh
printf '%s|' "kit=$DOCKER_BUILDKIT" "$@" >> ${asked}; echo >> ${asked}
case "$1 $2" in
  'buildx version') exit ${answers.buildx === true ? 0 : 1} ;;
  'version --format') echo ${answers.version ?? '28.2.2'} ;;
  'image inspect') cat ${folder}/inspected.json ;;
  'image push') ${answers.push ?? 'exit 0'} ;;
  build*) for word; do case $word in --iidfile=*) printf %s ${ID} > "\${word#*=}" ;; esac; done; ${answers.build ?? 'exit 0'} ;;
esac
`
  writeFileSync(join(folder, 'docker'), script)
  chmodSync(join(folder, 'docker'), 0o755)
  const env = { PATH: `${folder}:/usr/bin:/bin` }
  const calls = () =>
    (existsSync(asked) ? readFileSync(asked, 'utf8') : '')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('|').slice(0, -1))
  return { builder: createDockerCli({ env, clock: new IdleClock() }), calls }
}

const wanted: BuildWanted = {
  image: 'shop:v1',
  context: '/srv/shop',
  dockerfile: '/srv/shop/Dockerfile',
  target: null,
  args: {},
  labels: {},
  platforms: [],
  fresh: false,
}

describe("Docker's command line", () => {
  it.each([
    ['the plugin buildx', { buildx: true }, 'kit=', true],
    ['an old command line, in the engine', { version: '20.10.24+dfsg1' }, 'kit=1', true],
    ['neither', { version: '28.2.2' }, 'kit=0', false],
  ])('builds with BuildKit where there is one: %s', async (_, answers, variable, plain) => {
    const { builder, calls } = standIn(answers)
    await builder.build(wanted, {})
    const build = calls().find(([, name]) => name === 'build')!
    expect(build[0]).toBe(variable)
    expect(build.includes('--progress=plain')).toBe(plain)
  })

  it('is given everything as one word with its option, so that nothing is taken for an option', async () => {
    const { builder, calls } = standIn({ buildx: true })
    const args = { VERSION: '--help', A: 'two words' }
    const more = { target: 'runtime', platforms: ['linux/amd64', 'linux/arm64'], fresh: true }
    await builder.build({ ...wanted, ...more, args, labels: { x: '$(id)' } }, {})
    const build = calls().find(([, name]) => name === 'build')!
    expect(build.filter((word) => !word.startsWith('--iidfile='))).toEqual([
      'kit=',
      'build',
      '--file=/srv/shop/Dockerfile',
      '--progress=plain',
      '--target=runtime',
      '--platform=linux/amd64,linux/arm64',
      '--no-cache',
      '--build-arg=VERSION=--help',
      '--build-arg=A=two words',
      '--label=x=$(id)',
      '--',
      '/srv/shop',
    ])
  })

  it('hands its lines on as they come, and keeps what is confidential to itself', async () => {
    const { builder } = standIn({
      buildx: true,
      build: 'echo token hunter2 >&2; printf "1%%\\r2%%\\n"; echo ERROR: hunter2; exit 1',
    })
    const lines: string[] = []
    const building = builder.build(
      { ...wanted, args: { API_TOKEN: 'hunter2' } },
      { onLine: (line) => lines.push(line) },
    )
    await expect(building).rejects.toMatchObject({ code: 'BUILD_FAILED', details: { reason: '[redacted]' } })
    expect(lines.toSorted()).toEqual(['2%', 'ERROR: [redacted]', 'token [redacted]'])
  })

  it.each([
    ['a full disk', { build: 'echo "write /x: no space left on device" >&2; exit 1' }, 'DISK_FULL'],
    ['a build that fails', { build: 'echo "ERROR: exit code: 2"; exit 1' }, 'BUILD_FAILED'],
  ])('tells %s', async (_, answers, code) => {
    await expect(standIn(answers).builder.build(wanted, {})).rejects.toMatchObject({ code })
  })

  it.each([
    ['a registry that dies half-way', 'echo "a69a: Pushing"; echo "unexpected EOF" >&2; exit 1', 'IMAGE_NOT_PUSHED'],
    ['an expired login', 'echo "unauthorized: authentication required" >&2; exit 1', 'REGISTRY_DENIED'],
  ])('tells %s', async (_, push, code) => {
    await expect(standIn({ push }).builder.push('r.test/shop:v1', {})).rejects.toMatchObject({ code })
  })

  it('takes the digest from what a push says last', async () => {
    const { builder } = standIn({ push: `echo "v1: digest: ${ID} size: 524"` })
    expect(await builder.push('r.test/shop:v1', {})).toBe(ID)
    expect(await standIn({}).builder.push('r.test/shop:v1', {})).toBeNull()
  })

  it('ends the command when nobody wants its result any more', async () => {
    const { builder } = standIn({ build: 'trap "exit 143" TERM; echo begun; while :; do sleep 0.05; done' })
    const stopping = new AbortController()
    const building = builder.build(wanted, {
      signal: stopping.signal,
      onLine: () => stopping.abort(new Error('enough')),
    })
    await expect(building).rejects.toThrow('enough')
  })

  it('says that there is none', async () => {
    const builder = createDockerCli({ env: { PATH: '/nowhere' }, clock: new IdleClock() })
    await expect(builder.inspect('shop:v1')).rejects.toMatchObject({ code: 'BUILDER_MISSING' })
  })
})

// From a commit to a release: build, push and deploy as a user types them, against Docker and a registry; and a tag that somebody moves meanwhile.
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildProbeImage } from '../fixtures/probe-app.ts'
import { type Registry, startRegistry } from '../fixtures/registry.ts'
import { createInstallation, type Installation } from './support/installation.ts'

describe('a service that is built here', () => {
  let installation: Installation
  let registry: Registry
  let image: string
  let probe: string
  const revision = () => git('rev-parse', 'HEAD')

  function git(...words: string[]): string {
    const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false']
    return execFileSync('git', [...who, ...words], { cwd: installation.project, encoding: 'utf8' }).trim()
  }

  const inCi = { env: { GITHUB_RUN_NUMBER: '7' } }
  const tag = () => `v1.3.0-${installation.environment}-7`
  const reference = () => `${image}:${tag()}`

  beforeAll(async () => {
    ;[installation, registry] = await Promise.all([createInstallation(), startRegistry()])
    image = `${registry.host}/${installation.repository}`
    const base = await buildProbeImage()
    probe = base.configDigest
    const lines = [`FROM ${base.reference}`, `LABEL astern.test=${installation.repository}`, 'ARG VERSION']
    await writeFile(
      join(installation.project, 'Dockerfile'),
      [...lines, 'ENV BUILT_AS=$VERSION', 'USER 10001', ''].join('\n'),
    )
    await installation.writeConfig(installation.configOf({ image }))
    git('init', '--quiet')
    git('add', '--all')
    git('commit', '--quiet', '-m', 'feat: a shop')
    git('tag', 'v1.3.0')
  })

  afterAll(async () => {
    await installation.close()
    // Newest first: what was built on another one goes before that.
    const made = ['images', '--quiet', '--no-trunc', '--filter', `label=astern.test=${installation.repository}`]
    for (const id of new Set((await installation.docker(...made)).split('\n').filter(Boolean))) {
      await installation.docker('rmi', '--force', id)
    }
    await installation.docker('rmi', '--force', reference())
    await registry.close()
  })

  it('goes from its commit to a release that says which commit it is', async () => {
    const built = await installation.astern(['build', '--json'], inCi)
    expect(built.last).toMatchObject({
      outcome: 'succeeded',
      image: reference(),
      tag: tag(),
      digest: null,
      warnings: [],
    })
    expect(built.code).toBe(0)
    const labels = JSON.parse(
      await installation.docker('image', 'inspect', '--format', '{{json .Config.Labels}}', reference()),
    ) as Record<string, string>
    expect(labels).toMatchObject({
      'org.opencontainers.image.version': 'v1.3.0',
      'org.opencontainers.image.revision': revision(),
    })
    const pushed = await installation.ask('push')
    expect(pushed).toMatchObject({ outcome: 'succeeded', tag: tag(), config_digest: built.last['config_digest'] })
    await installation.astern(['up'])
    const deployed = await installation.ask('deploy')
    expect(deployed['to']).toEqual({ release: 'r1', version: 'v1.3.0', image: reference(), digest: pushed['digest'] })
    const { body } = await installation.visit({ path: '/env' })
    expect(body).toContain('"BUILT_AS":"v1.3.0"')
    const { releases } = await installation.ask('releases')
    expect(releases).toMatchObject([{ release: 'r1', git_revision: revision() }])
  })

  it('is the same image when it is built again, and another one is refused its tag', async () => {
    expect((await installation.astern(['build', '--json'], inCi)).last).toMatchObject({ outcome: 'noop' })
    await writeFile(join(installation.project, 'more'), 'files')
    await writeFile(join(installation.project, 'Dockerfile'), `FROM ${reference()}\nENV OTHER=1\n`)
    const other = await installation.astern(['build', '--json', '--tag', tag()])
    expect(other.code).toBe(3)
    expect(other.last).toMatchObject({ outcome: 'refused', error: { code: 'TAG_MOVED' } })
    expect(other.last['error'].message).toContain(`(r1 in ${installation.environment})`)
  })

  it('is never deployed as latest, which follows the newest push', async () => {
    const refused = await installation.astern(['deploy', 'latest', '--json'])
    expect(refused.code).toBe(2)
    expect(refused.last).toMatchObject({ error: { code: 'TAG_IS_POINTER', hint: expect.stringContaining(tag()) } })
    const answer = await fetch(`http://${registry.host}/v2/${installation.repository}/tags/list`)
    const { tags } = (await answer.json()) as { tags: string[] }
    expect(tags.toSorted()).toEqual(['latest', tag()])
  })

  it('is not deployed once somebody has moved its tag, and doctor says where', async () => {
    await installation.docker('tag', probe, reference())
    await installation.docker('push', reference())
    const refused = await installation.astern(['deploy', '--json'])
    expect(refused.code).toBe(3)
    expect(refused.last).toMatchObject({ outcome: 'refused', error: { code: 'TAG_MOVED' } })
    const { last } = await installation.astern(['doctor', '--json'])
    const moved = (last['checks'] as { name: string; status: string; message: string }[]).filter(
      ({ name }) => name === 'tags',
    )
    expect(moved.map(({ status }) => status)).toEqual(['fail', 'fail'])
    expect(moved[0]?.message).toContain('in Docker')
    expect(moved[1]?.message).toContain(`in ${registry.host}`)
    expect((await installation.service())['active']).toMatchObject({ release: 'r1' })
  })
})

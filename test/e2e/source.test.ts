// From commits to a version, and from a rollback back to the source: the built command, a real git, real releases, and a code host of this machine.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CodeHost, startCodeHost } from '../fixtures/code-host.ts'
import { createRepository, git, gitEnv, type GitRepository } from '../fixtures/git-repository.ts'
import { buildProbeImage } from '../fixtures/probe-app.ts'
import { createInstallation, type Installation } from './support/installation.ts'

/** Stands in for ssh: whatever host git wants to reach, it reaches this folder. */
const sshTo = (folder: string) => `#!/bin/sh
case "$*" in
  *git-upload-pack*) exec git-upload-pack '${folder}' ;;
  *git-receive-pack*) exec git-receive-pack '${folder}' ;;
esac
`

describe('the source follows', () => {
  let shop: Installation
  let repository: GitRepository
  let host: CodeHost
  const env = () => ({
    ...gitEnv,
    GITLAB_TOKEN: host.token,
    GIT_SSH_COMMAND: join(repository.folder, 'ssh'),
    GIT_SSH_VARIANT: 'simple',
  })
  const astern = (...words: string[]) => shop.astern([...words, '--json'], { env: env(), cwd: repository.root })

  beforeAll(async () => {
    repository = createRepository()
    host = await startCodeHost('gitlab')
    shop = await createInstallation()
    repository.commit('feat: a shop', { 'main.go': 'package main\n' })
    repository.git('push', '--quiet', '--set-upstream', 'origin', 'main')
    await writeFile(join(repository.folder, 'ssh'), sshTo(repository.bare), { mode: 0o755 })
  })
  afterAll(async () => {
    await shop?.close()
    await host?.close()
    repository?.remove()
  })

  it('makes versions in a repository that has never seen Astern', async () => {
    expect(await astern('version')).toMatchObject({ code: 0, last: { version: '0.1.0', released: false } })
    const released = await astern('version', '--release', '--push')
    expect(released).toMatchObject({ code: 0, last: { tag: 'v0.1.0', changelog: 'CHANGELOG.md', pushed_to: 'origin' } })
    expect(repository.git('status', '--porcelain')).toBe('')
    expect(repository.git('cat-file', '-t', 'v0.1.0')).toBe('tag')
    expect(git(repository.bare, 'rev-parse', 'main')).toBe(repository.git('rev-parse', 'v0.1.0^{commit}'))
    expect(await astern('version', '--release')).toMatchObject({ code: 6, last: { outcome: 'noop' } })
    repository.commit('feat: a checkout', { 'checkout.go': 'package main\n' })
    expect(await astern('version')).toMatchObject({ code: 0, last: { version: '0.2.0', level: 'minor' } })
  })

  it('opens a request that takes back what was rolled back', async () => {
    const bad = repository.git('rev-parse', 'HEAD')
    const good = repository.git('rev-parse', 'v0.1.0^{commit}')
    repository.git('push', '--quiet')
    repository.git('remote', 'set-url', 'origin', 'git@gitlab.example.com:acme/shop.git')
    const config = { ...shop.configOf(), git: { api: host.api } }
    await writeFile(join(repository.root, 'astern.yaml'), JSON.stringify(config))
    await shop.ask('up')
    for (const [tag, revision] of [
      ['v0.1.0', good],
      ['v0.2.0', bad],
    ] as const) {
      const { configDigest } = await buildProbeImage({ lines: [`LABEL org.opencontainers.image.revision=${revision}`] })
      await shop.tag(tag, configDigest)
      expect((await astern('deploy', tag)).last).toMatchObject({ outcome: 'succeeded' })
    }
    const { code, last } = await astern('rollback', '--revert-pr')
    expect(code).toBe(0)
    expect(last).toMatchObject({
      outcome: 'succeeded',
      warnings: [],
      git: {
        compare_url: `https://gitlab.example.com/acme/shop/-/compare/${good}...${bad}`,
        pull_request_url: 'https://git.example.com/acme/shop/-/merge_requests/1',
      },
    })
    expect(host.complaints).toEqual([])
    const branch = `astern/revert-${String(last['transaction_id']).slice('tx-'.length)}`
    expect(git(repository.bare, 'ls-tree', '--name-only', branch).split('\n')).toEqual(['CHANGELOG.md', 'main.go'])
    // The command that was shown does the same.
    repository.git(
      ...String((last['git'] as Record<string, string>)['revert_command'])
        .split(' ')
        .slice(1),
    )
    expect(repository.git('ls-tree', '--name-only', 'HEAD').split('\n')).toEqual(['CHANGELOG.md', 'main.go'])
  })
})

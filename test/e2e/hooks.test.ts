// Hooks on real containers: a migration that runs once before traffic, and one that fails and leaves everything as it was.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInstallation, type Installation } from './support/installation.ts'
import { until } from './support/until.ts'

describe('hooks', () => {
  let shop: Installation
  const migrations = () => readFile(join(shop.folder, 'migrations'), 'utf8').catch(() => '')
  const notes = () => readFile(join(shop.project, 'notes'), 'utf8').catch(() => '')
  const migrate = (...things: string[]) => ({
    run: ['/probe-app', 'do', 'env=ASTERN_RELEASE', 'env=TOKEN', 'append=/data/migrations', ...things],
  })
  const service = (hooks: object) => ({
    volumes: [{ source: shop.folder, target: '/data', shared: true }],
    secrets: { TOKEN: { file: 'token' } },
    hooks,
  })
  const oneOffs = () =>
    shop.docker(
      'ps',
      '--all',
      '--quiet',
      '--filter=label=astern.oneoff',
      `--filter=label=astern.installation=${shop.record().installation}`,
    )

  beforeAll(async () => {
    shop = await createInstallation()
    await writeFile(join(shop.project, 'token'), 'tok-hook-51ac\n')
    const note =
      '#!/bin/sh\necho "$ASTERN_HOOK $ASTERN_OPERATION $ASTERN_FROM_RELEASE $ASTERN_RELEASE $ASTERN_OUTCOME" >>notes\n'
    await writeFile(join(shop.project, 'note.sh'), note, { mode: 0o755 })
    await shop.ask('up')
    await shop.deploy('v1', service({}))
  })
  afterAll(() => shop?.close())

  it('the release hook runs once, with the secrets of the new release, and is shown by a dry run', async () => {
    const words = await shop.prepare('v2', service({ release: migrate(), after_deploy: { host: ['./note.sh'] } }))
    const planned = await shop.astern([...words, '--dry-run'])
    expect(planned.stdout).toContain('hook release → wake')
    expect(planned.stdout).toContain('after_deploy (host): ./note.sh')
    const { code, stdout } = await shop.astern(words)
    expect(code).toBe(0)
    expect(stdout).toContain('release │ r2')
    expect(stdout).toContain('release │ [redacted]')
    expect(stdout).not.toContain('tok-hook-51ac')
    expect(await migrations()).toBe('line\n')
    expect(await notes()).toBe('after_deploy deploy r1 r2 succeeded\n')
    expect(await oneOffs()).toBe('')
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v2' })
  })

  it('a release hook that fails leaves the old release untouched', async () => {
    const before = await shop.containers()
    const failing = { release: migrate('say=!no such table', 'exit=3') }
    const failed = await shop.astern([...(await shop.prepare('v3', service(failing))), '--json'])
    expect(failed).toMatchObject({ code: 4, last: { outcome: 'failed', error: { code: 'DEPLOY_FAILED' } } })
    const { message } = failed.last['error'] as { message: string }
    expect(message).toContain('The hook release failed: it ended with exit code 3')
    expect(message).toContain('no such table')
    expect(failed.stdout).not.toContain('tok-hook-51ac')
    expect(await shop.containers()).toEqual(before)
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v2' })
  })

  it('a deploy that is killed in its release hook is finished by the next command, and the hook has run once', async () => {
    const runs = (await migrations()).length
    const slow = { release: migrate('say=begun', 'sleep=2000') }
    const deploying = await shop.begin(await shop.prepare('v4', service(slow)))
    await until('the hook to begin', () => deploying.stdout().includes('release │ begun'))
    deploying.kill('SIGKILL')
    await deploying.ended
    await shop.ask('status')
    expect(await shop.service()).toMatchObject({ active: { release: 'r4' }, health: 'healthy' })
    expect((await migrations()).length).toBe(runs + 'line\n'.length)
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v4' })
    expect(await oneOffs()).toBe('')
  })

  it('a rollback stops a hook that runs, and is not held up by its own', async () => {
    const hooks = {
      release: migrate('say=begun', 'sleep=60000'),
      after_rollback: { host: ['./note.sh'], timeout: '10s' },
    }
    const deploying = await shop.begin(await shop.prepare('v5', service(hooks)))
    await until('the hook to begin', () => deploying.stdout().includes('release │ begun'))
    const back = await shop.astern(['rollback', '--json'])
    expect(back).toMatchObject({ code: 0, last: { outcome: 'succeeded', to: { release: 'r4' } } })
    expect((await deploying.ended).code).toBe(4)
    await until('the note', async () => (await notes()).includes('after_rollback rollback r5 r4 succeeded'))
    await shop.atRest()
    await shop.ask('status')
    expect(await oneOffs()).toBe('')
    expect((await notes()).match(/after_rollback/g)).toHaveLength(1)
    const log = await shop.astern(['log', String(back.last['transaction_id'])])
    expect(log.stdout).toMatch(/hook after_rollback +succeeded/)
  })
})

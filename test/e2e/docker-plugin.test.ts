// For hands that type `docker`: Docker's own command line with our plugins in it; and what the journal tells afterwards of what was done that way.
import { lstat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { output, type Ran, run, start } from './support/command.ts'
import { createInstallation, type Installation } from './support/installation.ts'
import { until } from './support/until.ts'

describe('docker rollback, docker astern', () => {
  let shop: Installation
  let env: NodeJS.ProcessEnv
  let beforeRollback = ''

  const docker = (...words: string[]): Promise<Ran> => run(['docker', ...words], { cwd: shop.project, env })

  beforeAll(async () => {
    shop = await createInstallation()
    env = { ...process.env, CI: undefined, ASTERN_STATE: shop.stateFolder, DOCKER_CONFIG: join(shop.project, 'docker') }
    await shop.ask('up')
    await shop.deploy('v1', { env: { PROBE_LOG: 'v1 starts' } })
    await shop.deploy('v2')
  })
  afterAll(() => shop?.close())

  it('is installed by links, once, and shows in the help of docker', async () => {
    for (const did of ['linked', 'kept']) {
      const { code, last } = await shop.astern(['docker-plugin', 'install', '--json'], { env })
      expect({ code, links: last['links'] }).toMatchObject({ code: 0, links: [{ did }, { did }] })
    }
    expect((await docker('--help')).stdout).toMatch(/ astern\* .*\n(.*\n)* +rollback\* /)
    expect((await docker('help', 'rollback')).stdout).toMatch(/^astern rollback: /)
    expect((await docker('rollback', '--help')).stdout).toMatch(/^astern rollback: /)
    expect((await docker('astern', '--help')).stdout).toMatch(/^astern \d/)
  })

  it('takes options before its name, and says so of those that it cannot pass on', async () => {
    const nowhere = await docker('-H', 'unix:///nowhere.sock', 'astern', 'doctor', '--json')
    expect(JSON.stringify(nowhere.last)).toContain('unix:///nowhere.sock')
    expect(await docker('--tlscert', '/x.pem', 'rollback')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--tlscert'),
    })
  })

  it('rolls back, and passes the exit code on', async () => {
    beforeRollback = new Date().toISOString()
    const back = await docker('rollback', '--json', '-m', 'checkout answers 500', '--actor', 'alice')
    expect(back).toMatchObject({
      code: 0,
      last: { outcome: 'succeeded', to: { release: 'r1' }, proof: { answers: 20 } },
    })
    expect(await docker('rollback')).toMatchObject({ code: 6 })
    const { last } = await docker('astern', 'status', '--json')
    expect(last).toMatchObject({ services: [{ active: { release: 'r1' } }] })
  })

  it('answers what the shell may offer', async () => {
    expect((await docker('astern', 'docker-complete', '--', 'rollback', '--und')).stdout).toMatch(/^--undo\t.*\n:4\n$/)
    if (major(await clientVersion()) < 25) return
    expect((await docker('__complete', 'rollback', '--to', '')).stdout).toMatch(/^r2\t.*\nr1\t/)
  })

  it('ends with docker, where no terminal passes Ctrl-C on', async () => {
    if (major(await clientVersion()) < 26) return
    const logs = await start(['docker', 'astern', 'logs', '-f'], { cwd: shop.project, env })
    await until('the first lines', () => logs.stdout().includes('v1 starts'))
    logs.kill('SIGINT')
    expect(await logs.ended).toMatchObject({ signal: null })
  })

  it('never touches what is somebody else’s, and leaves nothing of its own', async () => {
    expect((await shop.astern(['docker-plugin', 'uninstall', '--json'], { env })).last['links']).toMatchObject([
      { did: 'removed' },
      { did: 'removed' },
    ])
    const other = join(shop.project, 'docker', 'cli-plugins', 'docker-astern')
    await writeFile(other, 'of somebody else')
    const refused = await shop.astern(['docker-plugin', 'install', '--json'], { env })
    expect({ code: refused.code, last: refused.last }).toMatchObject({
      code: 3,
      last: { error: { code: 'DOCKER_PLUGIN_TAKEN' } },
    })
    await expect(lstat(join(other, '..', 'docker-rollback'))).rejects.toMatchObject({ code: 'ENOENT' })
    expect((await docker('rollback')).code).not.toBe(6)
  })

  it('is in the history, at any moment of it', async () => {
    expect((await shop.ask('releases', '--at', beforeRollback))['releases']).toMatchObject([
      { release: 'r2', share: 100, role: 'active', operation: 'deploy', ended: 'rolled_back' },
    ])
    const { history } = await shop.ask('history')
    expect(history).toMatchObject([
      { release: 'r1', operation: 'rollback', actor: 'alice', reason: 'checkout answers 500', until: null },
      { release: 'r2', ended_by: { operation: 'rollback', actor: 'alice' } },
      { release: 'r1' },
    ])
    const { stdout } = await shop.astern(['history', '--csv'])
    expect(stdout.split('\r\n')).toHaveLength(5)
    expect((await shop.ask('releases', '--grep', 'answers 500'))['releases']).toMatchObject([
      { release: 'r2' },
      { release: 'r1' },
    ])
    expect((await shop.ask('stats'))['total']).toMatchObject({
      change_failure_rate: { failed: 1, of: 2, rolled_back_later: 1 },
      time_to_restore: { count: 1 },
      rollbacks: { by: { person: 1 } },
    })
  })
})

async function clientVersion(): Promise<string> {
  return output(['docker', 'version', '--format', '{{.Client.Version}}'])
}

function major(version: string): number {
  return Number(version.split('.')[0])
}

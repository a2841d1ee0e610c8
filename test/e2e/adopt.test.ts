// A container that was started by `docker run` is taken over as r1: on the port that it holds itself, beside it, and from a volume that it writes to.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from './support/command.ts'
import { probeImage } from './support/images.ts'
import { createInstallation, type Installation } from './support/installation.ts'
import { freePort } from './support/port.ts'
import { until } from './support/until.ts'

const SECRET = 'pw-by-hand-71c2'

describe('a container that somebody started', () => {
  let shop: Installation
  const name = () => `${shop.repository}-by-hand`

  /** As a user does it. */
  async function start(...options: string[]): Promise<void> {
    const image = await shop.tag('v1', await probeImage())
    const env = ['--env', 'MARK=by-hand', '--env', `DB_PASSWORD=${SECRET}`]
    await shop.docker(
      'run',
      '--detach',
      '--name',
      name(),
      '--restart',
      'always',
      ...env,
      '--memory',
      '64m',
      ...options,
      image,
    )
  }
  const stateOf = () =>
    shop.docker('inspect', '--format', '{{.State.Status}} {{.HostConfig.RestartPolicy.Name}}', name())
  const answersBy = (port: number, release: string) =>
    until(`${release} on ${port}`, async () => (await shop.visit({ port }).catch(() => null))?.release === release)

  beforeEach(async () => {
    shop = await createInstallation()
  })
  afterEach(async () => {
    await run(['docker', 'rm', '--force', '--volumes', name()])
    await shop.close()
    await run(['docker', 'volume', 'rm', `${shop.repository}-data`])
  })

  it('that holds the port of the proxy hands it over, and can be gone back to', async () => {
    await start('--publish', `127.0.0.1:${shop.port}:8080`)
    await answersBy(shop.port, 'by-hand')
    const planned = await shop.astern(['adopt', name(), '--dry-run'])
    expect(planned.stdout).toContain(`and the proxy takes 127.0.0.1:${shop.port} at once`)
    expect(await stateOf()).toBe('running always')

    const load = await shop.load({ get: '/env', perSecond: 50 })
    await load.more(20, 'by-hand')
    const adopted = await shop.astern(['adopt', name(), '--json'])
    expect(adopted).toMatchObject({
      code: 0,
      last: { outcome: 'succeeded', to: { release: 'r1' }, adopted: { way: 'port', stopped: true } },
    })
    await load.more(20)
    const answers = await load.stop()
    // While nobody listens, requests fail; before and after, none does.
    const failed = answers.filter(({ status }) => status === 0 || status >= 500).map(({ at }) => at)
    const served = answers.filter(({ status }) => status === 200).map(({ at }) => at)
    if (failed.length > 0) {
      const inGap = served.filter((at) => at > Math.min(...failed) && at < Math.max(...failed))
      expect(inGap.length).toBeLessThan(served.length / 2)
    }
    expect(await stateOf()).toBe('exited no')
    expect(adopted.last['adopted'].gap_ms).toBeGreaterThan(0)

    const env = JSON.parse((await shop.visit({ path: '/env' })).body) as { env: Record<string, string> }
    expect(env.env).toMatchObject({ MARK: 'by-hand', DB_PASSWORD: SECRET })
    const shown = await shop.astern(['show', 'r1'])
    expect(shown.stdout).toMatch(/^memory +64m$/m)
    expect(shown.stdout + adopted.stdout + planned.stdout).not.toContain(SECRET)

    expect(await shop.deploy('v2')).toMatchObject({ outcome: 'succeeded', from: { release: 'r1' } })
    await answersBy(shop.port, 'v2')
    expect(await shop.ask('rollback')).toMatchObject({ rung: 'warm', to: { release: 'r1' } })
    await answersBy(shop.port, 'by-hand')
  })

  it('on another port goes on until the proxy serves, and longer where that is asked', async () => {
    const own = await freePort()
    await start('--publish', `127.0.0.1:${own}:8080`)
    await answersBy(own, 'by-hand')
    const load = await shop.load({ port: own, get: '/env' })
    await load.more(20, 'by-hand')
    const adopted = await shop.astern(['adopt', name(), '--keep-running', '--json'])
    expect(adopted).toMatchObject({ code: 0, last: { adopted: { way: 'beside', stopped: false, gap_ms: null } } })
    await answersBy(shop.port, 'by-hand')
    await load.more(20, 'by-hand')
    await load.stop()
    expect(load.failures()).toEqual([])
    expect(await stateOf()).toBe('running always')
  })

  it('that writes to a volume is stopped before its successor starts, and runs again when that fails', async () => {
    await start('--publish', `127.0.0.1:${shop.port}:8080`, '--volume', `${shop.repository}-data:/data`)
    await answersBy(shop.port, 'by-hand')
    const { services, environments } = shop.configOf({
      health: { path: '/nowhere', start_period: '500ms', interval: '100ms' },
    })
    await shop.writeConfig({ services, environments })
    const failed = await shop.astern(['adopt', name(), '--json'])
    expect(failed).toMatchObject({ code: 4, last: { outcome: 'failed', adopted: { way: 'first', stopped: false } } })
    expect(await stateOf()).toBe('running always')
    await answersBy(shop.port, 'by-hand')

    await shop.writeConfig(shop.configOf())
    const adopted = await shop.astern(['adopt', name()])
    expect(adopted.code).toBe(0)
    expect(adopted.stdout).toMatch(/interruption +at most \d.* without an answer/)
    expect(adopted.stdout).toContain(`docker update --restart=always ${name()} && docker start ${name()}`)
    expect(await stateOf()).toBe('exited no')
    await answersBy(shop.port, 'by-hand')
  })
})

// Every replica reads its release's role in the file that ASTERN_ROLE_FILE names: through a deploy, a rollback, a freeze and a thaw.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInstallation, type Installation } from './support/installation.ts'
import { until } from './support/until.ts'

const FROZEN = { warm: 1, warm_for: '0ms', frozen: 1, frozen_for: '1h', cold: 1 }

describe('the role of a replica', () => {
  let shop: Installation

  beforeAll(async () => {
    shop = await createInstallation()
    await shop.ask('up')
    await shop.deploy('v1')
  })
  afterAll(() => shop?.close())

  /** As its program reads it. */
  async function roleOf(replica: string): Promise<string> {
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'
    const address = await shop.docker('inspect', '--format', format, shop.containerOf(replica))
    const { env } = (await (await fetch(`http://${address}:8080/env`)).json()) as { env: Record<string, string> }
    return (await fetch(`http://${address}:8080/read?file=${env['ASTERN_ROLE_FILE']}`)).text()
  }
  const folderOf = (release: string) => join(shop.stateFolder, 'roles', `shop.${shop.environment}`, release)

  it('is candidate before users come to it, and active after', async () => {
    expect(await roleOf('r1-1')).toBe('active\n')
    const env = { PROBE_HEALTHY_AFTER_MS: '3000' }
    const deploy = await shop.begin([...(await shop.prepare('v2', { env })), '--json'])
    await until('its health check', () => deploy.stdout().includes('"status":"started","step":"health"'))
    await until('its program', async () => (await roleOf('r2-1').catch(() => '')) === 'candidate\n')
    expect(await roleOf('r1-1')).toBe('active\n')
    expect(await deploy.ended).toMatchObject({ code: 0 })
    expect(await roleOf('r2-1')).toBe('active\n')
    expect(await roleOf('r1-1')).toBe('standby\n')
  })

  it('follows a rollback', async () => {
    expect(await shop.ask('rollback')).toMatchObject({ outcome: 'succeeded', rung: 'warm' })
    await until('r1 to know it', async () => (await roleOf('r1-1')) === 'active\n')
    await until('r2 to be cold', async () => (await shop.containers()).get(shop.containerOf('r2-1')) === 'exited')
    expect(readFileSync(join(folderOf('r2'), 'role'), 'utf8')).toBe('standby\n')
  })

  it('is known to what was frozen as soon as it thaws', async () => {
    await shop.deploy('v3', { standby: FROZEN })
    await shop.onRung('r1', 'frozen')
    expect(await shop.ask('rollback', '--to', 'r1')).toMatchObject({ outcome: 'succeeded', rung: 'frozen' })
    await until('r1 to know it', async () => (await roleOf('r1-1')) === 'active\n')
    await shop.atRest()
  })

  it('goes with its release', async () => {
    await shop.ask('remove', 'shop', '--yes')
    expect(existsSync(folderOf('r1'))).toBe(false)
  })
})

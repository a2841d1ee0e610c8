// From staging to production: an image that has to pass first, checked as a command and inside of a real compose project, then promoted as it is.
import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { composePlugin } from '../fixtures/compose-plugin.ts'
import { probeImage } from './support/images.ts'
import { createInstallation, type Installation, quick } from './support/installation.ts'
import { freePort } from './support/port.ts'
import { until } from './support/until.ts'

/** Asks the image in its project, and waits there for as long as a file says so. */
const SMOKE = `
import { existsSync, writeFileSync } from 'node:fs'
const answer = await fetch(process.env.ASTERN_URL + '/env')
const { MARK } = (await answer.json()).env
console.log('checked ' + MARK + ' at port ' + process.env.ASTERN_PORT_DB_8080)
writeFileSync('asked', '')
while (existsSync('wait')) await new Promise((resolve) => setTimeout(resolve, 50))
process.exit(MARK === 'inside' ? 0 : 1)
`

describe('an image on its way to production', () => {
  let shop: Installation
  let prodPort: number
  const [staging, prod] = ['staging', 'prod'].map((name) => () => `${shop.environment}-${name}`) as [
    () => string,
    () => string,
  ]

  async function configure() {
    const run = ['/probe-app', 'do', 'env=TOKEN', 'env=MARK']
    const service = { image: shop.repository, port: 8080, ...quick, secrets: { TOKEN: { file: 'token' } } }
    const api = { compose: 'compose.verify.yaml', check: [process.execPath, 'smoke.mjs'], timeout: '1m' }
    await shop.writeConfig({
      services: { shop: service },
      environments: {
        [staging()]: { listen: shop.listen, env: { MARK: 'staging' }, checks: { selftest: { run }, api } },
        [prod()]: { listen: `127.0.0.1:${prodPort}`, env: { MARK: 'prod' }, requires: staging() },
      },
    })
  }
  /** Containers, networks and volumes of compose projects of this installation, and containers of commands. */
  async function left(): Promise<string[]> {
    const folders = await readdir(join(shop.stateFolder, 'verify')).catch(() => [])
    const projects = folders.map((folder) => `astern-verify-${folder.replace('tx-', '')}-api`)
    const listed = await Promise.all([
      shop.docker('ps', '--all', '--format', '{{.Label "com.docker.compose.project"}}'),
      shop.docker('network', 'ls', '--format', '{{.Label "com.docker.compose.project"}}'),
      shop.docker('volume', 'ls', '--format', '{{.Label "com.docker.compose.project"}}'),
    ])
    const ours = `--filter=label=astern.installation=${shop.record().installation}`
    const oneOffs = await shop.docker('ps', '--all', '--quiet', '--filter=label=astern.oneoff', ours)
    return [
      ...listed
        .join('\n')
        .split('\n')
        .filter((name) => projects.includes(name)),
      ...oneOffs.split('\n').filter(Boolean),
    ]
  }
  beforeAll(async () => {
    shop = await createInstallation({ env: await composePlugin() })
    prodPort = await freePort()
    const probe = await shop.docker('inspect', '--format', '{{index .RepoTags 0}}', await probeImage())
    const healthcheck = { test: ['CMD', '/probe-app', 'check'], interval: '200ms', timeout: '1s', retries: 20 }
    const services = {
      shop: { image: `${shop.repository}:nowhere`, environment: { MARK: 'inside' }, healthcheck, depends_on: ['db'] },
      db: { image: probe, ports: ['127.0.0.1::8080'], volumes: ['data:/data'], stop_grace_period: '1s' },
    }
    await writeFile(join(shop.project, 'compose.verify.yaml'), JSON.stringify({ services, volumes: { data: {} } }))
    await writeFile(join(shop.project, 'smoke.mjs'), SMOKE)
    await writeFile(join(shop.project, 'token'), 'tok-verify-77c1\n')
    await configure()
    await shop.tag('v1.0.0')
    await shop.ask('up', '--env', staging())
  })
  afterAll(() => shop?.close())

  it('is refused in production until it has passed in staging, and is then promoted as it is', async () => {
    const early = await shop.astern(['deploy', 'v1.0.0', '--env', prod(), '--json'])
    expect(early).toMatchObject({ code: 3, last: { outcome: 'refused', error: { code: 'UNVERIFIED' } } })
    expect(early.last['error'].hint).toBe(`astern verify v1.0.0 --env ${staging()} --service shop`)

    const passed = await shop.astern(['verify', 'v1.0.0', '--env', staging()])
    expect(passed).toMatchObject({ code: 0, stderr: '' })
    expect(passed.stdout).toMatch(/selftest │ \[redacted\]\n.*selftest │ staging/)
    expect(passed.stdout).toMatch(/api │ checked inside at port \d+/)
    expect(passed.stdout).toMatch(/✓ check api/)
    expect(passed.stdout).not.toContain('tok-verify-77c1')
    expect(await left()).toEqual([])

    const deployed = await shop.ask('deploy', 'v1.0.0', '--env', staging())
    expect(deployed['to']).toMatchObject({ release: 'r1' })
    // Another image under that tag changes nothing for what has passed.
    await shop.docker('tag', 'alpine:3.22', `${shop.repository}:v1.0.0`)
    const promoted = await shop.ask('promote-to', prod(), '--from', staging(), 'r1')
    expect(promoted).toMatchObject({ operation: 'deploy', environment: prod(), outcome: 'succeeded' })
    expect(promoted['to']).toEqual({ ...deployed['to'], release: 'r1' })
    expect(await shop.visit({ port: prodPort })).toMatchObject({ status: 200, release: 'prod' })
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'staging' })
    const shown = await shop.ask('show', 'r1', '--env', prod())
    expect(shown).toMatchObject({
      promoted_from: { environment: staging(), release: 'r1' },
      verified: { [staging()]: { outcome: 'passed' } },
    })
    expect((await shop.ask('promote-to', prod()))['outcome']).toBe('noop')
    await shop.tag('v1.0.0')
  })

  it('that fails says why, keeps its logs, and production hears of it', async () => {
    await shop.tag('v1.1.0', await shop.docker('inspect', '--format', '{{.Id}}', 'alpine:3.22'))
    const failed = await shop.astern(['verify', 'v1.1.0', '--env', staging(), '--json'])
    expect(failed).toMatchObject({ code: 4, last: { outcome: 'failed', error: { code: 'CHECK_FAILED' } } })
    const [selftest, api] = failed.last['checks']
    // The image has no such program: that, too, is a check that has failed.
    expect(selftest).toMatchObject({ name: 'selftest', outcome: 'failed' })
    expect(api).toMatchObject({ name: 'api', outcome: 'failed' })
    expect(await readFile(api.log, 'utf8')).toContain('shop-1')
    expect(await left()).toEqual([])
    const refused = await shop.astern(['deploy', 'v1.1.0', '--env', prod(), '--json'])
    expect(refused).toMatchObject({ code: 3, last: { error: { code: 'UNVERIFIED' } } })
    expect(refused.last['error'].message).toContain(`failed in ${staging()} (${failed.last['transaction_id']})`)
    expect((await shop.ask('deploy', 'v1.0.0', '--env', prod()))['outcome']).toBe('noop')
  })

  it('leaves nothing behind when it is interrupted, nor when it is killed', async () => {
    const verifying = async () => {
      await writeFile(join(shop.project, 'wait'), '')
      const running = await shop.begin(['verify', 'v1.0.0', '--env', staging()])
      await until('the check to ask', () => running.stdout().includes('api │ checked'))
      expect((await left()).length).toBeGreaterThan(3)
      return running
    }
    const interrupted = await verifying()
    interrupted.kill('SIGINT')
    expect((await interrupted.ended).code).toBe(4)
    expect(await left()).toEqual([])
    const killed = await verifying()
    killed.kill('SIGKILL')
    await killed.ended
    await rm(join(shop.project, 'wait')) // the program itself is nobody's any more
    await shop.ask('status')
    expect(await left()).toEqual([])
    const log = await shop.ask('log')
    expect(log['operations'].slice(0, 2)).toMatchObject([
      { operation: 'verify', outcome: 'failed' },
      { operation: 'verify', outcome: 'failed' },
    ])
  })
})

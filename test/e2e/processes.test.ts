// A service with a worker beside its web process, and one that has nothing else: released and rolled back as one, and never two that must not meet.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInstallation, type Installation } from './support/installation.ts'

const WORKER = { env: { PROBE_LOG: 'at work' } }

/** Names of running containers of the installation, `astern-…-` cut off: `r2-worker-1`. */
async function running(shop: Installation): Promise<string[]> {
  const label = `label=astern.installation=${shop.record().installation}`
  const format = '{{.Label "astern.replica"}}'
  const lines = await shop.docker('ps', '--filter', label, '--filter', 'status=running', '--format', format)
  return lines.split('\n').filter(Boolean).sort()
}

describe('a service with a worker', () => {
  let shop: Installation

  beforeAll(async () => {
    shop = await createInstallation()
    await shop.ask('up')
    await shop.deploy('v1', { processes: { worker: WORKER } })
  })
  afterAll(() => shop?.close())

  it('starts with its worker, and says so', async () => {
    expect(await running(shop)).toEqual(['r1-1', 'r1-worker-1'])
    expect(await shop.service()).toMatchObject({
      health: 'healthy',
      processes: [
        { process: 'web', running: 1, wanted: 1 },
        { process: 'worker', running: 1, wanted: 1 },
      ],
    })
  })

  it('hands the work over with the traffic', async () => {
    const planned = await shop.astern([...(await shop.prepare('v2', { processes: { worker: WORKER } })), '--dry-run'])
    expect(planned.stdout).toMatch(/^worker +the new one starts, then the old one stops$/m)
    expect(await shop.ask('deploy', 'v2')).toMatchObject({ outcome: 'succeeded' })
    expect(await running(shop)).toEqual(['r1-1', 'r2-1', 'r2-worker-1'])
  })

  it('goes back whole', async () => {
    expect(await shop.ask('rollback')).toMatchObject({ outcome: 'succeeded', rung: 'warm' })
    expect(await shop.visit()).toMatchObject({ release: 'v1' })
    expect(await running(shop)).toEqual(expect.arrayContaining(['r1-1', 'r1-worker-1']))
    expect(await running(shop)).not.toContain('r2-worker-1')
  })

  it('leaves the old release alone when the new worker does not keep running', async () => {
    const crashing = { ...WORKER, env: { PROBE_EXIT_AFTER_MS: '100', PROBE_EXIT_CODE: '3' } }
    const words = await shop.prepare('v3', { processes: { worker: crashing } })
    const failed = await shop.astern([...words, '--json'])
    expect(failed).toMatchObject({ code: 4, last: { error: { code: 'DEPLOY_FAILED' } } })
    expect(failed.last['error'].message).toMatch(/worker-1 did not become healthy.*exit code 3/s)
    expect(await shop.visit()).toMatchObject({ release: 'v1' })
    expect(await running(shop)).toEqual(['r1-1', 'r1-worker-1'])
  })
})

describe('a service that serves nobody', () => {
  let jobs: Installation

  beforeAll(async () => {
    jobs = await createInstallation()
  })
  afterAll(() => jobs?.close())

  it('is deployed and rolled back without a proxy', async () => {
    const worker = { port: undefined, health: undefined, processes: { worker: { ...WORKER, handover: 'stop_first' } } }
    await jobs.deploy('v1', worker)
    expect(await jobs.deploy('v2', worker)).toMatchObject({ proof: null, outcome: 'succeeded' })
    expect(await running(jobs)).toEqual(['r2-worker-1'])
    expect(await jobs.ask('rollback')).toMatchObject({ outcome: 'succeeded', rung: 'cold', to: { release: 'r1' } })
    expect(await running(jobs)).toEqual(['r1-worker-1'])
  })
})

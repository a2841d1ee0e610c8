// A shop whose orders are jobs in a real queue, and workers that do them: through deploys and rollbacks, whatever happens on the way, every job is done
// once, and after a rollback none by the release that was taken out.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Postgres, startPostgres } from '../fixtures/postgres.ts'
import { countJobs, migrateShop } from '../fixtures/shop-queue.ts'
import { shopImage } from './support/images.ts'
import { createInstallation, type Installation } from './support/installation.ts'
import type { Load } from './support/load.ts'
import { until } from './support/until.ts'

const ORDERS_PER_SECOND = 50
const ORDER = JSON.stringify({ customer: 'Ada', items: [{ product_id: 'compass', quantity: 1 }] })
/** So that workers are often told to stop with a job in hand. */
const JOB = { SHOP_FAULTS: 'slow=20ms' }
const DRAINED_WITHIN_MS = 60_000

type Handover = 'start_first' | 'stop_first'

describe('a shop with a queue', () => {
  let shop: Installation
  let database: Postgres
  let orders: Load

  beforeAll(async () => {
    shop = await createInstallation({ image: await shopImage('good') })
    await shop.ask('up')
    database = await startPostgres(shop.docker, `astern-${shop.record().installation}`)
    await migrateShop(shop.docker, database, await shopImage('good'))
    await deploy('r1')
    const post = { path: '/orders', body: ORDER }
    orders = await shop.load({ post, postEvery: 1, perSecond: ORDERS_PER_SECOND, get: '/products' })
    await untilAtWork('r1')
  })
  afterAll(async () => {
    await orders?.stop()
    await database?.remove()
    await shop?.close()
  })

  /** The name is what Astern will call the release. */
  async function prepare(name: string, handover: Handover = 'start_first'): Promise<string[]> {
    const worker = { command: ['/app', 'worker'], replicas: 2, handover, env: JOB, stop: { timeout: '10s' } }
    const env = { DATABASE_URL: database.url, SHOP_RELEASE: name }
    return shop.prepare(name, { env, processes: { worker } })
  }
  const deploy = async (name: string, handover?: Handover) => shop.ask(...(await prepare(name, handover)))

  /** How often a release has begun a job, and where its first and last stand in the order of all. */
  async function workOf(release: string) {
    const [work] = await database.query(`
      SELECT count(*) AS jobs, min(id) AS first, max(id) AS last FROM attempts WHERE release = '${release}'`)
    return work as { readonly jobs: number; readonly first: number | null; readonly last: number | null }
  }

  /** Waits until it does more jobs than it has done so far. */
  async function untilAtWork(release: string): Promise<void> {
    const { jobs } = await workOf(release)
    await until(`jobs of ${release}`, async () => (await workOf(release)).jobs > jobs + ORDERS_PER_SECOND / 5)
  }

  /** While another release goes on, it does nothing more. */
  async function expectRetired(release: string, other: string): Promise<void> {
    const before = await workOf(release)
    expect(before.jobs).toBeGreaterThan(0)
    await untilAtWork(other)
    expect(await workOf(release)).toEqual(before)
  }

  /** Kills the command when it has said that a step has come so far; the next command brings it to its end. */
  async function killedAt(words: readonly string[], said: RegExp): Promise<void> {
    const program = await shop.begin([...words, '--json'], {
      onOutput: (stdout, { kill }) => {
        if (said.test(stdout)) kill('SIGKILL')
      },
    })
    expect(await program.ended).toMatchObject({ signal: 'SIGKILL' })
    expect(shop.record().unfinished).toBe(1)
    await shop.ask('status')
    expect(shop.record().unfinished).toBe(0)
  }

  it('hands the queue to the new release, and back', async () => {
    await deploy('r2')
    await untilAtWork('r2')
    await expectRetired('r1', 'r2')
    expect(await shop.ask('rollback')).toMatchObject({ outcome: 'succeeded', to: { release: 'r1' } })
    await expectRetired('r2', 'r1')
  })

  it('never has two releases at work where the old one is to stop first', async () => {
    await deploy('r3', 'stop_first')
    await untilAtWork('r3')
    const old = await workOf('r1')
    expect(old.last).toBeLessThan((await workOf('r3')).first!)
    await deploy('r4', 'stop_first')
    await untilAtWork('r4')
    expect((await workOf('r3')).last).toBeLessThan((await workOf('r4')).first!)
    const handed = await workOf('r3')
    expect(await shop.ask('rollback', '--to', 'r3')).toMatchObject({ outcome: 'succeeded', to: { release: 'r3' } })
    await expectRetired('r4', 'r3')
    const again = await database.query(`
      SELECT min(id) AS first FROM attempts WHERE release = 'r3' AND id > ${handed.last}`)
    expect(again[0]?.['first']).toBeGreaterThan((await workOf('r4')).last!)
  })

  it('is handed over in the end when astern is killed in the middle', async () => {
    await killedAt(await prepare('r5'), /"status":"started","step":"demote"/)
    await untilAtWork('r5')
    await expectRetired('r3', 'r5')
    await killedAt(['rollback', '--to', 'r3'], /"status":"succeeded","step":"prove"/)
    await untilAtWork('r3')
    await expectRetired('r5', 'r3')
    expect(shop.record().resumed).toBe(2)
  })

  it('has done every job once, and none in vain', async () => {
    const answers = await orders.stop()
    expect(orders.failures()).toEqual([])
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
    await until('every job to be done', async () => (await countJobs(database)).undone === 0, DRAINED_WITHIN_MS)
    const count = answers.length
    expect(count).toBeGreaterThan(200)
    expect(await countJobs(database)).toEqual({ enqueued: count, done: count, doneTwice: 0, undone: 0, begun: count })
  })
})

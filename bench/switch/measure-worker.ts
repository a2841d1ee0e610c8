// Measures a warm way back of a service with a worker beside web, while the queue that it works on is never idle; then counts what became of each job.
import { networkName } from '../../src/drivers/docker/labels.ts'
import { psql, type Postgres, startPostgres } from '../../test/fixtures/postgres.ts'
import { countJobs, type JobCount, migrateShop } from '../../test/fixtures/shop-queue.ts'
import type { BenchContext } from '../bench.ts'
import { run, start, until } from '../command.ts'
import { startLoad } from '../load/start-load.ts'
import { GOOD, imageOf } from '../shop.ts'
import { spread } from '../statistics.ts'
import type { Arena } from './arena.ts'
import type { Counts } from './counts.ts'
import { goBackAgainAndAgain } from './measure-astern.ts'
import { report } from './progress.ts'
import { type RowHead, rowOf, type SwitchRow, trafficColumns } from './row.ts'

const JOBS_AT_MOST = 100_000
const JOB_EVERY_S = 0.02
const STOP_LIMIT_MS = 10_000
const DRAIN_LIMIT_MS = 30_000

export type WorkerMeasurement = {
  readonly row: SwitchRow
  readonly jobs: JobCount
  readonly notes: readonly string[]
}

export async function measureWorker(context: BenchContext, arena: Arena, counts: Counts): Promise<WorkerMeasurement> {
  // Without the signal: what it starts is taken away after an interruption too.
  const docker = async (...words: string[]) => (await run('docker', words)).stdout.trim()
  const postgres = await startPostgres(docker, networkName(arena.installation.open().store.installation))
  const remove = context.cleanup.add('PostgreSQL', () => postgres.remove())
  await migrateShop(docker, postgres, imageOf(GOOD))
  await arena.begin('warm', postgres.url)
  const producer = startProducer(context, postgres)
  const load = startLoad(context, 'constant', arena.url, 'astern-worker')
  const { inProcess, commands } = await goBackAgainAndAgain(arena, counts, counts.worker)
  const traffic = await load.stop()
  await producer.stop()
  const jobs = await settled(context, postgres)
  await remove()
  const head: RowHead = { case: 'warm', subject: 'astern+worker', load: 'constant', runs: commands.length }
  const row = rowOf(head, { in_process_ms: spread(inProcess), ...trafficColumns(commands, traffic) })
  report(context, [row], traffic)
  context.say(`  ${outcomeOf(jobs)}`)
  return { row, jobs, notes: [outcomeOf(jobs)] }
}

function outcomeOf({ enqueued, done, doneTwice, undone, begun }: JobCount): string {
  return `jobs of the worker: enqueued ${enqueued} · done ${done} · done twice ${doneTwice} · lost ${undone} · begun anew ${begun - done}, where the bad release died on SIGTERM with one in hand`
}

/** It works in the database itself, so that the measuring process has nothing to do with it. */
function startProducer({ cleanup, signal }: BenchContext, { container, query }: Postgres) {
  const enqueue = `DO $$ BEGIN
    FOR number IN 1..${JOBS_AT_MOST} LOOP
      EXIT WHEN to_regclass('enough') IS NOT NULL;
      INSERT INTO orders (id, customer, items, total_cents, placed_at) VALUES (number, 'bench', '[]', 100, now());
      INSERT INTO jobs (order_id) VALUES (number);
      COMMIT;
      PERFORM pg_sleep(${JOB_EVERY_S});
    END LOOP;
  END $$`
  const { child } = start(cleanup, 'docker', ['exec', container, ...psql, '--command', enqueue], { stdio: 'ignore' })
  return {
    async stop() {
      if (child.exitCode !== null) throw new Error(`whoever enqueues jobs ended by itself with ${child.exitCode}`)
      await query('CREATE TABLE enough ()')
      await until('the last job to be enqueued', STOP_LIMIT_MS, signal, () => (child.exitCode === null ? null : true))
      if (child.exitCode !== 0) throw new Error(`whoever enqueues jobs ended with ${child.exitCode}`)
    },
  }
}

/** What is not done in that time is lost. */
async function settled({ signal }: BenchContext, postgres: Postgres): Promise<JobCount> {
  const deadline = performance.now() + DRAIN_LIMIT_MS
  return until('the jobs to be counted', 2 * DRAIN_LIMIT_MS, signal, async () => {
    const jobs = await countJobs(postgres)
    return jobs.undone === 0 || performance.now() > deadline ? jobs : null
  })
}

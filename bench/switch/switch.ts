// How long it takes to go back, and what it costs the users: Astern from each rung, under a constant load and under as much as goes through, with a
// worker, with five services as one, beside the engine's own share, a script and Swarm.
import type { BenchContext } from '../bench.ts'
import { run } from '../command.ts'
import { createEngine, engineSocket } from '../engine-api.ts'
import type { LoadName } from '../load/load.ts'
import { needWrk } from '../load/wrk.ts'
import type { Measured } from '../report.ts'
import { secondEngineMissing } from '../rivals/second-engine.ts'
import { measureScript } from '../rivals/script.ts'
import { createSwarm } from '../rivals/swarm.ts'
import { buildShop } from '../shop.ts'
import { createArena } from './arena.ts'
import { type Counts, full, quick } from './counts.ts'
import { goals } from './goals.ts'
import { measureAstern, measureServe } from './measure-astern.ts'
import { measureSet } from './measure-set.ts'
import { measureWorker } from './measure-worker.ts'
import { rungs, type SwitchRow } from './row.ts'

/** The goals are those of the first. */
const LOADS: readonly LoadName[] = ['constant', 'saturating']

export async function measureSwitch(context: BenchContext): Promise<Measured> {
  const counts = context.quick ? quick : full
  await needWrk(context)
  await buildShop(context)
  const rows: SwitchRow[] = []
  const details: string[] = []
  const notes: string[] = []
  const engine = createEngine(engineSocket(process.env))
  const arena = await createArena(context)
  for (const load of LOADS) {
    for (const rung of rungs) {
      if (counts.astern[load][rung] === 0) continue
      const measurement = await measureAstern(context, arena, engine, { rung, load, counts })
      rows.push(...measurement.rows)
      details.push(...measurement.notes)
    }
    if (counts.serve[load] > 0) rows.push(await measureServe(context, arena, { load, counts }))
  }
  const worker = await measureWorker(context, arena, counts)
  rows.push(worker.row)
  details.push(...worker.notes)
  rows.push(await measureSet(context, counts))
  for (const load of LOADS)
    if (counts.script[load] > 0) rows.push(await measureScript(context, load, counts.script[load]))
  const swarmMissing = context.quick ? '--quick leaves it out' : secondEngineMissing()
  if (swarmMissing === null) rows.push(...(await swarmRows(context, counts)))
  else notes.push(`no swarm: ${swarmMissing}`)
  const byLoad = rows.toSorted((a, b) => LOADS.indexOf(a.load) - LOADS.indexOf(b.load))
  return {
    rows: byLoad,
    goals: goals(byLoad, { swarm: swarmMissing === null, jobs: worker.jobs }),
    notes: [...explanations, ...notes, ...details],
    versions: await versions(context),
  }
}

async function swarmRows(context: BenchContext, counts: Counts): Promise<SwitchRow[]> {
  const swarm = await createSwarm(context)
  const rows: SwitchRow[] = []
  for (const load of LOADS) if (counts.swarm[load] > 0) rows.push(await swarm.measure(load, counts.swarm[load]))
  return rows
}

async function versions({ signal }: BenchContext): Promise<Record<string, string>> {
  const docker = await run('docker', ['version', '--format', '{{.Server.Version}}'], { signal })
  const proxy = await run('docker', ['run', '--rm', 'haproxy:3.2', 'haproxy', '-v'], { signal, anyStatus: true })
  return { docker: docker.stdout.trim(), haproxy: /version (\S+)/.exec(proxy.stdout)?.[1] ?? 'unknown' }
}

const explanations = [
  'numbers are p50 / p99 in ms, nearest rank: below 100 runs p99 is the worst run',
  'in_process_ms of astern: from the request to the answer of HAProxy that it does what is wanted, reading, deciding and the durable intent included, in a process that has looked at the proxy within the last second as the daemon does; of engine: start (cold), create and start (retired), thaw (frozen) of two containers like ours, under the same load between the same runs, until both answer',
  'command_ms: bin/astern rollback --json as a process, proof included, from its start to its end; without a daemon, or as a client of astern serve',
  'first_old_ms, last_bad_ms: from the start of the command to the end of the first answer of the old release, of the last one of the bad release',
  'sent, failed: every request while the row was measured, the deploys between the runs included; half are POST. The bad release fails nothing by itself and dies on SIGTERM',
  'constant: vegeta, 1,000 requests/s; saturating: wrk, 32 connections, keep-alive',
  'astern+worker: a worker beside web, cold on standby, takes over jobs of a queue in PostgreSQL, 50 a second; command_ms ends when the old one has it again and the bad one is stopped',
  'astern+set: astern rollback --set of five services, 1 replica each; the load is on the one whose users are moved last',
  'script: docker stop, rm, run of one container on a published port. swarm: docker service rollback, 2 replicas, its own defaults',
]

// That it goes back by itself: how soon, at what cost to users, what the proxy does alone, and what all of that costs while nothing is wrong.
import type { BenchContext } from '../bench.ts'
import { run } from '../command.ts'
import { createEngine, engineSocket } from '../engine-api.ts'
import { needWrk } from '../load/wrk.ts'
import type { Measured } from '../report.ts'
import { buildShop, GOOD } from '../shop.ts'
import { createTrialArena } from './arena.ts'
import { type Counts, full, quick } from './counts.ts'
import { goals } from './goals.ts'
import { measureKilled } from './measure-killed.ts'
import { measureOverhead } from './measure-overhead.ts'
import { measureServices } from './measure-services.ts'
import { measureBad, measureGood, stableFaultsOf, startRequests } from './measure-trials.ts'
import type { AutopilotRow, BadCase, Known, TrialRow } from './row.ts'

/** Of the release that one learns from: few, and each alone. */
const LONE_ERRORS = 'fail=0.5%'
const CALIBRATION_LOAD = 1_000

/** Parts that can be measured alone: ASTERN_BENCH_PARTS=trials,killed */
const PARTS = ['trials', 'killed', 'overhead', 'services'] as const

export async function measureAutopilot(context: BenchContext): Promise<Measured> {
  const counts = context.quick ? quick : full
  const asked = process.env['ASTERN_BENCH_PARTS']?.split(',') ?? PARTS
  const rows: AutopilotRow[] = []
  await needWrk(context)
  await buildShop(context)
  if (asked.includes('trials')) rows.push(...(await trials(context, counts)))
  if (asked.includes('killed')) rows.push(...(await killed(context, counts)))
  if (asked.includes('overhead')) rows.push(...(await measureOverhead(context, counts.overhead)))
  const services = asked.includes('services') ? await measureServices(context, counts.services) : null
  rows.push(...(services?.rows ?? []))
  return {
    rows,
    goals: goals(rows),
    notes: [...explanations, ...(services?.notes ?? [])],
    versions: await versions(context),
  }
}

async function trials(context: BenchContext, counts: Counts): Promise<TrialRow[]> {
  const rows: TrialRow[] = []
  const arena = await createTrialArena(context, 'trials')
  const measure = async (bad: BadCase, load: number, known: Known, runs: number) =>
    void rows.push(await measureBad(context, arena, bad, { load, known, runs }))
  let serving: string | null = null
  for (const [load, cases] of loads(counts.bad)) {
    for (const [bad, runs] of Object.entries(cases) as [BadCase, number][]) {
      const faults = stableFaultsOf(bad)
      if (serving !== faults) await arena.serve({ tag: GOOD.tag, faults })
      serving = faults
      await measure(bad, load, 'nothing', runs)
    }
  }
  await arena.serve({ tag: GOOD.tag, faults: '' })
  for (const [load, runs] of loads(counts.good))
    rows.push(await measureGood(context, arena, { load, known: 'nothing', runs }))
  const calibrating = startRequests(context, arena, CALIBRATION_LOAD)
  await arena.serve({ tag: GOOD.tag, faults: LONE_ERRORS })
  await arena.serve({ tag: GOOD.tag, faults: LONE_ERRORS }, counts.calibrationBake)
  await calibrating.stop()
  for (const [load, cases] of loads(counts.calibrated))
    for (const [bad, runs] of Object.entries(cases) as [BadCase, number][]) await measure(bad, load, 'alone', runs)
  return rows
}

function loads<T>(by: Readonly<Partial<Record<number, T>>>): [load: number, T][] {
  return Object.entries(by).map(([load, what]) => [Number(load), what as T])
}

async function killed(context: BenchContext, { kills: runs }: Counts): Promise<AutopilotRow[]> {
  const arena = await createTrialArena(context, 'killed')
  const engine = createEngine(engineSocket(process.env))
  return [
    await measureKilled(context, arena, engine, { runs, daemon: false }),
    await measureKilled(context, arena, engine, { runs, daemon: true }),
  ]
}

async function versions({ signal }: BenchContext): Promise<Record<string, string>> {
  const docker = await run('docker', ['version', '--format', '{{.Server.Version}}'], { signal })
  const proxy = await run('docker', ['run', '--rm', 'haproxy:3.2', 'haproxy', '-v'], { signal, anyStatus: true })
  return { docker: docker.stdout.trim(), haproxy: /version (\S+)/.exec(proxy.stdout)?.[1] ?? 'unknown' }
}

const explanations = [
  'pairs of numbers are p50 / p99, nearest rank: below 100 runs p99 is the worst run',
  'trials: vegeta, GET and POST in turn, 2 replicas on each side, a canary of 5 % that begins from nothing, bin/astern deploy without a daemon; the stable release fails nothing, or, where its errors come alone, 0.5 %',
  'first_bad_to_back_ms, candidate_requests: from the first bad answer of the candidate (the shield may hide it from users; the shop notes it) to its last answer, and how many it gave until then; decided_ms: until the rollback is in the journal',
  'user_failures: no answer or 5xx, without what the stable release failed by itself (stable_failures); a 404 is an answer, which no shield replaces',
  'φ: 3 where nothing is known of the stable release; else from its errors while it was baking itself',
  'all replicas killed: SIGKILL to both containers at once under 1,000 requests/s; failed: within 3 s',
  "overhead: wrk, 32 connections, keep-alive, GET, HAProxy as Astern's; no rules: as rendered before there were trials; rules: without a trial; trial, bake: 5 and 99 % by draw, shield and counters on, read every 500 ms; each held against the same share by weight, without rules; in turn, medians. In a bake nearly every request is kept until it is answered, should it have to be sent again: that has no goal, and costs more",
  '200 services: CPU of astern serve by /proc; every service has a release that serves and one on standby, or held back in the bake; the engine is a stand-in that answers at once',
]

// The runs of schedules: who takes a tick, and what becomes of its container. It takes no lease: nobody waits for a report.
// Invariants: a tick is claimed durably before its container is made, and the start is noted durably before the engine is asked for it; so whoever
// comes after a crash starts only what can never have run, and takes over or gives up on the rest. No tick runs twice.
import { isAsternError, reasonOf } from '../core/errors.ts'
import type { JournalEvent } from '../core/journal-event.ts'
import type { Outcome, Release, Scope, Schedule } from '../core/model.ts'
import { releaseName } from '../core/model.ts'
import { LATE_MS, type Missed, turnOf } from '../core/schedule.ts'
import type { OneOffSeen, ReplicaName, Runtime } from '../ports/runtime.ts'
import type { RunOutcome, ScheduledRun, StopWhy, Tick } from '../store/scheduled-runs.ts'
import type { App } from './app.ts'
import { oneOffSpec, removeOneOffs } from './one-offs.ts'
import { newTransactionId, NO_EPOCH, recordEnd, recorder } from './operation.ts'
import { hiderOf } from './replica-spec.ts'
import { bringImage } from './bring-image.ts'
import { ticksOf } from './ticks.ts'

const ACTOR = 'astern'
/** What is journalled of a run's output. */
const LAST_LINES = 20
const LONGEST_LINE = 500
/** An engine that was asked to start a container, and has not begun after this, never will. */
const START_WITHIN_MS = 15_000

/** The schedules of the release that serves. */
export function schedulesNow(app: App, scope: Scope): { release: Release; process: string; schedule: Schedule }[] {
  const active = app.store.services.get(scope)?.active ?? null
  const release = active === null ? null : app.store.releases.get(scope, active)
  if (release === null) return []
  return release.config.processes.flatMap(({ name, schedule }) =>
    schedule === null ? [] : [{ release, process: name, schedule }],
  )
}

/** Claims what is due, and notes what was missed. Asks nobody but the state. */
export function claimDue(app: App, scope: Scope): void {
  const { store, clock } = app
  for (const { release, process, schedule } of schedulesNow(app, scope)) {
    // Until its switch is proven it is nobody's turn.
    if (release.state !== 'active') continue
    const nowAt = clock.now()
    const asked = { nowAt, activeAt: release.activeAt ?? release.createdAt }
    const turn = () =>
      turnOf({ ...asked, lastTickAt: store.scheduledRuns.lastTickAt(scope, process, nowAt) }, ticksOf(schedule))
    const { dueAt, missed } = turn()
    if (dueAt === null && missed === null) continue
    store.transaction(() => {
      const { dueAt, missed } = turn()
      if (missed !== null) skip(app, tickOf(app, release, process, missed.lastAt), wasMissed(missed))
      if (dueAt === null) return
      const before = store.scheduledRuns.open().find((run) => isOf(run, scope, process))
      const tick = tickOf(app, release, process, dueAt)
      if (before === undefined) claim(app, tick)
      else skip(app, tick, { reason: `the run of ${isoOf(before.tickAt)} has not ended`, run: before.transactionId })
    })
  }
}

function isOf(run: Tick, { service, environment }: Scope, process: string): boolean {
  return run.service === service && run.environment === environment && run.process === process
}

function tickOf(app: App, { service, environment, number }: Release, process: string, tickAt: number): Tick {
  const minute = isoOf(tickAt).slice(0, 'YYYY-MM-DDTHH:MM'.length).replaceAll(/\D/g, '')
  const name = `${process}-${minute}`
  return { service, environment, process, tickAt, release: number, transactionId: newTransactionId(app), name }
}

function isoOf(at: number): string {
  return new Date(at).toISOString()
}

function wasMissed({ count, firstAt, lastAt }: Missed): JournalEvent['detail'] {
  const reason = 'no astern serve was there in time'
  return { reason, missed: count, first: isoOf(firstAt), last: isoOf(lastAt) }
}

/** Within a transaction. */
function claim(app: App, tick: Tick): void {
  const { store } = app
  if (!store.scheduledRuns.claim(tick)) return
  open(app, tick)
  store.oneOffs.insert(tick)
  record(app, tick, { status: 'started' })
}

/** Within a transaction. The tick is decided for, and nothing is run. */
function skip(app: App, tick: Tick, detail: JournalEvent['detail']): void {
  const { store, clock } = app
  if (!store.scheduledRuns.claim(tick)) return
  open(app, tick)
  store.scheduledRuns.end(tick, { outcome: 'skipped', exitCode: null, startedAt: null, endedAt: clock.now() })
  record(app, tick, { status: 'skipped', level: 'warn', detail })
  close(app, tick, 'noop', detail)
}

function open(app: App, tick: Tick): void {
  const { service, environment, transactionId, release } = tick
  const startedAt = app.clock.now()
  const { operations } = app.store
  operations.insert({ service, environment, transactionId, kind: 'schedule', actor: ACTOR, reason: null, startedAt })
  operations.setRelease(transactionId, release)
}

function recorderOf(app: App, tick: Tick) {
  return recorder(app, { ...tick, kind: 'schedule', actor: ACTOR, epoch: NO_EPOCH })
}

type Recorded = Pick<JournalEvent, 'status'> & Partial<Pick<JournalEvent, 'level' | 'detail'>> & { durationMs?: number }

function record(app: App, tick: Tick, { detail, ...event }: Recorded): void {
  const { process, release } = tick
  recorderOf(
    app,
    tick,
  )({
    step: 'schedule',
    key: `schedule:${process}`,
    release,
    detail: { process, tick: isoOf(tick.tickAt), ...detail },
    ...event,
  })
}

function close(app: App, tick: Tick, outcome: Outcome, detail: JournalEvent['detail']): void {
  // A command that fails is not Astern's failure.
  const level = outcome === 'succeeded' ? 'info' : 'warn'
  recordEnd(app, tick.transactionId, recorderOf(app, tick), { outcome, release: tick.release, level, detail })
}

/** Brings a run as far as it can be brought now. Safe to call at any time, by whoever finds it. Errors: those of the engine. */
export async function attend(app: App, run: ScheduledRun, signal: AbortSignal): Promise<void> {
  const release = app.store.releases.get(run, run.release)
  const config = release?.config.processes.find(({ name }) => name === run.process)
  if (release === null || config === undefined) return giveUp(app, run, 'unknown', 'its release is gone')
  const why = whyStop(app, run, release)
  if (run.state === 'claimed') {
    if (why === 'rollback') return giveUp(app, run, 'stopped', wasTakenOut(release))
    return begin(app, run, release, signal)
  }
  const runtime = await app.runtime()
  const seen = await runtime.seeOneOff(run)
  if (seen === null) return giveUp(app, run, 'unknown', 'its container is gone')
  if (seen.status === 'ended') return finish(app, run, release, runtime, seen)
  if (seen.status === 'created') {
    const waitedMs = app.clock.now() - (run.askedAt ?? 0)
    if (waitedMs > START_WITHIN_MS) await giveUp(app, run, 'unknown', 'nobody knows whether it was started')
    return
  }
  const late =
    app.clock.now() - (seen.startedAt ?? run.askedAt ?? run.tickAt) >= (config.schedule?.timeoutMs ?? Infinity)
  const stopping = run.stopping ?? why ?? (late ? 'timeout' : null)
  if (stopping === null) return
  app.store.transaction(() => app.store.scheduledRuns.stop(run, stopping))
  await runtime.stopOneOff(nameOf(run, release))
}

/** A release that was rolled back from is bad, and so is what it goes on to do. One that was followed by another may finish. */
function whyStop(app: App, run: ScheduledRun, release: Release): StopWhy | null {
  return release.rolledBack && app.store.services.get(run)?.active !== run.release ? 'rollback' : null
}

function wasTakenOut({ number }: Release): string {
  return `${releaseName(number)} was rolled back from`
}

function nameOf(run: Tick, { config }: Release): ReplicaName {
  const { service, environment, name, release, process } = run
  const { stop } = config.processes.find((one) => one.name === process) ?? config
  return { service, environment, name, release, stop }
}

/** Its container can never have run: it is made and started, if it is not too late. */
async function begin(app: App, run: ScheduledRun, release: Release, signal: AbortSignal): Promise<void> {
  const { store, clock } = app
  try {
    const runtime = await app.runtime()
    const { name, transactionId, process } = run
    await bringImage(app, signal, release)
    await runtime.ensureNetwork()
    const wanted = { name, transactionId, process, argv: null, keepCurrent: true }
    await runtime.ensureOneOffCreated(await oneOffSpec(app, release, wanted, runtime))
    if (!store.transaction(() => store.scheduledRuns.ask(run, clock.now()))) return
    await runtime.startOneOff(nameOf(run, release))
  } catch (error) {
    // What refuses to start, refuses again.
    const mayWork = !isAsternError(error) || (error.retryable && error.code !== 'START_FAILED')
    if (mayWork && clock.now() - run.tickAt <= LATE_MS) throw error
    await giveUp(app, run, 'failed', hiderOf(app, run, run.release)(reasonOf(error)))
  }
}

/** It ended, and says how. */
async function finish(
  app: App,
  run: ScheduledRun,
  release: Release,
  runtime: Runtime,
  seen: OneOffSeen,
): Promise<void> {
  const hide = hiderOf(app, run, run.release)
  const output = (await runtime.readOneOff(run, LAST_LINES)).map((line) => hide(line).slice(0, LONGEST_LINE))
  const outcome: RunOutcome =
    run.stopping === 'rollback'
      ? 'stopped'
      : run.stopping === 'timeout'
        ? 'timed_out'
        : seen.exitCode === 0
          ? 'succeeded'
          : 'failed'
  const reason = run.stopping === 'rollback' ? { reason: wasTakenOut(release) } : {}
  const detail = {
    exit_code: seen.exitCode,
    ...(outcome === 'timed_out' ? { timed_out: true } : {}),
    ...(seen.oomKilled ? { oom_killed: true } : {}),
    ...reason,
  }
  await end(app, run, { outcome, seen, detail, output })
}

/** Nobody will ever know more of it. */
function giveUp(app: App, run: ScheduledRun, outcome: RunOutcome, reason: string): Promise<void> {
  return end(app, run, { outcome, seen: null, detail: { reason }, output: null })
}

type Ending = {
  readonly outcome: RunOutcome
  readonly seen: OneOffSeen | null
  readonly detail: JournalEvent['detail']
  readonly output: readonly string[] | null
}

async function end(app: App, run: ScheduledRun, { outcome, seen, detail, output }: Ending): Promise<void> {
  const { store, clock } = app
  const startedAt = seen?.startedAt ?? null
  const endedAt = seen?.endedAt ?? clock.now()
  store.transaction(() => {
    if (!store.scheduledRuns.end(run, { outcome, exitCode: seen?.exitCode ?? null, startedAt, endedAt })) return
    const succeeded = outcome === 'succeeded'
    record(app, run, {
      status: succeeded ? 'succeeded' : 'failed',
      detail: { ...detail, ...(output === null ? {} : { output }) },
      ...(startedAt === null ? {} : { durationMs: endedAt - startedAt }),
    })
    close(app, run, succeeded ? 'succeeded' : 'failed', detail)
  })
  // What cannot be removed now is overdue work: its operation has ended.
  await removeOneOffs(app, run, [run]).catch(() => {})
}

// The rehearsal's result for machines, out/demo/report.json. Its names are what other tools and later versions are compared by:
//
//   schema                     1; grows when a field changes its meaning
//   ok                         every check below holds
//   started_at                 ISO 8601, UTC; when the load began. Every `at_ms` counts from here (negative: before the load)
//   machine                    cpu, cores, memory_mib, system, kernel, node, docker, load_average (before the rehearsal)
//   notes                      what to know before the times are compared
//   load                       target, rate_per_s (asked for), achieved_per_s, seconds, sent (requests), lost,
//                              methods (in turn)
//   releases.good, .bad        version, release (Astern's number), faults (built in; null: none)
//   phases.before              the good release, until `astern deploy` of the bad one begins
//   phases.deploying           while that command runs
//   phases.bad                 the bad release, until `astern rollback` begins
//   phases.rolling_back        while that command runs
//   phases.after               the good release again
//     .requests                sent in that time
//     .failed                  of them not answered well; lost ones are among them
//     .lost                    of them not answered by the service, cut short, answered by the proxy itself, or failed by the good release
//     .success_rate            from 0 to 1; null without requests, as are all that follow
//     .mean_ms .p50_ms .p95_ms .p99_ms   response times
//   rollback, deploy           the two switches under load
//     .transaction_id          for `astern log TX`; null when it could not be read
//     .at_ms                   when the command began
//     .command_ms              from then to its exit, the start of the process included
//     .requests                that ended from the start of the command until the next command or the end of the load
//     .lost, .lost_posts       of those; never counted are failures that the bad release was built to have
//     .losses                  [{what, count}], why they were lost
//     .journal                 Astern's own record: [{step, status, at_ms, duration_ms}]
//     .in_process_ms           what its steps up to the proof took together; null when it could not be read
//   rollback.first_old_ms      from the start of the command to the first answer of the old release
//   rollback.last_bad_ms       … to the sending of the last request that the bad release still answered; 0 when there was none
//   deploy.first_new_ms, .last_old_ms   the same, forward
//   trials.bad, .good          two deploys on trial afterwards, with nobody at the keyboard, each under a load of its own at the same rate
//     .version, .release, .faults, .against (the version that users had before), .command, .at_ms, .command_ms, .exit
//     .verdict, .rule, .says   what Astern says of it, in one word, by which rule, and in one sentence
//     .rollback_transaction_id of the rollback that Astern began by itself; null: there was none
//     .active                  version that is active afterwards
//     .users                   what they saw: requests, gets, gets_failed, posts, posts_failed, lost, p99_ms
//     .greatest_share          the most that the release got, from 0 to 1
//     .requests, .failures     by the proxy's count, from the first look on: what it answered, and failed; the shield hides some of
//                              that from users
//     .on_trial_ms             from the start of the command to the first look at it; null: there was none
//     .first_bad_ms            from the start of the command to its first bad answer, at the latest; null: there was none
//     .gone_ms                 … until nobody met it any more; null: it still serves, or never failed
//     .bad_for_ms              from the one to the other
//     .enough                  log10 of the evidence that is enough to go back
//     .evidence                per look, folded again from Astern's facts: [{at_ms, share, requests, failures, evidence, maximum}];
//                              the last two are log10 of odds
//   checks                     [{name, title, ok, detail}]
//   steps                      every Astern command: [{command, at, at_ms, duration_ms, exit}]
//   timeline                   per 100 ms, by when requests were sent: [{at_ms, good, bad, failed, lost, p50_ms, p99_ms}]
//   around_rollback            every request sent from 200 ms before it until 200 ms after, or until it had returned:
//                              [{at_ms (from the start of the command), took_ms, version, fate}]
import type { Analysis, Phase, Switch, Versions } from './analyse.ts'
import type { Check } from './checks.ts'
import type { Trials } from './checks-trial.ts'
import type { Version } from './images.ts'
import { busyNote, type Machine } from './machine.ts'
import type { Operation } from './operation.ts'
import type { Bucket, Dot } from './timeline.ts'
import type { Trial } from './trial.ts'

export type Step = {
  readonly command: string
  readonly startMs: number
  readonly endMs: number
  readonly exit: number
}

export type Findings = {
  readonly machine: Machine
  readonly target: string
  readonly ratePerSecond: number
  readonly loadStartMs: number
  readonly versions: Versions
  readonly good: Version & { readonly release: string | null }
  readonly bad: Version & { readonly release: string | null }
  readonly analysis: Analysis
  readonly deploy: { readonly startMs: number; readonly operation: Operation | null }
  readonly rollback: { readonly startMs: number; readonly operation: Operation | null }
  readonly trials: Trials
  readonly checks: readonly Check[]
  readonly steps: readonly Step[]
  readonly timeline: readonly Bucket[]
  readonly around: readonly Dot[]
}

export type Report = ReturnType<typeof reportOf>

export function reportOf(findings: Findings) {
  const { analysis, loadStartMs, machine, checks } = findings
  const { phases } = analysis
  const sinceLoad = (ms: number) => round(ms - loadStartMs)
  const release = ({ tag, faults, release }: Findings['good']) => ({ version: tag, release, faults })
  const journal = ({ operation }: Findings['deploy']) => ({
    in_process_ms: round(operation?.toProofMs ?? null),
    journal: (operation?.steps ?? []).map(({ step, status, atMs, durationMs }) => ({
      step,
      status,
      at_ms: sinceLoad(atMs),
      duration_ms: round(durationMs),
    })),
  })
  return {
    schema: 1,
    ok: checks.every(({ ok }) => ok),
    started_at: new Date(loadStartMs).toISOString(),
    machine: {
      cpu: machine.cpu,
      cores: machine.cores,
      memory_mib: machine.memoryMib,
      system: machine.system,
      kernel: machine.kernel,
      node: machine.node,
      docker: machine.docker,
      load_average: round(machine.loadAverage),
    },
    notes: [busyNote(machine)].filter((note) => note !== null),
    load: {
      target: findings.target,
      methods: ['GET /products', 'POST /orders'],
      rate_per_s: findings.ratePerSecond,
      achieved_per_s: analysis.loadMs === 0 ? null : round(((analysis.sent - 1) * 1_000) / analysis.loadMs),
      seconds: round(analysis.loadMs / 1_000),
      sent: analysis.sent,
      lost: analysis.lost,
    },
    releases: { good: release(findings.good), bad: release(findings.bad) },
    phases: {
      before: phase(phases.before),
      deploying: phase(phases.deploying),
      bad: phase(phases.bad),
      rolling_back: phase(phases.rollingBack),
      after: phase(phases.after),
    },
    rollback: {
      transaction_id: findings.rollback.operation?.transactionId ?? null,
      at_ms: sinceLoad(findings.rollback.startMs),
      ...switchFields(analysis.rollback),
      first_old_ms: round(analysis.rollback.firstNewMs),
      last_bad_ms: round(analysis.rollback.lastOldMs),
      ...journal(findings.rollback),
    },
    deploy: {
      transaction_id: findings.deploy.operation?.transactionId ?? null,
      at_ms: sinceLoad(findings.deploy.startMs),
      ...switchFields(analysis.deploy),
      first_new_ms: round(analysis.deploy.firstNewMs),
      last_old_ms: round(analysis.deploy.lastOldMs),
      ...journal(findings.deploy),
    },
    trials: { bad: trialFields(findings.trials.bad, sinceLoad), good: trialFields(findings.trials.good, sinceLoad) },
    checks,
    steps: findings.steps.map(({ command, startMs, endMs, exit }) => ({
      command,
      at: new Date(startMs).toISOString(),
      at_ms: sinceLoad(startMs),
      duration_ms: round(endMs - startMs),
      exit,
    })),
    timeline: findings.timeline.map(({ atMs, good, bad, failed, lost, p50Ms, p99Ms }) => ({
      at_ms: atMs,
      good,
      bad,
      failed,
      lost,
      p50_ms: round(p50Ms),
      p99_ms: round(p99Ms),
    })),
    around_rollback: findings.around.map(({ atMs, tookMs, version, fate }) => ({
      at_ms: round(atMs),
      took_ms: round(tookMs),
      version,
      fate,
    })),
  }
}

/** From typing the command until the old release answered and no request met the bad one any more. */
export function backMs(rollback: { first_old_ms: number | null; last_bad_ms: number }): number | null {
  return rollback.first_old_ms === null ? null : Math.max(rollback.first_old_ms, rollback.last_bad_ms)
}

export type TrialReport = ReturnType<typeof trialFields>

function trialFields(trial: Trial, sinceLoad: (ms: number) => number) {
  const { version, faults, against, command, startMs, exit, told, rollback, users, firstBadMs, goneMs } = trial
  return {
    version,
    release: told?.release ?? null,
    faults,
    against,
    command,
    at_ms: sinceLoad(startMs),
    command_ms: round(trial.endMs - startMs),
    exit,
    verdict: told?.verdict ?? null,
    rule: told?.rule ?? null,
    says: told?.sentence ?? null,
    rollback_transaction_id: rollback?.transactionId ?? null,
    active: trial.active,
    users: {
      requests: users.requests,
      gets: users.gets,
      gets_failed: users.getsFailed,
      posts: users.posts,
      posts_failed: users.postsFailed,
      lost: users.lost,
      p99_ms: round(users.p99Ms),
    },
    greatest_share: trial.greatestShare,
    requests: told?.requests ?? 0,
    failures: told?.failures ?? 0,
    on_trial_ms: told?.evidence[0] === undefined ? null : round(told.evidence[0].sinceMs - startMs),
    first_bad_ms: firstBadMs === null ? null : round(firstBadMs - startMs),
    gone_ms: goneMs === null ? null : round(goneMs - startMs),
    bad_for_ms: firstBadMs === null || goneMs === null ? null : round(Math.max(0, goneMs - firstBadMs)),
    enough: told === null ? null : round(told.enough),
    evidence: (told?.evidence ?? []).map(({ atMs, share, requests, failures, evidence, maximum }) => ({
      at_ms: sinceLoad(atMs),
      share,
      requests,
      failures,
      evidence: round(evidence),
      maximum: round(maximum),
    })),
  }
}

function phase({ requests, failed, lost, successRate, meanMs, p50Ms, p95Ms, p99Ms }: Phase) {
  return {
    requests,
    failed,
    lost,
    success_rate: successRate,
    mean_ms: round(meanMs),
    p50_ms: round(p50Ms),
    p95_ms: round(p95Ms),
    p99_ms: round(p99Ms),
  }
}

function switchFields({ commandMs, requests, lost, lostPosts, losses }: Switch) {
  return { command_ms: round(commandMs), requests, lost, lost_posts: lostPosts, losses }
}

/** To the microsecond, which is more than was measured. */
function round(value: number): number
function round(value: number | null): number | null
function round(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1_000) / 1_000
}

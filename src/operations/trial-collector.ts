// Collects what a look does not wait for: how replicas fare, what signals say, and answers to Astern's own probes where users are too few.
// Invariants: one question of each kind is on its way at a time; what hangs is given up, and says nothing.
import type { Scope } from '../core/model.ts'
import { hasWeb } from '../core/processes.ts'
import type { Case, Fact } from '../core/verdict/case.ts'
import type { ProbeCounts, Tick } from '../core/verdict/counts.ts'
import { crashesBetween } from '../core/verdict/crashes.ts'
import type { ReplicaStats } from '../ports/runtime.ts'
import type { Trial } from '../store/trials.ts'
import type { App } from './app.ts'

/** How often replicas are looked at: a leak may kill within a minute, and a bake lasts longer. */
const STATS_EVERY_MS = { young: 250, canary: 1_000, bake: 10_000 } as const
/** A leak that kills within seconds shows in the first minutes. */
const YOUNG_MS = 120_000
const STATS_WITHIN_MS = 5_000
/** Where users sent the candidate fewer requests than this since it was looked at last, probes are sent. */
const QUIET_REQUESTS = 1
const PROBE_EVERY_MS = { canary: 1_000, bake: 5_000 } as const

export type Collector = {
  /** Asks whatever is due. Returns at once. */
  nudge(trial: Trial, known: Case): void
  hasSome(): boolean
  /** What came in since it was last asked for. */
  facts(): Fact[]
  probes(): Tick['probes']
}

type Probed = { candidate: ProbeCounts; stable: ProbeCounts }

export function createCollector(
  app: App,
  { service, environment, release }: Scope & Pick<Trial, 'release'>,
): Collector {
  const scope = { service, environment }
  const { clock, store } = app
  const candidate = store.releases.get(scope, release)
  const takesRequests = candidate !== null && hasWeb(candidate.config)
  const dueAt = new Map<string, number>()
  const asking = new Set<string>()
  let facts: Fact[] = []
  let probed: Probed | null = null
  let stats: readonly ReplicaStats[] | null = null
  let answeredAtProbe = 0

  /** Nobody waits for it, and its failure is silence. */
  function ask(what: string, everyMs: number, work: (signal: AbortSignal) => Promise<void>, withinMs = everyMs): void {
    const nowMs = clock.monotonic()
    if (asking.has(what) || nowMs < (dueAt.get(what) ?? 0)) return
    asking.add(what)
    dueAt.set(what, nowMs + everyMs)
    const done = new AbortController()
    const late = new AbortController()
    clock.sleep(withinMs, done.signal).then(
      () => late.abort(new Error('it took too long')),
      () => {},
    )
    // not at once: whoever asks may be in the middle of a commit
    Promise.resolve()
      .then(() => work(late.signal))
      .catch(() => {})
      .finally(() => {
        done.abort()
        asking.delete(what)
      })
      .catch(() => {})
  }

  async function lookAtReplicas(trial: Trial, signal: AbortSignal): Promise<void> {
    const runtime = await app.runtime()
    const all = await runtime.stats(scope, signal)
    // what is not meant to run has not crashed
    const meant = new Set(store.replicas.of(scope).flatMap(({ name, level }) => (level === 'running' ? [name] : [])))
    const now = all.filter(
      ({ name, release }) => meant.has(name) && (release === trial.release || release === trial.against),
    )
    const at = clock.now()
    const crashes = stats === null ? [] : crashesBetween(stats, now, at)
    stats = now
    const samples = now.flatMap((one) =>
      one.workingSetBytes === null || one.startedAt === null
        ? []
        : [
            {
              at,
              ageMs: Math.max(0, at - one.startedAt),
              replica: one.name,
              release: one.release,
              bytes: one.workingSetBytes,
              limitBytes: one.memoryLimitBytes,
            },
          ],
    )
    if (samples.length > 0) facts.push({ kind: 'memory', samples })
    facts.push(...crashes.map((crash): Fact => ({ kind: 'crash', crash })))
  }

  async function probe(trial: Trial): Promise<void> {
    const candidate = await probeOne(trial, trial.release)
    const stable = trial.against === null ? NONE : await probeOne(trial, trial.against)
    probed = { candidate: sum(probed?.candidate, candidate), stable: sum(probed?.stable, stable) }
  }

  async function probeOne(trial: Trial, release: number): Promise<ProbeCounts> {
    const health = store.releases.get(trial, release)?.config.health
    if (health?.kind !== 'http') return NONE
    const [answer] = await app.traffic.probe(trial, health.path, 1, release)
    const good = answer !== undefined && answer.release === release && answer.status >= 200 && answer.status < 400
    return { sent: 1, failed: good ? 0 : 1 }
  }

  return {
    nudge(trial, known) {
      if (trial.phase === 'staged') return
      const { phase } = trial
      const age = clock.now() - trial.startedAt < YOUNG_MS ? 'young' : phase
      ask('stats', STATS_EVERY_MS[age], (signal) => lookAtReplicas(trial, signal), STATS_WITHIN_MS)
      for (const signal of trial.policy.signals) {
        const read = async (abort: AbortSignal) => {
          const reading = await (await app.signals()).read(signal, abort)
          facts.push({ kind: 'signal', name: signal.name, reading: { at: clock.now(), reading } })
        }
        ask(`signal ${signal.name}`, signal.everyMs, read, signal.timeoutMs * 2)
      }
      const quiet = known.step.candidate - answeredAtProbe < QUIET_REQUESTS
      if (takesRequests && quiet) ask('probe', PROBE_EVERY_MS[phase], () => probe(trial), STATS_WITHIN_MS)
      answeredAtProbe = known.step.candidate
    },
    hasSome: () => facts.length > 0 || probed !== null,
    facts() {
      const collected = facts
      facts = []
      return collected
    },
    probes() {
      const collected = probed
      probed = null
      return collected
    },
  }
}

const NONE: ProbeCounts = { sent: 0, failed: 0 }

function sum(before: ProbeCounts = NONE, more: ProbeCounts): ProbeCounts {
  return { sent: before.sent + more.sent, failed: before.failed + more.failed }
}

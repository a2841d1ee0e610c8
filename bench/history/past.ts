// Writes a long past into a state, through the store's own doors, as deploys and rollbacks would have left it: operations with their plans and
// results, journal rows in their chain, releases with configuration and identity, quarantined ones, failed ones. The two newest have replicas.
import { identityOf } from '../../src/core/identity.ts'
import type { JournalEvent } from '../../src/core/journal-event.ts'
import {
  type Definition,
  type OperationKind,
  releaseName,
  type ReleaseConfig,
  type Scope,
  type Step,
} from '../../src/core/model.ts'
import { stepKey } from '../../src/core/step-key.ts'
import { type Plan } from '../../src/core/plan.ts'
import { replicaName } from '../../src/core/replica-name.ts'
import { insertReplicas } from '../../src/operations/addresses.ts'
import type { App } from '../../src/operations/app.ts'

const BULK = 500
const BETWEEN_DEPLOYS_MS = 20 * 60_000
/** Every so many releases one fails its health check, and one is rolled back from. */
const FAILED_EVERY = 17
const ROLLED_BACK_EVERY = 10

/** Fills the state until the service has `releases` releases; the last one began to serve a moment ago. */
export async function writePast(
  app: App,
  definition: Definition,
  releases: number,
  signal: AbortSignal,
): Promise<void> {
  const { store } = app
  const past = createPast(app, definition)
  const firstAt = app.clock.now() - (releases + 1) * BETWEEN_DEPLOYS_MS
  for (let done = 0; done < releases; done += BULK) {
    await app.clock.sleep(0, signal) // so that Ctrl-C is heard
    store.transaction(() => {
      for (let number = done + 1; number <= Math.min(done + BULK, releases); number++) {
        // The newest two are good: the service is in order, and a rollback would go from the one to the other.
        const recent = number > releases - 2
        const at = firstAt + number * BETWEEN_DEPLOYS_MS
        if (!recent && number % FAILED_EVERY === 0) past.failedDeploy(number, at)
        else past.deploy(number, at)
        if (!recent && number > 1 && number % ROLLED_BACK_EVERY === 0 && number % FAILED_EVERY !== 0)
          past.rollback(number, at + BETWEEN_DEPLOYS_MS / 2)
      }
    })
  }
  store.transaction(() => past.replicas(releases))
  store.db.checkpoint()
}

function createPast(app: App, definition: Definition) {
  const scope: Scope = { service: definition.service, environment: definition.environment }
  const { services, releases, operations, journal, replicas } = app.store
  let active: number | null = null
  let before: number | null = null

  const config = (number: number): ReleaseConfig => ({
    ...definition.process,
    env: { ...definition.process.env, FEATURES: `checkout-${number % 7},search-${number % 3}` },
    health: definition.health!,
    secrets: [],
    processes: [],
  })
  function release(number: number, at: number, transactionId: string): void {
    const digest = `sha256:${(number * 2654435761).toString(16).padStart(64, '0').slice(-64)}`
    const version = versionOf(number)
    services.takeNumber(scope)
    releases.insertCandidate(
      {
        ...scope,
        number,
        version,
        image: `${definition.image}:${version}`,
        digest,
        configDigest: digest,
        identity: identityOf(digest, config(number)),
        config: config(number),
        gitRevision: digest.slice(-40),
        createdAt: at,
      },
      {},
      transactionId,
    )
  }

  function operation(kind: OperationKind, number: number, from: number | null, to: number, at: number): Written {
    const transactionId = transactionOf(kind, number, scope)
    operations.insert({ ...scope, transactionId, kind, actor: 'ci:deploy', reason: `build ${number}`, startedAt: at })
    const plan = planOf(kind, from, to, definition.replicas)
    operations.setPlan(transactionId, from, to, JSON.stringify(plan))
    let elapsedMs = 0
    return {
      plan,
      transactionId,
      record(step, key, status, detail = null) {
        elapsedMs += 7
        const event: JournalEvent = {
          timestamp: new Date(at + elapsedMs).toISOString(),
          level: status === 'failed' ? 'error' : 'info',
          operation: kind,
          ...scope,
          version: versionOf(to),
          release: releaseName(to),
          status,
          step,
          duration_ms: status === 'started' ? null : 6.213,
          transaction_id: transactionId,
          actor: 'ci:deploy',
          key,
          attempt: 1,
          epoch: number,
          detail,
        }
        journal.append(event)
      },
      end(outcome) {
        this.record('outcome', 'outcome', outcome === 'failed' ? 'failed' : 'succeeded', { outcome })
        operations.end(transactionId, outcome, at + elapsedMs)
      },
    }
  }

  return {
    deploy(number: number, at: number): void {
      const written = operation('deploy', number, active, number, at)
      release(number, at, written.transactionId)
      steps(written, null)
      if (active !== null) releases.markStandby(scope, active, at)
      releases.markActive(scope, number, 'deploy', at)
      releases.markStable(scope, number)
      services.setActive(scope, number)
      written.end('succeeded')
      before = active
      active = number
    },

    failedDeploy(number: number, at: number): void {
      const written = operation('deploy', number, active, number, at)
      release(number, at, written.transactionId)
      steps(written, 'health')
      releases.markFailed(scope, number)
      written.end('failed')
    },

    /** Back to the one before, which serves on until the next deploy. */
    rollback(number: number, at: number): void {
      if (before === null) return
      const written = operation('rollback', number, number, before, at)
      steps(written, null)
      releases.markStandby(scope, number, at)
      releases.markRolledBack(scope, number)
      const identity = identityOf(releases.get(scope, number)!.configDigest, config(number))
      releases.quarantine(scope, {
        identity,
        release: number,
        sinceAt: at,
        actor: 'ada',
        reason: 'checkout answers 500',
      })
      releases.markActive(scope, before, 'rollback', at)
      services.setActive(scope, before)
      written.end('succeeded')
      active = before
    },

    /** Running ones of the newest release, and of the one before it as a warm standby. */
    replicas(newest: number): void {
      for (const number of [newest - 1, newest]) {
        const names = namesOf(number, definition.replicas)
        insertReplicas(app, scope, number, names)
        for (const name of names) {
          replicas.setLevel(scope, name, 'running')
          replicas.attach(scope, name, newest)
        }
      }
    },
  }
}

type Written = {
  readonly plan: Plan
  readonly transactionId: string
  record(step: string, key: string, status: JournalEvent['status'], detail?: JournalEvent['detail']): void
  end(outcome: 'succeeded' | 'failed'): void
}

function steps(written: Written, until: Step['kind'] | null): void {
  written.record('plan', 'plan', 'succeeded', { strategy: 'start_first', to: releaseName(written.plan.to) })
  for (const step of written.plan.steps) {
    written.record(step.kind, stepKey(step), 'started')
    if (step.kind === until) {
      written.record(step.kind, stepKey(step), 'failed', { code: 'HEALTH_FAILED', reason: 'GET /healthz: 503' })
      return
    }
    written.record(step.kind, stepKey(step), 'succeeded', 'replicas' in step ? { replicas: step.replicas } : null)
  }
}

function planOf(kind: OperationKind, from: number | null, to: number, replicas: number): Plan {
  const names = namesOf(to, replicas)
  const shift: Step[] = [
    { kind: 'shift_traffic', release: to },
    { kind: 'prove', release: to },
  ]
  const wake: Step[] = [
    { kind: 'wake', release: to, replicas: names },
    { kind: 'health', release: to, replicas: names },
  ]
  return {
    outcome: 'plan',
    from,
    to,
    strategy: 'start_first',
    because: [],
    outage: null,
    handovers: [],
    rung: kind === 'rollback' ? 'warm' : 'retired',
    create: kind === 'rollback' ? [] : names,
    changes: [],
    notYetStable: kind !== 'rollback',
    steps: kind === 'rollback' ? shift : [...wake, ...shift],
  }
}

/** Several services may have a past in one state. */
const transactionOf = (kind: OperationKind, number: number, { service }: Scope) =>
  `tx-${kind === 'deploy' ? '0' : '1'}${number.toString(16).padStart(7, '0')}-${service}`

function namesOf(release: number, replicas: number): string[] {
  return Array.from({ length: replicas }, (_, index) => replicaName(release, index + 1))
}

export function versionOf(number: number): string {
  return `v${Math.floor(number / 1000) + 1}.${Math.floor(number / 10) % 100}.${number % 10}`
}

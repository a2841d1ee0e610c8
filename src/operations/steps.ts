// What each step means: its intent (committed before), its effect (an ensure) and its result (committed after).
import { assertNever, fail, isAsternError } from '../core/errors.ts'
import { hookContainer, revertContainer } from '../core/hook-container.ts'
import { hasWeb } from '../core/processes.ts'
import { type Hook, type Level, type Release, releaseName, type Scope, type Step } from '../core/model.ts'
import { stepKey } from '../core/step-key.ts'
import type { ReplicaSpec, Runtime } from '../ports/runtime.ts'
import type { App } from './app.ts'
import type { HookFacts } from './hook-run.ts'
import { measured, remember } from './outage.ts'
import { moveAll, ramp } from './ramp.ts'
import type { Operation } from './operation.ts'
import { replicaNameWithPolicy, replicaSpec, takesFiles } from './replica-spec.ts'
import { prepareRole, writeRolesIfPossible } from './roles.ts'
import { drawnRelease, enterCanary, weightedRelease } from './trials.ts'

/** Answers that a proof asks for through the proxy. */
export const PROOF_REQUESTS = 20

/** What a step tells the journal when it has succeeded. */
type StepDetail = Readonly<Record<string, unknown>> | null

/** Within the commit that says `started`. */
export function intent(app: App, scope: Scope & { readonly transactionId: string }, step: Step): void {
  const { replicas } = app.store
  switch (step.kind) {
    case 'hook': {
      const { transactionId, service, environment } = scope
      if (hookOf(app, scope, step).action.kind !== 'run') return
      const name = hookContainer(transactionId, { name: step.hook, place: step.place })
      app.store.oneOffs.insert({ service, environment, name, release: step.release, transactionId })
      return
    }
    case 'database_revert': {
      const { transactionId, service, environment } = scope
      const name = revertContainer(transactionId)
      app.store.oneOffs.insert({ service, environment, name, release: step.release, transactionId })
      return
    }
    case 'shift_traffic':
      // Until a ramp has ended, what served before is the active release: a rollback that takes over goes back from that.
      if (step.ramp === undefined) moveAll(app, scope, step.release, step.holdback)
      return
    case 'canary':
      enterCanary(app, scope, step)
      return
    case 'drain':
      for (const name of step.replicas) replicas.rest(scope, name)
      return
    case 'demote':
      if (step.process !== undefined) return // the proxy does not know it
      for (const name of step.replicas) {
        if (step.level === 'frozen') replicas.uncheck(scope, name)
        else if (step.level === 'stopped') replicas.maintain(scope, name)
        else replicas.detach(scope, name)
      }
      return
    case 'pull':
    case 'create':
    case 'wake':
    case 'health':
    case 'prove':
    case 'schema':
      return
    default:
      assertNever(step)
  }
}

/** Makes it true. Idempotent: after a crash it is simply done again. */
export async function effect(app: App, operation: Operation, step: Step): Promise<StepDetail> {
  const { traffic } = app
  switch (step.kind) {
    case 'pull':
      return (await import('./bring-image.ts')).bringImage(
        app,
        operation.signal,
        releaseOf(app, operation, step.release),
      )
    case 'create':
    case 'wake': {
      prepareRole(app, operation, step.release)
      const runtime = await app.runtime()
      const release = releaseOf(app, operation, step.release)
      const once = (spec: ReplicaSpec) =>
        step.kind === 'create'
          ? runtime.ensureCreated(spec, operation.signal)
          : runtime.ensureRunning(spec, operation.signal)
      let bringing: Promise<unknown> | null = null
      // Somebody has removed a container that should be there, and then its image.
      const ensure = (spec: ReplicaSpec) =>
        once(spec).catch(async (error: unknown) => {
          if (!isAsternError(error, 'IMAGE_NOT_FOUND')) throw error
          const { bringImage } = await import('./bring-image.ts')
          await (bringing ??= bringImage(app, operation.signal, release))
          await once(spec)
        })
      if (takesFiles(release))
        await (await import('./secret-files.ts')).writeSecretFiles(app, operation, release, runtime)
      const specs = step.replicas.map((name) => replicaSpec(app, operation, name))
      await allDone(specs.map(ensure))
      return { replicas: step.replicas }
    }
    case 'health':
      return health(app, operation, step)
    case 'shift_traffic':
      if (!isServed(app, operation)) return { served: false }
      if (step.ramp !== undefined && step.release !== null) return ramp(app, operation, step.release, step.ramp)
      await traffic.ensure(operation)
      return step.release === null ? null : measured(app, operation)
    case 'canary':
      return (await import('./canary.ts')).canary(app, operation, step)
    case 'prove':
      return prove(app, operation, step.release)
    case 'drain': {
      writeRolesIfPossible(app, operation)
      await ensureTrafficIfUp(app, operation)
      const { drainMs } = releaseOf(app, operation, step.release).config.stop
      const cut = await ifUp(() => traffic.drain(operation, step.replicas, drainMs, operation.signal))
      return { cut: cut ?? 0 }
    }
    case 'demote':
      writeRolesIfPossible(app, operation)
      if (step.process === undefined) await ensureTrafficIfUp(app, operation)
      await demote(app, operation, await app.runtime(), step.replicas, step.level)
      return { replicas: step.replicas }
    case 'hook':
      return hook(app, operation, step)
    case 'schema': {
      const { ensureFits } = await import('./schema-look.ts')
      return ensureFits(app, operation, releaseOf(app, operation, step.release), step.forced === true)
    }
    case 'database_revert': {
      const { revertDatabase } = await import('./database-revert.ts')
      return revertDatabase(app, operation, releaseOf(app, operation, step.release), step)
    }
    default:
      return assertNever(step)
  }
}

/** Within the commit that says `succeeded`. */
export function result(app: App, operation: Operation, step: Step, detail: StepDetail): void {
  const { replicas, oneOffs } = app.store
  switch (step.kind) {
    case 'hook':
      oneOffs.settle(operation, hookContainer(operation.transactionId, { name: step.hook, place: step.place }))
      return
    case 'database_revert':
      oneOffs.settle(operation, revertContainer(operation.transactionId))
      return
    case 'create':
      for (const name of step.replicas) replicas.setLevel(operation, name, 'stopped')
      return
    case 'wake':
      for (const name of step.replicas) replicas.setLevel(operation, name, 'running')
      return
    case 'demote':
      for (const name of step.replicas) {
        if (step.level === 'absent') replicas.remove(operation, name)
        else replicas.setLevel(operation, name, step.level)
      }
      return
    case 'shift_traffic':
      remember(app, operation, step.release, detail)
      return
    case 'pull':
    case 'health':
    case 'prove':
    case 'drain':
    case 'canary':
    case 'schema':
      return
    default:
      assertNever(step)
  }
}

function releaseOf(app: App, scope: Scope, number: number): Release {
  const release = app.store.releases.get(scope, number)
  if (release === null) throw new Error(`no release ${number} of ${scope.service} in ${scope.environment}`)
  return release
}

/** True when users reach it through the proxy, or some part of the proxy is still left from when they did. */
function isServed(app: App, scope: Scope): boolean {
  const { services, replicas } = app.store
  const definition = services.get(scope)?.definition
  return definition === undefined || hasWeb(definition.process) || replicas.of(scope).some(({ attached }) => attached)
}

type HealthStep = Extract<Step, { readonly kind: 'health' }>

async function health(app: App, operation: Operation, { replicas: names, process }: HealthStep): Promise<StepDetail> {
  const runtime = await app.runtime()
  await allDone(names.map((name) => runtime.awaitHealthy(replicaSpec(app, operation, name), operation.signal)))
  if (process !== undefined) return { replicas: names }
  operation.commit(() => {
    const weighted = weightedRelease(app, operation)
    for (const name of names) app.store.replicas.attach(operation, name, weighted)
  })
  await app.traffic.ensure(operation)
  for (const name of names) await app.traffic.markUp(operation, name)
  return { replicas: names }
}

async function prove(app: App, operation: Operation, number: number): Promise<StepDetail> {
  const { health } = releaseOf(app, operation, number).config
  const path = health.kind === 'http' ? health.path : '/'
  // while users are drawn, by chance some of them go elsewhere
  const drawn = drawnRelease(app, operation) === number ? number : undefined
  const answers = await app.traffic.probe(operation, path, PROOF_REQUESTS, drawn)
  await app.traffic.synced()
  const good = answers.filter(
    ({ release, status }) => release === number && (health.kind !== 'http' || (status >= 200 && status < 400)),
  )
  if (good.length < PROOF_REQUESTS) {
    const others = answers.filter((answer) => !good.includes(answer))
    const seen = others.map(
      ({ release, status }) => `${release === null ? 'nobody' : releaseName(release)} with ${status || 'no answer'}`,
    )
    throw fail('PROOF_FAILED', {
      answers: good.length,
      of: PROOF_REQUESTS,
      release: releaseName(number),
      seen: [...new Set(seen)].join(', '),
    })
  }
  return { answers: good.length, of: PROOF_REQUESTS }
}

async function demote(
  app: App,
  operation: Operation,
  runtime: Runtime,
  names: readonly string[],
  level: Level,
): Promise<void> {
  if (level === 'running') throw new Error('a replica is not demoted to running')
  await allDone(
    names.map((name) => runtime.ensureDown(replicaNameWithPolicy(app, operation, name), level, operation.signal)),
  )
}

type HookStep = Extract<Step, { readonly kind: 'hook' }>

function hookOf(app: App, scope: Scope, step: HookStep): Hook {
  const hooks = app.store.services.get(scope)?.definition.hooks ?? []
  const found = hooks.find(({ name, place }) => name === step.hook && place === step.place)
  if (found === undefined) throw new Error(`no hook ${step.hook} of ${scope.service} in ${scope.environment}`)
  return found
}

/** The only step that is no ensure: an earlier attempt is asked how it ended, and where nothing tells, it is not begun again. */
async function hook(app: App, operation: Operation, step: HookStep): Promise<StepDetail> {
  const { store } = app
  const { kind, transactionId, actor, signal, onOutput } = operation
  const stored = store.operations.get(transactionId)
  const from = stored?.from ?? null
  const facts: HookFacts = {
    operation: kind,
    transactionId,
    from: from === null ? null : store.releases.get(operation, from),
    to: releaseOf(app, operation, step.release),
    outcome: null,
    actor,
    reason: stored?.reason ?? null,
  }
  const key = stepKey(step)
  const begun = store.journal.ofTransaction(transactionId).filter((event) => event.key === key)
  const { runHook } = await import('./hook-run.ts')
  return runHook(app, {
    hook: hookOf(app, operation, step),
    facts,
    // The one of this attempt is among them.
    begun: begun.filter(({ status }) => status === 'started').length > 1,
    onOutput,
    signal,
  })
}

/** With the proxy down its file is right all the same, and there is nobody to protect. */
async function ensureTrafficIfUp(app: App, scope: Scope): Promise<void> {
  await ifUp(() => app.traffic.ensure(scope))
}

async function ifUp<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (isAsternError(error, 'PROXY_DOWN')) return null
    throw error
  }
}

/** Waits for every one of them, so that nothing goes on behind a failed step; then throws the first error. */
async function allDone(work: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) {
    if (outcome.status === 'rejected') throw outcome.reason
  }
}

// Work that nobody did in time: unfinished operations of processes that died, demotions, containers of commands that ended, hooks that follow. Any command does it after its own; `serve` does it on a tick.
import { reasonOf } from '../core/errors.ts'
import { type Scope, scopeName } from '../core/model.ts'
import type { App } from './app.ts'
import { hasDueHooks, runDueHooks } from './due-hooks.ts'
import { climb, ladderIsDue, lookAtEngine } from './ladder.ts'
import { clearLeftOvers, hasLeftOvers } from './one-offs.ts'
import { abandoned, resumeUnfinished } from './resume.ts'
import { rolesAreDue, writeRoles, writeRolesIfPossible } from './roles.ts'
import { secretFilesAreDue, tidySecretFiles } from './secret-files.ts'

export type Overdue = {
  /** Scopes in which something was done. */
  readonly done: readonly Scope[]
  /** What could not be done now and stays due. */
  readonly left: readonly Trouble[]
  /** What failed and is done with all the same: hooks, and deploys that were finished here. */
  readonly failed: readonly Trouble[]
}

type Trouble = { readonly scope: Scope; readonly error: unknown; readonly reason: string }

/** True when a look at the state alone finds something to do. */
export function isOverdue(app: App): boolean {
  return scopesOf(app).some(
    (scope) =>
      trialsAreDue(app, scope) ||
      abandoned(app, scope).length > 0 ||
      hasLeftOvers(app, scope) ||
      ladderIsDue(app, scope) ||
      hasDueHooks(app, scope) ||
      rolesAreDue(app, scope) ||
      secretFilesAreDue(app, scope),
  )
}

/** `look`: compares with the engine as well. Hooks come last: nothing else waits for them. Throws nothing: what fails is told. */
export async function doOverdue(
  app: App,
  options: { readonly look: boolean; readonly signal?: AbortSignal; readonly hooks?: 'later' },
): Promise<Overdue> {
  const done: Scope[] = []
  const left: Trouble[] = []
  const failed: Trouble[] = []
  const engine = lookAtEngine(app)
  for (const scope of scopesOf(app)) {
    if (options.signal?.aborted === true) break
    try {
      await lookIfDue(app, scope)
      const resumed = await resumeUnfinished(app, scope, (error) =>
        failed.push({ scope, error, reason: error.message }),
      )
      writeRolesIfPossible(app, scope)
      const due = options.look || ladderIsDue(app, scope)
      if (options.look) await (await import('./takeover.ts')).settleTakeover(app, scope)
      const steps = due ? (await climb(app, scope, { ...options, engine })).steps : 0
      const cleared = await clearLeftOvers(app, scope)
      const tidied = tidySecretFiles(app, scope)
      writeRoles(app, scope)
      if (resumed + steps + cleared + tidied > 0) done.push(scope)
    } catch (error) {
      left.push({ scope, error, reason: reasonOf(error) })
    }
  }
  const hooks = options.hooks === 'later' ? { done: [], failed: [] } : await followUp(app)
  return { done: [...done, ...hooks.done], left, failed: [...failed, ...hooks.failed] }
}

/** Runs the hooks of every scope that follow operations. */
export async function followUp(app: App): Promise<Pick<Overdue, 'done' | 'failed'>> {
  const due = scopesOf(app).filter((scope) => hasDueHooks(app, scope))
  const found = await Promise.all(due.map(async (scope) => ({ scope, troubles: await runDueHooks(app, scope) })))
  const failed = found.flatMap(({ scope, troubles }) => troubles.map(({ error, reason }) => ({ scope, error, reason })))
  // What it left in the engine is nobody's any more.
  for (const scope of due) await clearLeftOvers(app, scope).catch(() => 0)
  return { done: due, failed }
}

/** Every scope that is known, also by an operation that died before it got anywhere. */
function scopesOf(app: App): Scope[] {
  const { services, operations, oneOffs, checkProjects } = app.store
  const all = [...services.list(), ...operations.unfinishedScopes(), ...oneOffs.scopes(), ...checkProjects.all()].map(
    ({ service, environment }) => ({
      service,
      environment,
    }),
  )
  return [...new Map(all.map((scope) => [scopeName(scope), scope])).values()]
}

/** How old the last look at a trial may be that nobody else seems to watch. */
const UNWATCHED_MS = 15_000
/** The same where a verdict was found that nobody has acted on. */
const UNHEARD_MS = 2_000

/** Its time has come, or nobody watches it. */
function trialsAreDue(app: App, scope: Scope): boolean {
  const trial = app.store.trials.open(scope)
  if (trial === null || trial.phase === 'staged') return false
  const unheard = trial.verdict === 'fail' && trial.acted === null
  return app.clock.now() - (trial.lookedAt ?? trial.startedAt) >= (unheard ? UNHEARD_MS : UNWATCHED_MS)
}

/** A verdict that somebody died over is acted on before what they left is finished. */
async function lookIfDue(app: App, scope: Scope): Promise<void> {
  if (!trialsAreDue(app, scope)) return
  const trial = app.store.trials.open(scope)!
  const [{ lookAndAct }, { createTrialWatch }] = await Promise.all([
    import('./autopilot-loop.ts'),
    import('./trial-watch.ts'),
  ])
  let trouble: string | null = null
  await lookAndAct(app, createTrialWatch(app), [trial], (_, reason) => (trouble = reason))
  if (trouble !== null) throw new Error(trouble)
}

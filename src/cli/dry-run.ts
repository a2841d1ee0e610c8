// `--dry-run`: the plan and what it would take; nothing is changed.
import { percentOf } from '../core/share.ts'
import type { RollbackMessage } from '../api/rollback-request.ts'
import type { Head } from '../operations/history.ts'
import { fail } from '../core/errors.ts'
import type { Definition, Hook, Scope } from '../core/model.ts'
import { hookTitle } from '../core/step-key.ts'
import type { Decision, Noop } from '../core/plan.ts'
import type { App } from '../operations/app.ts'
import { type DeployAsked, planDeployOf } from '../operations/deploy.ts'
import { oneScope } from '../operations/known-scopes.ts'
import { planRollbackOf } from '../operations/rollback.ts'
import { planUndoOf } from '../operations/undo.ts'
import type { Context } from './context.ts'
import { formatNoop, labelled, labelledLines, visible } from './format.ts'
import { headLines } from './head-lines.ts'

/** The exit code of it. */
const NOTHING_TO_DO = 6

export async function dryRunRollback(context: Context, message: RollbackMessage): Promise<number> {
  const app = await context.open()
  const scope = oneScope(app.store, message.scope)
  return showRollback(
    context,
    app,
    scope,
    await planRollbackOf(app, scope, { ...message, force: new Set(message.force) }),
  )
}

/** Returns the exit code. */
export function showRollback(context: Context, app: App, scope: Scope, decision: Decision): number {
  const planned = planOf(decision)
  if (planned.outcome === 'noop') return showNoop(context, scope, 'rollback', planned, NOTHING_TO_DO)
  const from = planned.from === null ? null : app.store.releases.get(scope, planned.from)
  const head = { scope, plan: planned, from, to: app.store.releases.get(scope, planned.to)! }
  return show(context, head, 'rollback', app.store.services.get(scope)?.definition.hooks ?? [])
}

export async function dryRunUndo(
  context: Context,
  app: App,
  scope: Scope,
  asked: Parameters<typeof planUndoOf>[2],
): Promise<number> {
  const plan = planOf(await planUndoOf(app, scope, asked))
  if (plan.outcome === 'noop') return showNoop(context, scope, 'deploy', plan, NOTHING_TO_DO)
  const from = plan.from === null ? null : app.store.releases.get(scope, plan.from)
  const head = { scope, plan, from, to: app.store.releases.get(scope, plan.to)! }
  return show(context, head, 'deploy', app.store.services.get(scope)?.definition.hooks ?? [])
}

export async function dryRunDeploy(
  context: Context,
  app: App,
  definition: Definition,
  asked: DeployAsked,
): Promise<number> {
  const planned = await planDeployOf(app, definition, asked)
  if (planned === null) {
    const image = `${definition.image}:${asked.tag}`
    if (context.json)
      context.print(JSON.stringify({ operation: 'deploy', dry_run: true, outcome: 'plan', pull: image }))
    else context.print(context.t('image_not_here', { image }))
    return 0
  }
  const plan = planOf(planned.decision)
  if (plan.outcome === 'noop') return showNoop(context, definition, 'deploy', plan, 0)
  const from = plan.from === null ? null : app.store.releases.get(definition, plan.from)
  return show(context, { scope: definition, plan, from, to: planned.release }, 'deploy', definition.hooks)
}

function planOf(decision: Decision) {
  if (decision.outcome === 'refused') throw fail(decision.code, decision.details)
  return decision
}

/** A rollback that finds nothing to do says so by its exit code; a deploy that is done already is what CI wants to be green. */
function showNoop(context: Context, scope: Scope, operation: 'deploy' | 'rollback', noop: Noop, exit: number): number {
  const { service, environment } = scope
  if (context.json) context.print(JSON.stringify({ operation, dry_run: true, service, environment, ...noop }))
  else context.print(labelled(context.t('noop'), formatNoop(noop, context.t)))
  return exit
}

function show(context: Context, head: Head, operation: 'deploy' | 'rollback', all: readonly Hook[]): number {
  const { service, environment } = head.scope
  const hooks = all.filter(({ name }) => (name === 'after_rollback') === (operation === 'rollback'))
  if (context.json) {
    const told = hooks.map(({ name, action, required }) => ({ hook: name, kind: action.kind, required }))
    context.print(JSON.stringify({ operation, dry_run: true, service, environment, ...head.plan, hooks: told }))
    return 0
  }
  for (const line of headLines(context, head, operation)) context.print(line)
  const steps = head.plan.steps.map((step) => {
    if (step.kind === 'hook') return `hook ${hookTitle(step.hook, step.place)}`
    if (step.kind === 'database_revert') return `database_revert ${step.from} → ${step.to} (r${step.release})`
    if (step.kind === 'canary') return `canary ${percentOf(step.share)} %`
    const what = 'replicas' in step ? step.replicas.join(' ') : step.release === null ? '-' : `r${step.release}`
    return `${step.kind} ${what}`
  })
  context.print(labelled(context.t('steps'), steps.join(' → ')))
  for (const line of labelledLines(context.t('hooks'), hooks.map(hookLine))) context.print(line)
  context.print(labelled(context.t('would'), context.t('would_line')))
  return 0
}

/** `release: /app migrate up`. Of an address only its host: the rest may be a secret. */
function hookLine({ name, place, action }: Hook): string {
  const what = action.kind === 'webhook' ? `POST ${new URL(action.url).host}` : action.argv.map(visible).join(' ')
  return `${hookTitle(name, place)} (${action.kind}): ${what}`
}

// What is said of a hold: first in `status`, as a question before a deploy, and as a reminder when it has stood for long.
import type { Scope } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import { type GateAsked, heldError, movedBy } from '../operations/gate.ts'
import type { Hold } from '../store/holds.ts'
import type { Context } from './context.ts'
import { formatAge, labelled, visible } from './format.ts'
import { paint } from './paint.ts'
import { textOf } from './report-error.ts'

/** After so long people may have forgotten it. */
const REMIND_AFTER_MS = 24 * 3_600_000

export function heldLine(context: Context, app: App, scope: Scope, hold: Hold): string {
  const text = context.t('held_since', { ...storyOf(context, app, scope, hold) })
  return labelled(paint(context, 'yellow', context.t('held')), text)
}

/** On standard error: beside what was asked for. */
export function remindOfHolds(context: Context, app: App, scopes: readonly Scope[]): void {
  for (const scope of scopes) {
    const hold = app.store.holds.get(scope)
    if (hold === null || context.now() - hold.sinceAt < REMIND_AFTER_MS) continue
    const text = context.t('held_still', storyOf(context, app, scope, hold))
    context.say(`${paint(context, 'yellow', context.t('warning'))}: ${text}`)
  }
}

function storyOf(context: Context, app: App, scope: Scope, hold: Hold) {
  return {
    scope: `${scope.service} · ${scope.environment}`,
    age: formatAge(context.now() - hold.sinceAt, context.language),
    by: hold.by,
    moved: movedBy(app, scope, hold),
    reason: visible(hold.reason),
  }
}

/** Asks once whether to deploy over holds. Those that were said yes to, by their transactions; none where nobody said yes, or there is none. */
export async function askOverHolds(
  context: Context,
  app: App,
  scopes: readonly Scope[],
  asked: GateAsked,
): Promise<string[]> {
  const holds = context.actor.automated ? [] : standing(app, scopes, asked)
  if (holds.length === 0) return []
  const question = context.t('ask_hold', { story: await stories(context, app, holds) })
  return (await context.confirm(question)) === true ? holds.map(({ hold }) => hold.transactionId) : []
}

/** A dry run asks nothing: it says that the deploy would, where there is somebody to ask. */
export async function wouldAskOverHolds(
  context: Context,
  app: App,
  scopes: readonly Scope[],
  asked: GateAsked,
): Promise<string[]> {
  const holds = context.actor.automated || !context.terminal ? [] : standing(app, scopes, asked)
  if (holds.length === 0) return []
  context.say(context.t('would_ask_hold', { story: await stories(context, app, holds) }))
  return holds.map(({ hold }) => hold.transactionId)
}

type Standing = { readonly scope: Scope; readonly hold: Hold }

function standing(app: App, scopes: readonly Scope[], { force }: GateAsked): Standing[] {
  if (force.has('hold')) return []
  return scopes.flatMap((scope): Standing[] => {
    const hold = app.store.holds.get(scope)
    return hold === null ? [] : [{ scope, hold }]
  })
}

async function stories(context: Context, app: App, holds: readonly Standing[]): Promise<string> {
  const texts = holds.map(({ scope, hold }) => textOf(context, heldError(app, scope, hold)))
  return (await Promise.all(texts)).map(({ message }) => message).join('\n')
}

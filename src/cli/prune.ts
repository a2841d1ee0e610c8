// `astern prune`: shows what retention lets go and what stays, with every reason; asks; deletes.
import { fail, reasonOf } from '../core/errors.ts'
import { releaseName, type Scope, scopeName } from '../core/model.ts'
import type { Removal } from '../core/plan-prune.ts'
import type { App } from '../operations/app.ts'
import { servingNow } from '../operations/answered.ts'
import { lookToPrune, ofScope, type PruneLook, pruneScope, type ScopePruned, whatOf } from '../operations/prune.ts'
import { takeCopies } from '../operations/retention.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { formatBytes } from './format-bytes.ts'
import { labelled, labelledLines, table } from './format.ts'
import { paint } from './paint.ts'
import { createProgress } from './progress.ts'
import { knownScopes } from './select.ts'
import { tend } from './tend.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  const { t } = context
  const app = await context.open()
  const all = app.store.services.list().map(({ service, environment }): Scope => ({ service, environment }))
  const scopes = args.flag('all') ? all : knownScopes(context, app, args)
  const stopping = new AbortController()
  const stopInterrupts = context.onInterrupt(() => {
    const serving = scopes.map((scope) => servingNow(app, scope)).join(', ')
    stopping.abort(fail('INTERRUPTED', { serving }))
  })
  try {
    const look = await lookToPrune(app, { scopes, registry: args.flag('registry') }, stopping.signal)
    const removals = scopes.flatMap((scope) => ofScope(look.plan.removals, scope))
    if (!context.json) show(context, scopes, look)
    for (const warning of look.warnings) context.say(`${paint(context, 'yellow', t('warning'))}: ${warning}`)
    if (args.flag('dry-run')) {
      finish(
        context,
        look,
        scopes.map((scope) => planned(look, scope)),
        { dryRun: true, copied: [], warnings: [] },
      )
      return 0
    }
    if (removals.length > 0 && !args.flag('yes')) {
      const answer = await context.confirm(t('ask_prune', { count: removals.length }))
      if (answer !== true) throw fail('USAGE', { problem: t('not_answered'), command: 'prune' })
    }
    const { pruned, copied, warnings } = await carryOut(context, app, scopes, look, args, stopping.signal)
    finish(context, look, pruned, { dryRun: false, copied, warnings })
  } finally {
    stopInterrupts()
  }
  await tend(context, app)
  return 0
}

/** Copies come first: what stays is safe before anything goes. */
async function carryOut(
  context: Context,
  app: App,
  scopes: readonly Scope[],
  look: PruneLook,
  args: Arguments,
  signal: AbortSignal,
): Promise<{ pruned: ScopePruned[]; copied: string[]; warnings: string[] }> {
  const progress = createProgress(context)
  const stopListening = app.store.journal.listen((event) => {
    if (event.operation === 'prune') progress.show(event)
  })
  const warnings: string[] = []
  try {
    const copied = await takeCopies(app, signal).catch((error: unknown) => {
      signal.throwIfAborted()
      warnings.push(reasonOf(error))
      context.say(`${paint(context, 'yellow', context.t('warning'))}: ${reasonOf(error)}`)
      return []
    })
    const pruned: ScopePruned[] = []
    for (const scope of scopes) {
      const asked = { actor: context.actor, reason: args.text('message'), signal }
      pruned.push(await pruneScope(app, scope, look, asked))
    }
    return { pruned, copied, warnings }
  } finally {
    stopListening()
    progress.end()
  }
}

function planned(look: PruneLook, scope: Scope): ScopePruned {
  return {
    ...scope,
    transactionId: null,
    removed: ofScope(look.plan.removals, scope),
    skipped: ofScope(look.skipped, scope),
    gone: ofScope(look.plan.gone, scope).map(({ number }) => number),
  }
}

function show(context: Context, scopes: readonly Scope[], look: PruneLook): void {
  const { t } = context
  const { plan, known } = look
  if (plan.pressure.length > 0) {
    const details = { free: percent(known.free) ?? '-', scopes: plan.pressure.map(scopeName).join(', ') }
    context.say(paint(context, 'red', t('disk_low', details)))
  }
  const print = (label: string, lines: readonly string[]) =>
    lines.length === 0 ? undefined : labelledLines(label, lines).forEach(context.print)
  for (const scope of scopes) {
    context.print(paint(context, 'bold', `${scope.service} · ${scope.environment}`))
    const { removed, skipped, gone } = planned(look, scope)
    const goes = removed.map((removal) => [
      removal.release === null ? '-' : releaseName(removal.release),
      t(`prune_${removal.kind}`),
      whatOf(removal),
      sizeOf(removal) === 0 ? '' : formatBytes(sizeOf(removal)),
      t(`gone_${removal.why}`),
    ])
    print(t('goes'), goes.length === 0 ? [t('prune_nothing')] : table(goes))
    const kept = ofScope(plan.kept, scope).map(({ release, why, of }) => [
      releaseName(release),
      t(`kept_${why}`, { of: of ?? '' }),
    ])
    print(t('stays'), table(kept))
    print(t('left_alone'), table(skipped.map(({ release, what, reason }) => [nameOf(release), what, reason])))
    if (gone.length > 0) print(t('gone_head'), [t('gone_line', { releases: gone.map(releaseName).join(', ') })])
    const lost = ofScope(plan.lost, scope).map(({ number }) => releaseName(number))
    if (lost.length > 0) print(paint(context, 'red', t('lost')), [t('lost_line', { releases: lost.join(', ') })])
  }
}

type Finish = { readonly dryRun: boolean; readonly copied: readonly string[]; readonly warnings: readonly string[] }

/** The names are a contract. */
function finish(context: Context, look: PruneLook, pruned: readonly ScopePruned[], how: Finish): void {
  const { t } = context
  const { dryRun, copied, warnings } = how
  const removed = pruned.flatMap((one) => one.removed)
  const freed = removed.reduce((sum, removal) => sum + sizeOf(removal), 0)
  if (!context.json) {
    // What was left alone from the start is shown above.
    const left = pruned.flatMap(({ skipped }) => skipped).filter((one) => !look.skipped.includes(one))
    for (const { what, reason } of left) context.say(labelled(t('left_alone'), `${what}: ${reason}`))
    if (copied.length > 0) {
      context.print(t('copied_line', { count: copied.length, folder: `${context.stateFolder}/images` }))
    }
    const details = { count: removed.length, size: formatBytes(freed) }
    context.print(removed.length === 0 ? t('prune_nothing') : t(dryRun ? 'would_prune_line' : 'pruned_line', details))
    return
  }
  const outcome =
    removed.length + copied.length > 0 || pruned.some(({ gone }) => gone.length > 0) ? 'succeeded' : 'noop'
  context.print(
    JSON.stringify({
      transaction_id: pruned.find(({ transactionId }) => transactionId !== null)?.transactionId ?? null,
      operation: 'prune',
      service: pruned.length === 1 ? pruned[0]!.service : null,
      environment: pruned.length === 1 ? pruned[0]!.environment : null,
      outcome,
      dry_run: dryRun,
      disk_free_percent: percent(look.known.free),
      freed_bytes: freed,
      copied,
      services: pruned.map((one) => viewOf(look, one)),
      warnings: [...look.warnings, ...warnings],
      error: null,
    }),
  )
}

function viewOf(look: PruneLook, { service, environment, transactionId, removed, skipped, gone }: ScopePruned) {
  const scope = { service, environment }
  return {
    transaction_id: transactionId,
    service,
    environment,
    pressure: ofScope(look.plan.pressure, scope).length > 0,
    removed: removed.map((removal) => ({
      kind: removal.kind,
      release: removal.release === null ? null : releaseName(removal.release),
      what: whatOf(removal),
      why: removal.why,
      size_bytes: 'sizeBytes' in removal ? removal.sizeBytes : null,
    })),
    kept: ofScope(look.plan.kept, scope).map(({ release, why, of }) => ({ release: releaseName(release), why, of })),
    skipped: skipped.map(({ release, what, reason }) => ({
      release: release === null ? null : releaseName(release),
      what,
      reason,
    })),
    gone: gone.map(releaseName),
    lost: ofScope(look.plan.lost, scope).map(({ number }) => releaseName(number)),
  }
}

/** Of what is deleted for good: an image that keeps a name of somebody else frees nothing. */
function sizeOf(removal: Removal): number {
  if (removal.kind === 'archive') return removal.sizeBytes
  return removal.kind === 'image' && removal.whole ? removal.sizeBytes : 0
}

function nameOf(release: number | null): string {
  return release === null ? '-' : releaseName(release)
}

function percent(free: number | null): number | null {
  return free === null ? null : free / 100
}

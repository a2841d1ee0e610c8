// `astern scale web=4 worker=2`: how many replicas each process has from now on; warm standbys get as many.
import { fail } from '../core/errors.ts'
import type { Scope } from '../core/model.ts'
import { type Counts, heldPort, scalable, type ScalePlan } from '../core/plan-scale.ts'
import { MAX_REPLICAS } from '../core/processes.ts'
import type { App } from '../operations/app.ts'
import { resumeUnfinished } from '../operations/resume.ts'
import { countsText, planScaleOf, scale, type ScaleAsked, type Scaled } from '../operations/scale.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { formatCounts, formatDuration, labelled } from './format.ts'
import { interruptible } from './interruptible.ts'
import { paint } from './paint.ts'
import { createProgress } from './progress.ts'
import { textOf } from './report-error.ts'
import { oneScope } from './select.ts'
import { tend } from './tend.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  const live = countsAsked(context, args.positionals)
  const app = await context.open()
  const scope = oneScope(context, app, args)
  checkProcesses(context, app, scope, live)
  if (args.flag('dry-run')) return showPlan(context, scope, await planScaleOf(app, scope, live))

  app.store.db.keepReserve()
  await resumeUnfinished(app, scope)
  const answered = await carryOut(context, app, scope, { live, actor: context.actor, reason: args.text('message') })
  const exit = await showAnswer(context, answered)
  await tend(context, app)
  return exit
}

/** `web=4`, each process once. Error: USAGE. */
function countsAsked({ t }: Context, words: readonly string[]): Counts {
  const counts = new Map<string, number>()
  for (const word of words) {
    const [, process, count] = /^([^=]+)=(.*)$/.exec(word) ?? []
    if (process === undefined || count === undefined) throw usage(t('scale_word', { value: word }))
    if (!/^\d{1,9}$/.test(count) || Number(count) < 1 || Number(count) > MAX_REPLICAS) {
      const hint = Number(count) === 0 ? ` ${t('scale_zero')}` : ''
      throw usage(t('scale_count', { process, max: MAX_REPLICAS, value: count }) + hint)
    }
    if (counts.has(process)) throw usage(t('scale_twice', { process }))
    counts.set(process, Number(count))
  }
  return Object.fromEntries(counts)
}

/** Error: USAGE. */
function checkProcesses({ t }: Context, app: App, scope: Scope, live: Counts): void {
  const { definition, active: number } = app.store.services.get(scope)!
  const active = number === null ? null : app.store.releases.get(scope, number)
  const known = scalable(definition, active)
  for (const [process, count] of Object.entries(live)) {
    const isScheduled = definition.processes.some(({ name, schedule }) => name === process && schedule !== null)
    if (isScheduled) throw usage(t('scale_schedule', { process }))
    if (!known.includes(process)) throw usage(t('scale_unknown', { process, known: known.join(', ') }))
    const port = count > 1 ? heldPort(definition, active, process) : null
    if (port !== null) throw usage(t('scale_port', { process, count, port }))
  }
}

function usage(problem: string) {
  return fail('USAGE', { problem, command: 'scale' })
}

async function carryOut(context: Context, app: App, scope: Scope, asked: ScaleAsked): Promise<Scaled> {
  const progress = createProgress(context)
  const stopListening = app.store.journal.listen((event) => {
    if (event.operation !== 'scale' || event.service !== scope.service || event.environment !== scope.environment)
      return
    if (event.step === 'plan' && !context.json) {
      const { before, live } = event.detail as { readonly before: Counts; readonly live: Counts }
      context.print(headLine(scope, { before, live }))
    } else progress.show(event)
  })
  const interrupts = interruptible(context)
  return scale(app, scope, { ...asked, signal: interrupts.signal }).finally(() => {
    interrupts.stop()
    stopListening()
    progress.end()
  })
}

function headLine({ service, environment }: Scope, plan: Pick<ScalePlan, 'before' | 'live'>): string {
  return labelled(`${service} · ${environment}`, formatCounts(plan.before, plan.live))
}

function showPlan(context: Context, scope: Scope, plan: ScalePlan): number {
  const { service, environment } = scope
  const steps = [...plan.up, ...plan.down]
  if (context.json) {
    const { before, live, create } = plan
    context.print(
      JSON.stringify({ operation: 'scale', dry_run: true, service, environment, before, live, create, steps }),
    )
    return 0
  }
  const { t } = context
  context.print(headLine(scope, plan))
  const words = steps.map((step) => ('replicas' in step ? `${step.kind} ${step.replicas.join(' ')}` : step.kind))
  context.print(labelled(t('steps'), words.length === 0 ? t('none') : words.join(' → ')))
  context.print(labelled(t('would'), t('would_line')))
  return 0
}

/** Returns the exit code. */
async function showAnswer(context: Context, { answer, error, exit }: Scaled): Promise<number> {
  const { t } = context
  const text = error === null ? null : await textOf(context, error)
  if (context.json) {
    const spoken = error === null || text === null ? null : { code: error.code, ...text }
    context.print(JSON.stringify({ ...answer, error: spoken }))
    return exit
  }
  for (const warning of answer.warnings) context.say(`${paint(context, 'yellow', t('warning'))}: ${warning}`)
  if (error !== null && text !== null) {
    context.say(`${paint(context, 'red', `${t('error')} ${error.code}`)}: ${text.message}`)
    if (text.hint !== '') context.say(text.hint)
    return exit
  }
  const counts = countsText(answer.live)
  if (answer.outcome === 'noop') {
    context.print(labelled(t('noop'), t('scale_noop', { counts })))
    return exit
  }
  const total = formatDuration(answer.duration_ms.total)
  context.print(labelled(t('done_in'), t('scale_done', { counts, total, transaction: answer.transaction_id ?? '' })))
  return exit
}

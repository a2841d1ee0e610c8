// `astern adopt CONTAINER`: takes over a container that was started by hand or by compose, as the first release.
import { fail } from '../core/errors.ts'
import { adopt, type Adopted, type AdoptPlan, planAdoption } from '../operations/adopt.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { formatChanges, formatDuration, labelled } from './format.ts'
import { createProgress } from './progress.ts'
import { oneDefinition } from './select.ts'
import { showOutcome } from './show-outcome.ts'
import { tend } from './tend.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  const { t } = context
  const container = args.positionals[0]!
  if (container.startsWith('-'))
    throw fail('USAGE', {
      problem: t('value_invalid', { name: 'CONTAINER', expected: 'NAME', value: container }),
      command: 'adopt',
    })
  const definition = await oneDefinition(context, args)
  const app = await context.open()
  if (args.flag('dry-run')) {
    const plan = await planAdoption(app, definition, container)
    if (context.json) context.print(JSON.stringify({ operation: 'adopt', dry_run: true, ...forMachines(plan) }))
    else for (const line of [...planLines(context, plan), labelled(t('would'), t('would_line'))]) context.print(line)
    return 0
  }
  app.store.db.keepReserve()
  const progress = createProgress(context)
  const stopListening = app.store.journal.listen((event) => {
    if (event.service === definition.service && event.environment === definition.environment) progress.show(event)
  })
  const interrupted = new AbortController()
  const stopInterrupts = context.onInterrupt(() => interrupted.abort(fail('INTERRUPTED', { serving: container })))
  const adopted = await adopt(app, definition, {
    container,
    keepRunning: args.flag('keep-running'),
    actor: context.actor,
    reason: args.text('message') ?? `adopt ${container}`,
    signal: interrupted.signal,
  }).finally(() => {
    stopInterrupts()
    stopListening()
    progress.end()
  })
  const exit = await show(context, adopted)
  await tend(context, app)
  return exit
}

async function show(context: Context, { answered, plan, gapMs, stopped }: Adopted): Promise<number> {
  const { t } = context
  if (context.json) {
    const answer = { ...answered.answer, adopted: { ...forMachines(plan), gap_ms: gapMs, stopped, undo: undoOf(plan) } }
    return showOutcome(context, { ...answered, answer })
  }
  for (const line of planLines(context, plan)) context.print(line)
  const exit = await showOutcome(context, answered)
  if (answered.answer.outcome !== 'succeeded') return exit
  if (gapMs !== null) context.print(labelled(t('adopt_gap'), t('adopt_gap_line', { gap: formatDuration(gapMs) })))
  const { name } = plan.stranger
  context.print(labelled(t('adopt_container'), t(stopped ? 'adopt_stopped' : 'adopt_left', { name })))
  context.print(labelled(t('adopt_undo'), undoOf(plan)))
  return exit
}

function planLines({ t }: Context, { stranger, way, because, changes, release }: AdoptPlan): string[] {
  const secrets = release.config.secrets.map(({ name }) => name)
  return [
    labelled(t('adopt_container'), `${stranger.name} · ${stranger.image}`),
    labelled(t('way_forward'), t(`adopt_way_${way}`, { because: because.join(', ') })),
    ...(secrets.length === 0 ? [] : [labelled(t('kind_secret'), t('adopt_sealed', { names: secrets.join(', ') }))]),
    labelled(t('adopt_next'), formatChanges(changes, t)),
  ]
}

/** What brings back the container as it was. */
function undoOf({ stranger, release }: AdoptPlan): string {
  const { name, restart } = stranger
  const remove = `astern remove ${release.service} --env ${release.environment} --yes`
  return `${remove} && docker update --restart=${restart} ${name} && docker start ${name}`
}

function forMachines({ stranger, way, because, changes, release }: AdoptPlan) {
  return {
    container: stranger.name,
    image: stranger.image,
    way,
    because,
    sealed: release.config.secrets.map(({ name }) => name),
    next_deploy_changes: changes,
  }
}

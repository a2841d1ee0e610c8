// `astern deploy [TAG]`: reads the configuration, brings the release into service, then does what is overdue.
import { fail } from '../core/errors.ts'
import { deploy, type DeployAsked } from '../operations/deploy.ts'
import { headOf } from '../operations/history.ts'
import { resumeUnfinished } from '../operations/resume.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { headLines } from './head-lines.ts'
import { parseForce, parseTag } from './options.ts'
import { createProgress } from './progress.ts'
import { oneDefinition } from './select.ts'
import { showOutcome } from './show-outcome.ts'
import { tend } from './tend.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  if (args.text('set') !== null) return (await import('./deploy-set.ts')).run(context, args)
  const [named, surplus] = args.positionals
  if (surplus !== undefined) {
    throw fail('USAGE', { problem: context.t('positional_surplus', { value: surplus }), command: 'deploy' })
  }
  const definition = await oneDefinition(context, args)
  const tag = named === undefined ? definition.composeTag : parseTag(context, named)
  if (tag === null) throw fail('TAG_NEEDED')
  const app = await context.open()
  const asked: DeployAsked = {
    tag,
    force: parseForce(context, args),
    actor: context.actor,
    reason: args.text('message'),
  }
  if (args.flag('dry-run')) return (await import('./dry-run.ts')).dryRunDeploy(context, app, definition, asked)

  app.store.db.keepReserve()
  await resumeUnfinished(app, definition)
  const progress = createProgress(context)
  const stopListening = app.store.journal.listen((event) => {
    if (event.service !== definition.service || event.environment !== definition.environment) return
    if (event.step === 'plan' && !context.json) {
      progress.end()
      const head = headOf(app, definition, event.transaction_id)
      for (const line of headLines(context, head, 'deploy')) context.print(line)
    }
    progress.show(event)
  })
  const interrupted = new AbortController()
  const stopInterrupts = context.onInterrupt(() => {
    context.say(context.t('interrupting'))
    interrupted.abort(fail('INTERRUPTED', { serving: '' }))
  })
  const answered = await deploy(app, definition, { ...asked, signal: interrupted.signal }).finally(() => {
    stopInterrupts()
    stopListening()
    progress.end()
  })
  const exit = await showOutcome(context, answered)
  await tend(context, app)
  return exit
}

// A deploy before people's eyes, or a program's: its head, its steps, its end; Ctrl-C goes back. What was left undone is finished first, what is overdue
// is done last. Used by `deploy` and by `rollback --undo`.
import type { Scope } from '../core/model.ts'
import type { Answered } from '../operations/answer.ts'
import type { App, Asked } from '../operations/app.ts'
import { headOf } from '../operations/history.ts'
import { resumeUnfinished } from '../operations/resume.ts'
import type { Context } from './context.ts'
import { headLines } from './head-lines.ts'
import { remindOfHolds } from './held.ts'
import { showHookOutput } from './hook-output.ts'
import { interruptible } from './interruptible.ts'
import { paint } from './paint.ts'
import { createProgress } from './progress.ts'
import { warnIfUnattended } from './schedules.ts'
import { warnIfUnwatched } from './trial-lines.ts'
import { showOutcome } from './show-outcome.ts'
import { tend } from './tend.ts'

/** Returns the exit code. */
export async function shownDeploy(
  context: Context,
  app: App,
  { service, environment }: Scope,
  deploy: (watched: Required<Pick<Asked, 'signal' | 'onOutput'>>) => Promise<Answered>,
): Promise<number> {
  const scope = { service, environment }
  app.store.db.keepReserve()
  await resumeUnfinished(app, scope, (error) =>
    context.say(`${paint(context, 'yellow', context.t('warning'))}: ${error.message}`),
  )
  const progress = createProgress(context)
  const stopListening = app.store.journal.listen((event) => {
    if (event.service !== service || event.environment !== environment) return
    if (event.step === 'plan' && !context.json) {
      progress.end()
      const head = headOf(app, scope, event.transaction_id)
      if (head.plan.endsBake === true) return
      for (const line of headLines(context, head, 'deploy')) context.print(line)
    }
    progress.show(event)
  })
  const interrupts = interruptible(context)
  const onOutput = showHookOutput(context, progress.end)
  const answered = await deploy({ signal: interrupts.signal, onOutput }).finally(() => {
    interrupts.stop()
    stopListening()
    progress.end()
  })
  const exit = await showOutcome(context, answered)
  remindOfHolds(context, app, [scope])
  await warnIfUnattended(context, app, [scope])
  await warnIfUnwatched(context, app, [scope])
  await tend(context, app)
  return exit
}

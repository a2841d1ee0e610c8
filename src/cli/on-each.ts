// What is done to one service, or with --set to each service of a set, and said of each.
import type { Scope } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import type { HoldAnswered } from '../operations/hold.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { labelled } from './format.ts'
import { oneScope } from './select.ts'
import { scopesOfSet } from './set-scopes.ts'
import { tend } from './tend.ts'

type Done = Pick<HoldAnswered, 'answer' | 'exit'> & { readonly line: string }

/** Returns the exit code: that of a service for which something was done, if there is one. */
export async function onEach(
  context: Context,
  args: Arguments,
  work: (app: App, scope: Scope) => Done,
): Promise<number> {
  const app = await context.open()
  const set = args.text('set')
  const scopes = set === null ? [oneScope(context, app, args)] : scopesOfSet(context, app, args, set)
  const done = scopes.map((scope) => work(app, scope))
  for (const { answer, line } of done) {
    if (context.json)
      for (const event of app.store.journal.ofTransaction(answer.transaction_id!)) context.print(JSON.stringify(event))
    else context.print(set === null ? line : labelled(`${answer.service} · ${answer.environment}`, line))
  }
  const exit = Math.min(...done.map((one) => one.exit))
  if (context.json) {
    const answers = done.map(({ answer }) => answer)
    const [first] = answers
    const outcome = answers.some((answer) => answer.outcome === 'succeeded') ? 'succeeded' : 'noop'
    context.print(
      JSON.stringify(set === null ? first : { operation: first!.operation, set, outcome, services: answers }),
    )
  }
  await tend(context, app)
  return exit
}

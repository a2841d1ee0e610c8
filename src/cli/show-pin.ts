// What `pin` and `unpin` say when they are done.
import type { Scope } from '../core/model.ts'
import type { App } from '../operations/app.ts'
import type { Pinned } from '../operations/pins.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { formatRelease, labelled } from './format.ts'
import { oneScope } from './select.ts'
import { tend } from './tend.ts'

export async function showPin(
  context: Context,
  args: Arguments,
  work: (app: App, scope: Scope) => Pinned,
  line: (release: string) => readonly [label: string, text: string],
): Promise<number> {
  const app = await context.open()
  const { answer, error, release } = work(app, oneScope(context, app, args))
  if (context.json) {
    for (const event of app.store.journal.ofTransaction(answer.transaction_id!)) context.print(JSON.stringify(event))
    context.print(JSON.stringify(answer))
  } else {
    context.print(error === null ? labelled(...line(formatRelease(release))) : error.message)
  }
  await tend(context, app)
  return error?.exit ?? 0
}

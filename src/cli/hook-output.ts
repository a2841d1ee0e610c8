// What hooks write, shown while they run. Machines find its last lines in the journal.
import type { Asked } from '../operations/app.ts'
import type { Context } from './context.ts'
import { paint } from './paint.ts'

/** `before` ends a line that grows. */
export function showHookOutput(context: Context, before: () => void = () => {}): NonNullable<Asked['onOutput']> {
  return (hook, { text }) => {
    if (context.json) return
    before()
    context.print(`${paint(context, 'dim', `${hook} │`)} ${text}`)
  }
}

// Turns an error into what the user reads (or, with --json, what a program reads), and into the exit code.
import type { ExitCode } from '../core/error-entry.ts'
import { type AsternError, fail, fillIn, isAsternError, reasonOf } from '../core/errors.ts'
import type { Outcome } from '../core/model.ts'
import { unbegun } from '../operations/answer.ts'
import type { Context } from './context.ts'
import { labelled } from './format.ts'
import { paint } from './paint.ts'

/** What machines read where an error alone is the answer; whatever is not here has failed. */
const OUTCOME: Readonly<Partial<Record<ExitCode, Outcome>>> = { 3: 'refused', 6: 'noop', 7: 'busy' }

/** What is said of an error that ends nothing. */
export function reportedText(context: Context, error: unknown): Promise<{ message: string; hint: string }> {
  return textOf(context, known(error))
}

function known(error: unknown): AsternError {
  return isAsternError(error) ? error : fail('INTERNAL', { reason: reasonOf(error) }, error)
}

/** Says the error of a command and returns its exit code. */
export async function report(context: Context, error: unknown, command: string | null = null): Promise<number> {
  const { code, exit } = known(error)
  const { message, hint } = await textOf(context, known(error))
  if (context.json) {
    const outcome = OUTCOME[exit] ?? 'failed'
    const spoken = { code, message, hint }
    // The names of an operation's answer are a contract, however early it failed.
    const operation = command === 'promote-to' ? 'deploy' : command
    const isOperation = operation === 'deploy' || operation === 'rollback'
    context.print(JSON.stringify(isOperation ? unbegun(operation, outcome, spoken) : { outcome, error: spoken }))
  } else if (code === 'NOTHING_TO_DO') {
    context.print(labelled(context.t('noop'), message))
  } else {
    context.say(`${paint(context, 'red', `${context.t('error')} ${code}`)}: ${message}`)
    if (hint !== '') context.say(hint)
    if (code === 'INTERNAL' && error instanceof Error && context.env['ASTERN_DEBUG'] !== undefined)
      context.say(error.stack ?? '')
  }
  return exit
}

/** Message and hint in the user's language. An error that quotes another one quotes it in that language, too. */
export async function textOf(
  context: Pick<Context, 'language'>,
  error: AsternError,
): Promise<{ message: string; hint: string }> {
  if (context.language === 'en') return { message: error.message, hint: oneSpace(error.hint) }
  const { errorsZhCn } = await import('../i18n/errors-zh-cn.ts')
  const text = errorsZhCn[error.code]
  const cause = isAsternError(error.cause) ? (await textOf(context, error.cause)).message : null
  const details = cause === null ? error.details : { ...error.details, reason: cause }
  return { message: fillIn(text.message, details), hint: oneSpace(fillIn(text.hint, details)) }
}

/** `astern {command} --help` where there is no command. */
function oneSpace(hint: string): string {
  return hint.replaceAll(/ {2,}/g, ' ')
}

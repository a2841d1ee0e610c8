// A build or a push before people's eyes, or a program's: its steps, Docker's own lines beside them, Ctrl-C, and the answer.
import { type Advice } from '../core/advice.ts'
import { fail } from '../core/errors.ts'
import type { Scope } from '../core/model.ts'
import type { MessageKey } from '../i18n/messages.ts'
import { asAsternError } from '../operations/answered.ts'
import type { App, Asked } from '../operations/app.ts'
import type { BuildWarning } from '../operations/build.ts'
import { round } from '../operations/operation.ts'
import type { Context } from './context.ts'
import { paint } from './paint.ts'
import { finished } from './progress.ts'
import { report, textOf } from './report-error.ts'

/** What machines read. The names are a contract; unknown is `null`, never missing. */
export type ImageAnswer = {
  readonly transaction_id: string | null
  readonly operation: 'build' | 'push'
  readonly service: string
  readonly environment: string
  readonly outcome: 'succeeded' | 'noop' | 'failed' | 'refused'
  /** `registry.example.com/shop/gin-shop:v1.4.0-prod-217` */
  readonly image: string | null
  readonly tag: string | null
  /** The registry's manifest. */
  readonly digest: string | null
  /** The image ID. */
  readonly config_digest: string | null
  readonly size_bytes: number | null
  readonly previous_size_bytes: number | null
  readonly advice: readonly { readonly code: string; readonly message: string; readonly line: number | null }[]
  readonly warnings: readonly string[]
  readonly error: { readonly code: string; readonly message: string; readonly hint: string } | null
  readonly duration_ms: number | null
}

export type Known = Omit<ImageAnswer, 'operation' | 'service' | 'environment' | 'error'>

/** Before anything is known. */
export const NOTHING_KNOWN: Known = {
  transaction_id: null,
  outcome: 'failed',
  image: null,
  tag: null,
  digest: null,
  config_digest: null,
  size_bytes: null,
  previous_size_bytes: null,
  advice: [],
  warnings: [],
  duration_ms: null,
}

type Watching = Required<Pick<Asked, 'signal'>> & {
  readonly onLine: (line: string) => void
  /** Remembers what is known by now, for the answer of a failure; and whose steps are shown. */
  readonly learn: (known: Partial<Known>) => void
}

/** Does the work while its steps are shown, and gives the answer. `null`: it failed, which was said, and is in `exit`. */
export async function shownWork(
  context: Context,
  app: App,
  scope: Scope,
  operation: ImageAnswer['operation'],
  work: (watching: Watching) => Promise<Known>,
): Promise<{ readonly known: Known | null; readonly exit: number }> {
  let learnt: Partial<Known> = {}
  const startedAt = app.clock.monotonic()
  const stopListening = app.store.journal.listen((event) => {
    if (event.transaction_id !== learnt.transaction_id) return
    const line = finished(context, event)
    if (context.json) context.print(JSON.stringify(event))
    else if (line !== null) context.print(line)
  })
  const stopping = new AbortController()
  const stopInterrupts = context.onInterrupt(() => {
    context.say(context.t('stopping'))
    stopping.abort(fail('WORK_STOPPED'))
  })
  // A program reads standard output; people who look at it alone see the steps.
  const onLine = context.json ? () => {} : (line: string) => context.say(paint(context, 'dim', line))
  const learn = (known: Partial<Known>) => {
    learnt = { ...learnt, ...known }
  }
  try {
    const known = await work({ signal: stopping.signal, onLine, learn })
    sayWarnings(context, known.warnings)
    if (context.json) print(context, scope, operation, known, null)
    return { known, exit: 0 }
  } catch (error) {
    const failure = asAsternError(error)
    if (!context.json) {
      sayWarnings(context, learnt.warnings ?? [])
      return { known: null, exit: await report(context, error) }
    }
    const outcome = failure.exit === 3 ? 'refused' : 'failed'
    const duration_ms = round(app.clock.monotonic() - startedAt)
    const spoken = { code: failure.code, ...(await textOf(context, failure)) }
    print(context, scope, operation, { ...NOTHING_KNOWN, ...learnt, outcome, duration_ms }, spoken)
    return { known: null, exit: failure.exit }
  } finally {
    stopInterrupts()
    stopListening()
  }
}

function print(
  context: Context,
  { service, environment }: Scope,
  operation: ImageAnswer['operation'],
  { transaction_id, duration_ms, ...known }: Known,
  error: ImageAnswer['error'],
): void {
  const answer: ImageAnswer = { transaction_id, operation, service, environment, ...known, error, duration_ms }
  context.print(JSON.stringify(answer))
}

function sayWarnings(context: Context, warnings: readonly string[]): void {
  if (context.json) return
  for (const warning of warnings) context.say(`${paint(context, 'yellow', context.t('warning'))}: ${warning}`)
}

export function warningTexts(context: Pick<Context, 't'>, warnings: readonly BuildWarning[]): string[] {
  return warnings.map(({ code, details }) => context.t(`build_warning_${code}`, details))
}

export function adviceView(context: Pick<Context, 't'>, advice: readonly Advice[]): ImageAnswer['advice'] {
  return advice.map(({ code, line, details }) => {
    const key: MessageKey = `advice_${code}`
    return { code, message: context.t(key, details), line }
  })
}

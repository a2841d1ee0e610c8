// `astern verify [RELEASE]`: the checks of an environment, against that very image. 0: it has passed, 4: it has not.
import { type Definition, type Outcome, releaseName } from '../core/model.ts'
import type { Durations } from '../operations/answer.ts'
import { asAsternError } from '../operations/answered.ts'
import type { App } from '../operations/app.ts'
import { failureOf, verify, type VerifyAnswer } from '../operations/verify.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { formatDuration, labelled } from './format.ts'
import { showHookOutput } from './hook-output.ts'
import { interruptible } from './interruptible.ts'
import { paint } from './paint.ts'
import { createProgress } from './progress.ts'
import { textOf } from './report-error.ts'
import { oneDefinition } from './select.ts'
import { tend } from './tend.ts'

export async function run(context: Context, args: Arguments): Promise<number> {
  const definition = await oneDefinition(context, args)
  const app = await context.open()
  const what = args.positionals[0] ?? null
  const asked = { what, actor: context.actor, reason: args.text('message') }
  const ended = await shown(context, app, definition, (watched) => verify(app, definition, { ...asked, ...watched }))
  const exit = await say(context, definition, ended)
  await tend(context, app)
  return exit
}

type Ended = { readonly transactionId: string | null; readonly answer: VerifyAnswer | null; readonly error: unknown }
type Watched = Required<Pick<Parameters<typeof verify>[2], 'signal' | 'onOutput'>>

async function shown(
  context: Context,
  app: App,
  { service, environment }: Definition,
  work: (watched: Watched) => Promise<VerifyAnswer>,
): Promise<Ended> {
  app.store.db.keepReserve()
  const progress = createProgress(context)
  let transactionId: string | null = null
  const stopListening = app.store.journal.listen((event) => {
    if (event.operation !== 'verify' || event.service !== service || event.environment !== environment) return
    transactionId = event.transaction_id
    progress.show(event)
  })
  const interrupts = interruptible(context)
  const onOutput = showHookOutput(context, progress.end)
  try {
    const answer = await work({ signal: interrupts.signal, onOutput })
    return { transactionId, answer, error: null }
  } catch (error) {
    return { transactionId, answer: null, error }
  } finally {
    interrupts.stop()
    stopListening()
    progress.end()
  }
}

/** The names are a contract; unknown is `null`. */
type VerifyView = {
  readonly transaction_id: string | null
  readonly operation: 'verify'
  readonly service: string
  readonly environment: string
  readonly outcome: Outcome
  /** `null`: no release of this environment was named. */
  readonly release: string | null
  readonly image: string | null
  readonly digest: string | null
  readonly checks: readonly {
    readonly name: string
    readonly outcome: 'passed' | 'failed'
    readonly reason: string | null
    readonly duration_ms: number
    readonly log: string
  }[]
  readonly duration_ms: Pick<Durations, 'total'>
  readonly warnings: readonly string[]
  readonly error: { readonly code: string; readonly message: string; readonly hint: string } | null
}

/** Returns the exit code. */
async function say(context: Context, definition: Definition, { transactionId, answer, error }: Ended): Promise<number> {
  const { t } = context
  const result = answer?.result ?? null
  const failure = result === null ? asAsternError(error) : failureOf(definition, result)
  const text = failure === null ? null : await textOf(context, failure)
  const spoken = failure === null || text === null ? null : { code: failure.code, ...text }
  const exit = failure?.exit ?? 0
  if (context.json) {
    const view: VerifyView = {
      transaction_id: transactionId,
      operation: 'verify',
      service: definition.service,
      environment: definition.environment,
      outcome: failure === null ? 'succeeded' : exit === 3 ? 'refused' : 'failed',
      release: result?.release == null ? null : releaseName(result.release.number),
      image: result?.image.reference ?? null,
      digest: result?.image.digest ?? null,
      checks: (result?.checks ?? []).map(({ name, outcome, reason, durationMs, log }) => ({
        name,
        outcome,
        reason,
        duration_ms: Math.round(durationMs),
        log,
      })),
      duration_ms: { total: answer === null ? null : Math.round(answer.durationMs) },
      warnings: result?.warnings ?? [],
      error: spoken,
    }
    context.print(JSON.stringify(view))
    return exit
  }
  for (const warning of result?.warnings ?? []) context.say(`${paint(context, 'yellow', t('warning'))}: ${warning}`)
  if (spoken !== null) {
    context.say(`${paint(context, 'red', `${t('error')} ${spoken.code}`)}: ${spoken.message}`)
    if (spoken.hint !== '') context.say(spoken.hint)
  } else if (answer !== null) {
    const total = formatDuration(answer.durationMs)
    const { image, checks } = answer.result
    const told = { image: image.reference, environment: definition.environment, total }
    const names = checks.map(({ name }) => name).join(', ')
    context.print(labelled(t('verified'), t('verified_line', { ...told, names, transaction: answer.transactionId })))
  }
  return exit
}

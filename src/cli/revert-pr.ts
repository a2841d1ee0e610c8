// `astern revert-pr [TX]`: opens a request that takes back in git what was rolled back; with `rollback --revert-pr` right after it.
import { fail } from '../core/errors.ts'
import type { Answered } from '../operations/answer.ts'
import { findOperations } from '../operations/history.ts'
import {
  lastWayBack,
  planRevert,
  requestRevert,
  type RevertAsked,
  type RevertPlan,
} from '../operations/revert-request.ts'
import type { Operation } from '../store/operations.ts'
import type { App } from '../operations/app.ts'
import type { Arguments } from './command.ts'
import type { Context } from './context.ts'
import { labelled } from './format.ts'
import { paint } from './paint.ts'
import { knownScopes } from './select.ts'
import { showOutcome } from './show-outcome.ts'
import { tend } from './tend.ts'

const SHOWN_DIGITS = 12

export async function run(context: Context, args: Arguments): Promise<number> {
  const app = await context.open()
  const operation = operationMeant(context, app, args)
  const asked = askedBy(context)
  if (args.flag('dry-run')) {
    const plan = await planRevert(app, operation, asked)
    if (context.json)
      context.print(JSON.stringify({ ...machineAnswer(plan, null, null), dry_run: true, outcome: 'plan' }))
    else context.print(labelled(context.t('would'), wouldLine(context, plan)))
    return 0
  }
  const done = await requestRevert(app, operation, asked)
  const { transactionId, url, outcome } = done
  if (context.json) context.print(JSON.stringify(machineAnswer(done, transactionId, url)))
  else
    context.print(
      labelled(
        context.t('git_request'),
        context.t(`git_request_${outcome === 'opened' ? 'opened' : 'found'}`, { url }),
      ),
    )
  await tend(context, app)
  return 0
}

/** The outcome of a rollback that succeeded, with its request: users are safe, so what goes wrong with that is a warning. Returns the exit code. */
export async function showWithRequest(context: Context, answered: Answered): Promise<number> {
  const { answer } = answered
  // People read at once that it is done; machines want one object, with all of it.
  const exit = context.json ? answered.exit : await showOutcome(context, answered)
  const { url, warnings } = await requestAfter(context, answer.transaction_id!)
  if (!context.json) {
    if (url !== null) context.print(labelled(context.t('git_request'), url))
    for (const warning of warnings) context.say(`${paint(context, 'yellow', context.t('warning'))}: ${warning}`)
    return exit
  }
  const git = url === null ? answer.git! : { ...answer.git!, pull_request_url: url }
  return showOutcome(context, { ...answered, answer: { ...answer, git, warnings: [...answer.warnings, ...warnings] } })
}

async function requestAfter(context: Context, transactionId: string) {
  try {
    const app = await context.open()
    const { url } = await requestRevert(app, findOperations(app, transactionId)[0]!, askedBy(context))
    return { url, warnings: [] }
  } catch (error) {
    const { message, hint } = await (await import('./report-error.ts')).reportedText(context, error)
    return { url: null, warnings: [`${message} ${hint}`.trim()] }
  }
}

function askedBy({ actor, cwd }: Context): RevertAsked {
  return { actor, reason: null, folder: cwd }
}

function operationMeant(context: Context, app: App, args: Arguments): Operation {
  const transaction = args.positionals[0]
  if (transaction === undefined) return lastWayBack(app, knownScopes(context, app, args))
  const [operation, another] = findOperations(app, transaction)
  if (operation === undefined) throw fail('TRANSACTION_UNKNOWN', { transaction })
  if (another === undefined) return operation
  // Of a set: each service has its own part.
  const scopes = knownScopes(context, app, args)
  const parts = findOperations(app, transaction).filter((part) =>
    scopes.some(({ service }) => service === part.service),
  )
  if (parts.length === 1) return parts[0]!
  throw fail('SERVICE_NEEDED', { known: parts.map(({ service }) => service).join(', ') })
}

function machineAnswer(
  plan: RevertPlan & { readonly outcome?: string },
  transactionId: string | null,
  url: string | null,
) {
  const { operation, good, bad, branch, base, command, outcome } = plan
  return {
    transaction_id: transactionId,
    operation: 'revert',
    service: operation.service,
    environment: operation.environment,
    outcome: outcome === 'open_already' ? 'noop' : 'succeeded',
    of: operation.transactionId,
    good,
    bad,
    branch,
    base,
    revert_command: command,
    pull_request_url: url,
    warnings: [],
    error: null,
  }
}

function wouldLine({ t }: Context, { good, bad, base, branch, api }: RevertPlan): string {
  const short = (revision: string) => revision.slice(0, SHOWN_DIGITS)
  const on = base ?? t('git_default_branch')
  return t('git_request_would', { good: short(good), bad: short(bad), base: on, branch, api })
}

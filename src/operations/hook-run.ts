// Runs one hook. Invariant: it is begun once. Whoever finds it begun learns from its container how it ended; where nothing tells, it stops and says so.
import { assertNever, fail, isAsternError, reasonOf } from '../core/errors.ts'
import { hookContainer } from '../core/hook-container.ts'
import { type Hook, type OperationKind, type Outcome, type Release, releaseName } from '../core/model.ts'
import { hookTitle } from '../core/step-key.ts'
import type { OutputLine } from '../core/output-lines.ts'
import { wholeOf } from '../core/transaction-id.ts'
import type { App, Asked } from './app.ts'
import { keepOutput, problemOf } from './kept-output.ts'
import { runOneOff } from './one-offs.ts'
import { hiderOf } from './replica-spec.ts'

/** The operation that a hook belongs to, as hooks are told of it. */
export type HookFacts = {
  readonly operation: OperationKind
  /** Of a set of services: this service's part. */
  readonly transactionId: string
  readonly from: Release | null
  /** In whose image it runs. */
  readonly to: Release
  /** `null`: it has not ended. */
  readonly outcome: Outcome | null
  readonly actor: string
  readonly reason: string | null
}

export type HookRun = {
  readonly hook: Hook
  readonly facts: HookFacts
  /** It was begun before, by a process that died. */
  readonly begun: boolean
  readonly onOutput: NonNullable<Asked['onOutput']>
  readonly signal?: AbortSignal
}

/** What it tells the journal. Errors: HOOK_FAILED with its last lines, HOOK_UNKNOWN, those of the engine; the signal's reason. */
export async function runHook(app: App, run: HookRun): Promise<Readonly<Record<string, unknown>>> {
  const { hook, facts, signal } = run
  const title = hookTitle(hook.name, hook.place)
  const token = `${facts.transactionId}:${title}`
  if (run.begun && hook.action.kind !== 'run') throw fail('HOOK_UNKNOWN', { hook: title, token })
  const hide = hiderOf(app, facts.to, facts.to.number)
  const output = keepOutput(hide, (line) => run.onOutput(title, line))
  try {
    const done = await act(app, run, token, output.read)
    const lines = output.end()
    if (done.problem === null) return { ...done.told, output: lines }
    throw fail('HOOK_FAILED', { hook: title, reason: done.problem, log: lines.map((line) => `\n  ${line}`).join('') })
  } catch (error) {
    signal?.throwIfAborted()
    if (isAsternError(error)) throw error
    throw fail('HOOK_FAILED', { hook: title, reason: hide(reasonOf(error)), log: '' }, error)
  }
}

type Done = { readonly told: Readonly<Record<string, unknown>>; readonly problem: string | null }

async function act(
  app: App,
  { hook, facts, signal }: HookRun,
  token: string,
  onOutput: (output: { readonly stream: OutputLine['stream']; readonly bytes: Uint8Array }) => void,
): Promise<Done> {
  const { action, timeoutMs } = hook
  const env = environmentOf(hook, facts, token)
  const common = { timeoutMs, ...(signal === undefined ? {} : { signal }) }
  switch (action.kind) {
    case 'run': {
      const wanted = {
        name: hookContainer(facts.transactionId, hook),
        transactionId: facts.transactionId,
        argv: action.argv,
        process: null,
        env,
        // Until its deploy has succeeded, the secrets of a release that is new are its own.
        keepCurrent: facts.outcome !== null || facts.to.activeAt !== null,
      }
      const end = await runOneOff(app, facts.to, wanted, {
        ...common,
        onOutput,
        stdin: null,
        terminal: null,
      })
      return { told: { exit_code: end.exitCode }, problem: problemOf(end, timeoutMs) }
    }
    case 'host': {
      const hooks = await app.hooks()
      const end = await hooks.runOnHost({ ...common, argv: action.argv, cwd: action.cwd, env, onOutput })
      const { exitCode, timedOut } = end
      if (exitCode === null && !timedOut) return { told: {}, problem: `it was ended by ${end.signal}` }
      return {
        told: { exit_code: exitCode },
        problem: problemOf({ exitCode: exitCode ?? 0, timedOut, oomKilled: false }, timeoutMs),
      }
    }
    case 'webhook': {
      const hooks = await app.hooks()
      const { url, headers } = action
      const { status } = await hooks.post({ ...common, url, headers, body: bodyOf(hook, facts, token) })
      return { told: { status }, problem: status >= 200 && status < 300 ? null : `it answered ${status}` }
    }
    default:
      return assertNever(action)
  }
}

function environmentOf({ name }: Hook, facts: HookFacts, token: string): Record<string, string> {
  const { operation, transactionId, from, to, outcome, actor, reason } = facts
  return {
    ASTERN_OPERATION: operation,
    ASTERN_TRANSACTION: wholeOf(transactionId),
    ASTERN_HOOK: name,
    ASTERN_HOOK_TOKEN: token,
    ASTERN_SERVICE: to.service,
    ASTERN_ENVIRONMENT: to.environment,
    ASTERN_RELEASE: releaseName(to.number),
    ASTERN_VERSION: to.version ?? '',
    ASTERN_FROM_RELEASE: from === null ? '' : releaseName(from.number),
    ASTERN_FROM_VERSION: from?.version ?? '',
    ASTERN_ACTOR: actor,
    ASTERN_REASON: reason ?? '',
    ...(outcome === null ? {} : { ASTERN_OUTCOME: outcome }),
  }
}

/** The names are a contract; unknown is `null`. */
function bodyOf({ name }: Hook, facts: HookFacts, token: string): object {
  const { operation, transactionId, from, to, outcome, actor, reason } = facts
  const reference = (release: Release | null) =>
    release === null
      ? null
      : {
          release: releaseName(release.number),
          version: release.version,
          image: release.image,
          digest: release.digest,
        }
  return {
    hook: name,
    token,
    operation,
    transaction_id: wholeOf(transactionId),
    service: to.service,
    environment: to.environment,
    from: reference(from),
    to: reference(to),
    outcome,
    actor,
    reason,
  }
}

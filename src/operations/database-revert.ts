// Takes the schema of a database back, by a program in the image of a release that has the migrations. Invariant: it is begun once; whether it was done
// is learned from the schema itself, and from its container. Where neither tells, it stops and says so.
import { fail, isAsternError, reasonOf } from '../core/errors.ts'
import { revertContainer } from '../core/hook-container.ts'
import { type Release, releaseName, type Step } from '../core/model.ts'
import { stepKey } from '../core/step-key.ts'
import type { App } from './app.ts'
import { keepOutput, problemOf } from './kept-output.ts'
import { runOneOff } from './one-offs.ts'
import type { Operation } from './operation.ts'
import { hiderOf } from './replica-spec.ts'
import { lookAs, type SchemaLook, versionText } from './schema-look.ts'

type RevertStep = Extract<Step, { readonly kind: 'database_revert' }>

/** What it tells the journal. Errors: REVERT_FAILED, REVERT_UNKNOWN, those of the engine; the signal's reason. */
export async function revertDatabase(
  app: App,
  operation: Operation,
  release: Release,
  step: RevertStep,
): Promise<Readonly<Record<string, unknown>>> {
  const definition = app.store.services.get(operation)!.definition
  const database = definition.database
  const { from, to } = step
  const { service, environment } = operation
  if (database?.revert == null) throw fail('NO_REVERT', { service, environment })
  const { revert, revertTimeoutMs: timeoutMs } = database
  const seeAgain = () => lookAs(app, operation, release, database)
  const before = await seeAgain()
  if (isAt(before, to)) return done(app, operation, before, { ran: false })
  const name = revertContainer(operation.transactionId)
  const runtime = await app.runtime()
  const there = (await runtime.seeOneOff({ service, environment, name })) !== null
  if (wasBegun(app, operation, step) && !there && !isAt(before, from)) {
    const now = before.seen === null ? `cannot be asked (${before.unasked})` : `is ${versionText(before.seen)}`
    throw fail('REVERT_UNKNOWN', { to, reason: `the schema ${now}` })
  }
  const failed = async (reason: string, log: string, cause?: unknown) =>
    fail('REVERT_FAILED', { to, reason, log, now: nowOf(await seeAgain()) }, cause)
  if (!there && !isAt(before, from))
    throw await failed(`it was to begin ${versionText({ version: from, dirty: false })}`, '')

  const title = 'database_revert'
  const heard = keepOutput(hiderOf(app, release, release.number), (line) => operation.onOutput(title, line))
  const wanted = {
    name,
    transactionId: operation.transactionId,
    argv: revert.map((word) => word.replaceAll('{version}', String(to))),
    process: null,
    env: { ASTERN_RELEASE: releaseName(release.number), ASTERN_SCHEMA_VERSION: String(to) },
    keepCurrent: true,
  }
  const session = { timeoutMs, signal: operation.signal, onOutput: heard.read, stdin: null, terminal: null }
  let problem: string | null
  try {
    problem = problemOf(await runOneOff(app, release, wanted, session), timeoutMs)
  } catch (error) {
    operation.signal.throwIfAborted()
    if (isAsternError(error) && error.code.startsWith('ENGINE_')) throw error
    throw await failed(reasonOf(error), asLog(heard.end()), error)
  }
  const output = heard.end()
  if (problem !== null) throw await failed(problem, asLog(output))
  const after = await seeAgain()
  if (after.seen !== null && !isAt(after, to)) {
    throw await failed(`its program ended well, and the schema is ${versionText(after.seen)}`, asLog(output))
  }
  return done(app, operation, after, { ran: true, output })
}

/** Below the message of an error. */
function asLog(lines: readonly string[]): string {
  return lines.map((line) => `\n  ${line}`).join('')
}

function wasBegun(app: App, { transactionId }: Operation, step: RevertStep): boolean {
  const key = stepKey(step)
  // The one of this attempt is among them.
  const begun = app.store.journal.ofTransaction(transactionId).filter((event) => event.key === key)
  return begun.filter(({ status }) => status === 'started').length > 1
}

function isAt({ seen }: SchemaLook, version: number): boolean {
  return seen !== null && !seen.dirty && seen.version === version
}

function nowOf({ seen, unasked }: SchemaLook): string {
  return seen === null ? `unknown (${unasked ?? 'nobody was asked'})` : versionText(seen)
}

function done(
  app: App,
  operation: Operation,
  { seen, found }: SchemaLook,
  detail: object,
): Readonly<Record<string, unknown>> {
  if (seen !== null) operation.commit(() => app.store.schemas.note(operation, seen, found))
  return { version: seen?.version ?? null, ...detail }
}

// What the checks of `astern doctor` look at, and what they find.
import { type AsternError, fail, isAsternError, reasonOf } from '../../core/errors.ts'
import type { App } from '../../operations/app.ts'
import type { Clock } from '../../ports/clock.ts'
import type { EngineFacts, Runtime } from '../../ports/runtime.ts'
import type { Context } from '../context.ts'
import { textOf } from '../report-error.ts'

/** How long a check waits for anything outside. An engine may accept and never answer. */
export const LIMIT_MS = 6_000

export type Finding = {
  readonly name: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly message: string
  /** What to do; `null` when nothing is to be done. */
  readonly hint: string | null
}

export type Engine = { readonly runtime: Runtime; readonly facts: EngineFacts }

export type Look = {
  readonly context: Context
  /** `null`: there is no state, or it cannot be opened. */
  readonly app: App | null
  /** Why the state cannot be opened. */
  readonly stateProblem: AsternError | null
  readonly clock: Clock
  /** The engine, or why it cannot be asked. Asked once. */
  readonly engine: () => Promise<Engine | AsternError>
}

export type Check = (look: Look) => Promise<readonly Finding[]> | readonly Finding[]

/** `engineApp` is an app whose engine is asked: the state's own, or one made aside when there is none. */
export function createLook(context: Context, app: App | null, stateProblem: AsternError | null, engineApp: App): Look {
  let asked: Promise<Engine | AsternError> | null = null
  return {
    context,
    app,
    stateProblem,
    clock: engineApp.clock,
    engine: () => (asked ??= askEngine(context, engineApp)),
  }
}

async function askEngine(context: Context, app: App): Promise<Engine | AsternError> {
  try {
    return await within(app.clock, async () => {
      const runtime = await app.runtime()
      return { runtime, facts: await runtime.facts() }
    })
  } catch (error) {
    if (!(error instanceof NoAnswer)) return knownError(error)
    const endpoint = context.env['DOCKER_HOST'] || 'unix:///var/run/docker.sock'
    return fail('ENGINE_UNAVAILABLE', { endpoint, reason: error.message }, error)
  }
}

export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

/** Error: NoAnswer. What is still going on then is left to end by itself. */
export async function within<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  const done = new AbortController()
  const late = clock.sleep(LIMIT_MS, done.signal).then(
    () => Promise.reject(new NoAnswer(`no answer within ${LIMIT_MS / 1_000} s`)),
    () => new Promise<never>(() => {}), // the work was done before
  )
  try {
    return await Promise.race([work(), late])
  } finally {
    done.abort()
  }
}

export function knownError(error: unknown): AsternError {
  return isAsternError(error) ? error : fail('INTERNAL', { reason: reasonOf(error) }, error)
}

/** What a check says of an error that it met. */
export async function findingOf(
  context: Context,
  name: string,
  status: Finding['status'],
  error: unknown,
): Promise<Finding> {
  if (error instanceof NoAnswer) return { name, status, message: error.message, hint: null }
  const { message, hint } = await textOf(context, knownError(error))
  return { name, status, message, hint: hint === '' ? null : hint }
}

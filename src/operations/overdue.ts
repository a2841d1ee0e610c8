// Work that nobody did in time: unfinished operations of processes that died, demotions, and containers of commands that ended. Any command does it after its own; `serve` does it on a tick.
import { reasonOf } from '../core/errors.ts'
import { type Scope, scopeName } from '../core/model.ts'
import type { App } from './app.ts'
import { climb, ladderIsDue } from './ladder.ts'
import { clearLeftOvers, hasLeftOvers } from './one-offs.ts'
import { abandoned, resumeUnfinished } from './resume.ts'
import { secretFilesAreDue, tidySecretFiles } from './secret-files.ts'

export type Overdue = {
  /** Scopes in which something was done. */
  readonly done: readonly Scope[]
  /** What could not be done now and stays due. */
  readonly left: readonly { readonly scope: Scope; readonly error: unknown; readonly reason: string }[]
}

/** True when a look at the state alone finds something to do. */
export function isOverdue(app: App): boolean {
  return scopesOf(app).some(
    (scope) =>
      abandoned(app, scope).length > 0 ||
      hasLeftOvers(app, scope) ||
      ladderIsDue(app, scope) ||
      secretFilesAreDue(app, scope),
  )
}

/** `look`: compares with the engine as well. Throws nothing: what fails stays due and is told. */
export async function doOverdue(
  app: App,
  options: { readonly look: boolean; readonly signal?: AbortSignal },
): Promise<Overdue> {
  const done: Scope[] = []
  const left: { scope: Scope; error: unknown; reason: string }[] = []
  for (const scope of scopesOf(app)) {
    try {
      const resumed = await resumeUnfinished(app, scope)
      const due = options.look || ladderIsDue(app, scope)
      const steps = due ? (await climb(app, scope, options)).steps : 0
      const cleared = await clearLeftOvers(app, scope)
      const tidied = tidySecretFiles(app, scope)
      if (resumed + steps + cleared + tidied > 0) done.push(scope)
    } catch (error) {
      left.push({ scope, error, reason: reasonOf(error) })
    }
  }
  return { done, left }
}

/** Every scope that is known, also by an operation that died before it got anywhere. */
function scopesOf(app: App): Scope[] {
  const { services, operations, oneOffs } = app.store
  const all = [...services.list(), ...operations.unfinishedScopes(), ...oneOffs.scopes()].map(
    ({ service, environment }) => ({
      service,
      environment,
    }),
  )
  return [...new Map(all.map((scope) => [scopeName(scope), scope])).values()]
}

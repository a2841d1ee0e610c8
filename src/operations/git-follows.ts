// What a rollback means for the source, from what the state knows: no git is run, and nobody is asked.
import { dirname } from 'node:path'
import { compareUrl, kindOfHost, revertCommand, type WebRepository, webRepository } from '../core/git-links.ts'
import type { Definition, Scope } from '../core/model.ts'
import type { Operation } from '../store/operations.ts'
import type { App } from './app.ts'

/** The names are a contract; unknown is `null`. */
export type GitView = {
  readonly compare_url: string | null
  readonly revert_command: string | null
  /** Of the request that takes it back in git; `null`: there is none. */
  readonly pull_request_url: string | null
}

/** The release that serves since an operation went back, and the one that was taken out; `null`: it did not go back. */
export function wayBackOf({
  kind,
  outcome,
  from,
  to,
}: Operation): { readonly good: number | null; readonly bad: number | null } | null {
  if (kind === 'rollback' && outcome === 'succeeded') return { good: to, bad: from }
  return kind === 'deploy' && outcome === 'rolled_back' ? { good: from, bad: to } : null
}

/** `null`: the revisions are not known, or one and the same. */
export function gitView(app: App, scope: Scope, good: number | null, bad: number | null): GitView | null {
  const { releases, services, repositories } = app.store
  const revision = (number: number | null) =>
    number === null ? null : (releases.get(scope, number)?.gitRevision ?? null)
  const [from, to] = [revision(good), revision(bad)]
  const revert_command = revertCommand(from, to)
  if (from === null || to === null || revert_command === null) return null
  const url = repositories.of(scope)
  const web = url === null ? null : webRepository(url)
  const host = services.get(scope)?.definition.git?.host ?? null
  return {
    compare_url: web === null ? null : compareUrl(web, host ?? kindOfHost(web.origin), from, to),
    revert_command,
    pull_request_url: null,
  }
}

export function addressOf({ origin, path }: WebRepository): string {
  return `${origin}/${path}`
}

/** Notes where the source of a service is, while its checkout is there: at the next rollback it may not be. */
export async function noteRepository(app: App, definition: Definition): Promise<void> {
  const vcs = await app.vcs()
  const remote = await vcs.remote(dirname(definition.configPath))
  const web = remote === null ? null : webRepository(remote.url)
  if (web === null || app.store.repositories.of(definition) === addressOf(web)) return
  app.store.transaction(() => app.store.repositories.set(definition, addressOf(web)))
}

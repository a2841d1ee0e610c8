// Containers that run one command of a release: how they are made, and how what is left of them goes away.
import { fail } from '../core/errors.ts'
import { type Release, releaseName, type Scope } from '../core/model.ts'
import { configOf, WEB } from '../core/processes.ts'
import type { OneOffSession, OneOffSpec, Runtime } from '../ports/runtime.ts'
import type { CommandEnd } from '../ports/session.ts'
import type { App } from './app.ts'
import { removeProjects } from './check-projects.ts'
import { endSession } from './session.ts'
import { environmentOf, takesFiles } from './replica-spec.ts'
import { writeSecretFiles } from './secret-files.ts'

export type OneOffWanted = {
  readonly name: string
  readonly transactionId: string
  readonly argv: readonly string[] | null
  /** The process whose environment, mounts and limits it has; `null`: those that all of them have. */
  readonly process: string | null
  /** Beside the release's own; it wins. */
  readonly env?: Readonly<Record<string, string>>
  /** Secrets marked `keep_current` have the value of now. */
  readonly keepCurrent: boolean
}

/** Errors: as of the port's `runOnce`. */
export async function runOneOff(
  app: App,
  release: Release,
  wanted: OneOffWanted,
  session: OneOffSession,
): Promise<CommandEnd> {
  const runtime = await app.runtime()
  return runtime.runOnce(await oneOffSpec(app, release, wanted, runtime), session)
}

/** Its secrets that are given as files are written. */
export async function oneOffSpec(
  app: App,
  release: Release,
  wanted: OneOffWanted,
  runtime: Runtime,
): Promise<OneOffSpec> {
  if (takesFiles(release)) await writeSecretFiles(app, release, release, runtime)
  const { service, environment, number, configDigest } = release
  const { name, transactionId, argv, process, env = {}, keepCurrent } = wanted
  const config = process === null ? release.config : configOf(release.config, process)
  if (config === null) throw fail('PROCESS_UNKNOWN', { release: releaseName(number), process: process ?? '' })
  return {
    service,
    environment,
    name,
    release: number,
    process: process ?? WEB,
    transactionId,
    configDigest,
    config,
    argv,
    secretFiles: takesFiles(release) ? app.store.secretFiles.pathOf(release, number) : null,
    openEnv: () => ({ ...environmentOf(app, release, release, { env: config.env, keepCurrent }), ...env }),
  }
}

/** True when, by the state alone, something of a command is left that nobody waits for. */
export function hasLeftOvers(app: App, scope: Scope): boolean {
  const { oneOffs } = app.store
  return (
    oneOffs.abandonedSessions(scope).length > 0 ||
    oneOffs.spent(scope).length > 0 ||
    app.store.checkProjects.spent(scope).length > 0
  )
}

/** Ends commands whose process died, and removes the containers and compose projects that nobody needs. Returns how many there were. Errors: those of the engine. */
export async function clearLeftOvers(app: App, scope: Scope): Promise<number> {
  const { store } = app
  const abandoned = store.oneOffs.abandonedSessions(scope)
  for (const transactionId of abandoned) {
    store.transaction(() => endSession(app, transactionId, 'failed', { reason: 'its process ended before it did' }))
  }
  const removed = await removeOneOffs(app, scope, store.oneOffs.spent(scope))
  return abandoned.length + removed + (await removeProjects(app, store.checkProjects.spent(scope)))
}

/** Removes the containers, whatever they do. */
export async function removeOneOffs(
  app: App,
  scope: Scope,
  oneOffs: readonly { readonly name: string }[],
): Promise<number> {
  if (oneOffs.length === 0) return 0
  const runtime = await app.runtime()
  for (const { name } of oneOffs) {
    await runtime.removeOneOff({ service: scope.service, environment: scope.environment, name })
    app.store.transaction(() => app.store.oneOffs.remove(scope, name))
  }
  return oneOffs.length
}

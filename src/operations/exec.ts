// A command in a replica that runs already.
import { fail } from '../core/errors.ts'
import { type Release, releaseName, type Scope } from '../core/model.ts'
import type { Session } from '../ports/session.ts'
import type { StoredReplica } from '../store/replicas.ts'
import type { App } from './app.ts'
import { replicaNameWithPolicy } from './replica-spec.ts'
import { type CommandAnswer, type CommandAsked, inSession } from './session.ts'

export type ReplicaAsked = {
  readonly release: Release
  /** `r41-1`; `null`: any that runs. */
  readonly replica: string | null
  /** `null`: the one that takes traffic, else any. */
  readonly process: string | null
}

/** The replica that is meant. Errors: REPLICA_UNKNOWN, with those that run. */
export function chooseReplica(app: App, scope: Scope, { release, replica, process }: ReplicaAsked): StoredReplica {
  const running = app.store.replicas
    .of(scope)
    .filter(({ level }) => level === 'running')
    .filter((one) => replica !== null || one.release === release.number)
  const matching = running.filter(
    (one) => (replica === null || one.name === replica) && (process === null || one.process === process),
  )
  const chosen = matching.find((one) => one.process === 'web') ?? matching[0]
  if (chosen !== undefined) return chosen
  throw fail('REPLICA_UNKNOWN', {
    wanted: replica ?? (process === null ? releaseName(release.number) : `${releaseName(release.number)} ${process}`),
    known: running.map(({ name }) => name).join(', ') || '-',
  })
}

/** Errors: START_FAILED, those of the engine. */
export function execCommand(
  app: App,
  scope: Scope,
  replica: StoredReplica,
  asked: CommandAsked,
  session: Session,
): Promise<CommandAnswer> {
  const release = app.store.releases.get(scope, replica.release)
  if (release === null) throw new Error(`no release ${replica.release}`)
  const work = async () =>
    (await app.runtime()).exec(replicaNameWithPolicy(app, scope, replica.name), asked.argv, session)
  return inSession(app, 'exec', release, asked, work, { place: replica.name })
}

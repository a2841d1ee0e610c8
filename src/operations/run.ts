// A command in a container of its own, with all that a release has: its image, its environment, its secrets, its mounts, its limits.
import type { Release } from '../core/model.ts'
import type { OneOffSession } from '../ports/runtime.ts'
import type { App } from './app.ts'
import { removeOneOffs, runOneOff } from './one-offs.ts'
import { type CommandAnswer, type CommandAsked, inSession } from './session.ts'
import { bringImage } from './bring-image.ts'

/** The container is removed afterwards; what cannot be removed now is overdue work. Errors: IMAGE_NOT_FOUND, START_FAILED, those of the engine. */
export async function runCommand(
  app: App,
  release: Release,
  asked: CommandAsked & { readonly process: string | null },
  session: OneOffSession,
): Promise<CommandAnswer> {
  const { store } = app
  const { service, environment, number } = release
  const nameOf = (transactionId: string) => `run-${transactionId.replace('tx-', '')}`
  const begin = (transactionId: string) =>
    store.oneOffs.insert({ service, environment, name: nameOf(transactionId), release: number, transactionId })
  try {
    return await inSession(
      app,
      'run',
      release,
      asked,
      async (transactionId) => {
        const runtime = await app.runtime()
        const { argv, process } = asked
        const wanted = { name: nameOf(transactionId), transactionId, argv, process, keepCurrent: true }
        await bringImage(app, session.signal ?? new AbortController().signal, release)
        await runtime.ensureNetwork()
        return runOneOff(app, release, wanted, session)
      },
      { place: null, begin },
    )
  } finally {
    // Whatever went wrong with the command says more than what goes wrong here.
    await removeOneOffs(app, release, store.oneOffs.spent(release)).catch(() => {})
  }
}

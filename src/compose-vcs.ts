// The composition root of commands that need nothing but the repository: what daemon.ts loads beside it would keep them waiting.
import type { Vcs } from './ports/vcs.ts'
import type { Environment } from './state-folder.ts'

export async function composeVcs(env: Environment): Promise<Vcs> {
  const { createGit } = await import('./drivers/git/git.ts')
  return createGit({ env })
}

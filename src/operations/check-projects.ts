// Compose projects of checks, and how what is left of them goes away.
import type { CheckProject } from '../store/check-projects.ts'
import type { App } from './app.ts'

/** Takes them down, whatever they do. What cannot be taken down stays noted. Errors: COMPOSE_FAILED. */
export async function removeProjects(app: App, projects: readonly CheckProject[]): Promise<number> {
  if (projects.length === 0) return 0
  const compose = await app.compose()
  for (const { name } of projects) {
    await compose.down(name)
    app.store.transaction(() => app.store.checkProjects.remove(name))
  }
  return projects.length
}

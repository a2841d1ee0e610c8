// A check of our links in Docker's plugin folders. Who has none is told nothing: they are a convenience.
import { join } from 'node:path'
import { look, pluginFolders, PLUGINS } from '../docker-links.ts'
import type { Check } from './look.ts'

export const checkDockerPlugin: Check = ({ context }) => {
  const { user, system } = pluginFolders(context.env)
  return [user, system].flatMap((folder) =>
    PLUGINS.flatMap((name) => {
      const path = join(folder, name)
      const found = look(path)
      if (found.is !== 'ours' || found.leads) return []
      const message = context.t('doctor_docker_plugin_broken', { path, target: found.target })
      return [{ name: 'docker-plugin', status: 'warn' as const, message, hint: context.t('doctor_docker_plugin_hint') }]
    }),
  )
}

// Finds the configuration file of a folder. On the fast way of `astern rollback`: imports neither zod nor yaml.
import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

export const CONFIG_NAMES = ['astern.yaml', 'astern.yml'] as const

/** The absolute path of the nearest astern.yaml or astern.yml in `cwd` or above it. */
export function findConfig(cwd: string, isFile: (path: string) => boolean = isFileOnDisk): string | null {
  let folder = resolve(cwd)
  for (;;) {
    for (const name of CONFIG_NAMES) {
      const path = join(folder, name)
      if (isFile(path)) return path
    }
    const parent = dirname(folder)
    if (parent === folder) return null
    folder = parent
  }
}

export function isFileOnDisk(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

// The texts of deploy/ci: they lie in the package, beside the command itself.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Templates } from '../../core/init/plan-init.ts'

export function readTemplates(): Templates {
  const folder = templateFolder(import.meta.dirname)
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.ya?ml$/.test(name))
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

/** The bundle lies one folder below the package's root, the sources lie deeper. */
function templateFolder(from: string): string {
  const here = join(from, 'deploy', 'ci')
  if (existsSync(here)) return here
  if (dirname(from) === from) throw new Error('the templates of CI are missing: deploy/ci')
  return templateFolder(dirname(from))
}

// What an astern.yaml that is there already says: `astern init` goes by it, so that what it wrote once is what it would write again.
import { loadConfig } from '../../config/load-config.ts'
import { isAsternError } from '../../core/errors.ts'
import { CONFIG_NAMES } from '../../config/find-config.ts'
import type { Definition } from '../../core/model.ts'
import type { Seen } from '../../core/init/seen.ts'
import type { Context } from '../context.ts'

/** Its first service in each environment; `null`: there is none that can be read. */
export function knownConfig(
  context: Pick<Context, 'cwd' | 'env'>,
  seen: Seen,
): readonly [Definition, ...Definition[]] | null {
  const path = CONFIG_NAMES.find((name) => seen.paths.includes(name))
  if (path === undefined) return null
  try {
    const { definitions } = loadConfig({ cwd: context.cwd, path, variables: context.env })
    const [first, ...others] = definitions
    if (first === undefined) return null
    return [first, ...others.filter(({ service }) => service === first.service)]
  } catch (error) {
    if (isAsternError(error, 'CONFIG_INVALID')) return null // it stays, and whoever loads it says why
    throw error
  }
}

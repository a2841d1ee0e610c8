// How a service's image is built, with its paths made absolute and its defaults filled in.
import { join, resolve } from 'node:path'
import type { BuildDefinition } from '../core/build.ts'
import { DEFAULTS } from './defaults.ts'
import type { BuildConfig } from './schema-build.ts'
import type { ServiceContext } from './service-context.ts'
import type { Path } from './problems.ts'

export function buildOf(
  config: BuildConfig | undefined,
  path: Path,
  { folder, document }: Pick<ServiceContext, 'folder' | 'document'>,
): BuildDefinition {
  const { build } = DEFAULTS
  const context = resolve(folder, config?.context ?? build.context)
  return {
    context,
    dockerfile: config?.dockerfile === undefined ? join(context, 'Dockerfile') : resolve(folder, config.dockerfile),
    target: config?.target ?? null,
    args: Object.fromEntries(
      Object.entries(config?.args ?? {}).map(([name, value]) => [
        name,
        document.text([...path, 'args', name]) ?? String(value),
      ]),
    ),
    tag: config?.tag ?? build.tag,
    pointers: [...new Set(config?.pointers ?? build.pointers)],
    platforms: [...new Set(config?.platforms ?? [])],
  }
}

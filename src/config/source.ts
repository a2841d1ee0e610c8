// Adds to definitions what the file says of the source.
import { resolve } from 'node:path'
import type { Definition } from '../core/model.ts'
import type { CodeHost, VersionPolicy } from '../core/source.ts'
import { DEFAULTS } from './defaults.ts'
import type { Config, ServiceConfig } from './schema.ts'
import type { ServiceContext } from './service-context.ts'

export function withSource(definitions: readonly Definition[], config: Config, context: ServiceContext): Definition[] {
  const git = config.git === undefined ? null : codeHostOf(config.git, context)
  return definitions.map((definition) => {
    const version = config.services[definition.service]?.version
    return {
      ...definition,
      ...(version === undefined ? {} : { version: policyOf(version, context) }),
      ...(git === null ? {} : { git }),
    }
  })
}

function policyOf(
  { path, tag_prefix }: NonNullable<ServiceConfig['version']>,
  { folder }: ServiceContext,
): VersionPolicy {
  return {
    folder: path === undefined ? null : resolve(folder, path),
    tagPrefix: tag_prefix ?? DEFAULTS.version.tag_prefix,
  }
}

function codeHostOf({ host, api, token, branch }: NonNullable<Config['git']>, context: ServiceContext): CodeHost {
  const { document, problems, folder } = context
  if (token !== undefined && (token.env === undefined) === (token.file === undefined)) {
    problems.atKey({ document, path: ['git', 'token'] }, 'expected either env or file')
  }
  return {
    host: host ?? null,
    api: api?.replace(/\/+$/, '') ?? null,
    token:
      token?.env !== undefined
        ? { kind: 'env', variable: token.env }
        : token?.file !== undefined
          ? { kind: 'file', path: resolve(folder, token.file) }
          : null,
    branch: branch ?? null,
  }
}

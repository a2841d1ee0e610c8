// Loads astern.yaml, with the compose file and the files of variables that it names, into validated definitions.
// Invariants: a bad configuration throws CONFIG_INVALID with all of its problems; no value of a secret is kept.
import { dirname, resolve } from 'node:path'
import { fail, reasonOf } from '../core/errors.ts'
import type { Definition } from '../core/model.ts'
import { buildDefinitions } from './definitions.ts'
import { filesOnDisk } from './files.ts'
import type { FileAccess } from './files.ts'
import { findConfig } from './find-config.ts'
import { Problems } from './problems.ts'
import type { Note, Taken } from './problems.ts'
import { NAME_PATTERN } from './schema-fields.ts'
import { UNKNOWN_KEYS, configSchema } from './schema.ts'
import type { Config } from './schema.ts'
import { readService } from './service.ts'
import type { Service } from './service.ts'
import type { ServiceContext } from './service-context.ts'
import { withSource } from './source.ts'
import { didYouMean } from './suggest.ts'
import { isRecord, shown, validate } from './validate.ts'
import { parseYaml } from './yaml-document.ts'
import type { YamlDocument } from './yaml-document.ts'

export type LoadOptions = {
  /** Relative paths begin here, and without `path` the search for astern.yaml too. */
  readonly cwd: string
  readonly path?: string | undefined
  readonly files?: FileAccess
  /** The environment of this process: compose files may ask for it. */
  readonly variables?: Readonly<Record<string, string | undefined>>
}

export type LoadedConfig = {
  /** Absolute, without symbolic links. */
  readonly path: string
  /** Each service in each environment. */
  readonly definitions: readonly Definition[]
  /** What of a compose file was not taken, or means something else here, and why. */
  readonly notes: readonly Note[]
  readonly taken: readonly Taken[]
}

/** Errors: CONFIG_NOT_FOUND, CONFIG_INVALID. */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const files = options.files ?? filesOnDisk
  const cwd = resolve(options.cwd)
  const path = options.path === undefined ? findConfig(cwd, files.isFile) : resolve(cwd, options.path)
  if (path === null) throw fail('CONFIG_NOT_FOUND', { folder: cwd })
  const problems = new Problems(dirname(path))
  const document = readConfig(path, files, problems)
  if (document === null) {
    problems.throwIfAny()
    throw new Error('a configuration that cannot be read has a problem')
  }
  const context: ServiceContext = {
    document,
    folder: dirname(path),
    files,
    env: options.variables ?? {},
    problems,
  }
  const realPath = files.realPath(path)
  const definitions = readDefinitions(realPath, document, context)
  problems.throwIfAny()
  return { path: realPath, definitions, notes: problems.notes, taken: problems.taken }
}

function readConfig(path: string, files: FileAccess, problems: Problems): YamlDocument | null {
  const file = problems.shown(path)
  let text: string | null
  try {
    text = files.read(path)
  } catch (error) {
    problems.inFile(file, null, [], `cannot be read: ${reasonOf(error)}`)
    return null
  }
  if (text !== null) return parseYaml(file, text, problems)
  problems.inFile(file, null, [], 'there is no such file')
  return null
}

function readDefinitions(path: string, document: YamlDocument, context: ServiceContext): readonly Definition[] {
  const { problems } = context
  const config = validate(configSchema, document.value, {
    document,
    path: [],
    problems,
    hint: (key) => (Object.hasOwn(UNKNOWN_KEYS, key) ? UNKNOWN_KEYS[key] : undefined),
  })
  if (config === null) return []
  for (const key of ['services', 'environments', 'sets'] as const) {
    checkNames(key, isRecord(document.value) ? document.value[key] : undefined, context)
  }
  const services = Object.entries(config.services).map(([name, service]) => readService(name, service, context))
  const environments = Object.entries(config.environments).map(([name, environment]) => ({ name, config: environment }))
  const sets = readSets(config.sets ?? {}, services, context)
  return withSource(buildDefinitions(path, services, environments, sets, context), config, context)
}

/** Set → service → its place. */
function readSets(
  sets: NonNullable<Config['sets']>,
  services: readonly Service[],
  { document, problems }: ServiceContext,
): ReadonlyMap<string, readonly string[]> {
  for (const [name, members] of Object.entries(sets)) {
    const at = (index: number) => ({ document, path: ['sets', name, index] })
    if (members.length < 2) problems.atKey({ document, path: ['sets', name] }, 'expected two services at least')
    for (const [index, member] of members.entries()) {
      const known = services.map((service) => service.name)
      if (!known.includes(member))
        problems.at(at(index), `there is no service of this name${didYouMean(member, known)}`)
      if (members.indexOf(member) < index) problems.at(at(index), `${member} is named twice`)
    }
  }
  return new Map(Object.entries(sets))
}

function checkNames(
  key: 'services' | 'environments' | 'sets',
  value: unknown,
  { document, problems }: ServiceContext,
): void {
  if (!isRecord(value)) return
  const names = Object.keys(value)
  if (names.length === 0) problems.at({ document, path: [key] }, `expected at least one, got none`)
  for (const name of names) {
    if (NAME_PATTERN.test(name)) continue
    const rule = 'expected a name of lower-case letters, digits and dashes, 40 at most'
    problems.atKey({ document, path: [key, name] }, `${rule}, got ${shown(name)}`)
  }
}

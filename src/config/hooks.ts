// Hooks as they are to be run, in the order in which they stand.
import { resolve } from 'node:path'
import type { HeaderSource, Hook, HookAction, HookName } from '../core/model.ts'
import { DEFAULTS } from './defaults.ts'
import type { Place } from './problems.ts'
import type { HookConfig, HooksConfig } from './schema-hooks.ts'
import type { ServiceContext } from './service-context.ts'
import { msOf } from './standby.ts'
import type { YamlDocument } from './yaml-document.ts'

type DocumentPlace = Place & { readonly document: YamlDocument }
/** `words`: as they were written. */
type Given = ServiceContext & {
  readonly words: (words: NonNullable<HookConfig['run']>, place: DocumentPlace) => string[]
}

const NAMES: readonly HookName[] = ['before_deploy', 'release', 'after_deploy', 'after_rollback']
const ACTIONS = ['run', 'host', 'webhook'] as const

export function hooksOf(config: HooksConfig | undefined, at: DocumentPlace, context: Given): Hook[] {
  return NAMES.flatMap((name) => {
    const said = config?.[name]
    if (said === undefined) return []
    const path = [...at.path, name]
    if (!Array.isArray(said)) return hookOf(name, 1, said, { ...at, path }, context)
    return said.flatMap((one, index) => hookOf(name, index + 1, one, { ...at, path: [...path, index] }, context))
  })
}

function hookOf(name: HookName, place: number, config: HookConfig, at: DocumentPlace, context: Given): Hook[] {
  const { problems } = context
  const given = ACTIONS.filter((key) => at.document.has([...at.path, key]))
  if (given.length !== 1) {
    const expected = given.length === 0 ? 'expected run, host or webhook' : `expected one of ${given.join(' and ')}`
    problems.atKey(at, expected)
    return []
  }
  if (config.headers !== undefined && given[0] !== 'webhook') {
    problems.atKey({ ...at, path: [...at.path, 'headers'] }, 'only a webhook has headers')
  }
  const requires = name === 'before_deploy' || name === 'release'
  if (config.required !== undefined && name !== 'after_deploy' && config.required !== requires) {
    const why = requires ? 'is always required' : 'is never required: it must not hold a rollback up'
    problems.at({ ...at, path: [...at.path, 'required'] }, `${name} ${why}`)
  }
  const action = actionOf(config, at, context)
  if (action === null) return []
  const timeoutMs = config.timeout ?? msOf(DEFAULTS.hooks.timeout)
  return [
    { name, place, action, timeoutMs, required: requires || (name === 'after_deploy' && config.required === true) },
  ]
}

/** `null`: its fault was reported. */
function actionOf(config: HookConfig, at: DocumentPlace, context: Given): HookAction | null {
  const words = (key: 'run' | 'host', value: NonNullable<HookConfig['run']>) => {
    const place = { ...at, path: [...at.path, key] }
    const argv = context.words(value, place)
    if (argv[0] === '' || argv[0]?.startsWith('-') === true) {
      context.problems.at({ ...place, path: [...place.path, 0] }, 'expected the name of a program')
    }
    return argv
  }
  if (config.run !== undefined) return { kind: 'run', argv: words('run', config.run) }
  if (config.host !== undefined) return { kind: 'host', argv: words('host', config.host), cwd: context.folder }
  if (config.webhook === undefined) return null
  return { kind: 'webhook', url: config.webhook, headers: headersOf(config, at, context) }
}

function headersOf(
  { headers = {} }: HookConfig,
  at: DocumentPlace,
  { folder, files, problems }: Given,
): Record<string, HeaderSource> {
  const sources = Object.entries(headers).flatMap(([name, { env, file }]): [string, HeaderSource][] => {
    const place = { ...at, path: [...at.path, 'headers', name] }
    if ((env === undefined) === (file === undefined)) {
      problems.atKey(place, 'expected either env or file')
      return []
    }
    if (file === undefined) return [[name, { kind: 'env', variable: env ?? '' }]]
    const path = resolve(folder, file)
    if (!files.isFile(path))
      problems.at({ ...place, path: [...place.path, 'file'] }, `there is no file ${problems.shown(path)}`)
    return [[name, { kind: 'file', path }]]
  })
  return Object.fromEntries(sources)
}

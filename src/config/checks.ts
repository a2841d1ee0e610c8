// Checks of an environment as they are to be run, in the order in which they stand, and the environments whose checks it requires.
import { resolve } from 'node:path'
import type { Check, CheckAction } from '../core/checks.ts'
import { DEFAULTS } from './defaults.ts'
import type { Place, Problems } from './problems.ts'
import type { EnvironmentConfig } from './schema.ts'
import type { CheckConfig } from './schema-checks.ts'
import { NAME_PATTERN } from './schema-fields.ts'
import { wordsAt } from './service.ts'
import type { ServiceContext } from './service-context.ts'
import { msOf } from './standby.ts'
import { didYouMean } from './suggest.ts'
import type { YamlDocument } from './yaml-document.ts'

type DocumentPlace = Place & { readonly document: YamlDocument }
/** What is said in one place. */
export type Said<T> = { readonly value: T; readonly place: DocumentPlace } | null

export function checksOf(said: Said<NonNullable<EnvironmentConfig['checks']>>, context: ServiceContext): Check[] {
  if (said === null) return []
  return Object.entries(said.value).flatMap(([name, config]): Check[] => {
    const place = { ...said.place, path: [...said.place.path, name] }
    if (!NAME_PATTERN.test(name))
      context.problems.atKey(place, 'expected a name of lower-case letters, digits and dashes, 40 at most')
    const action = actionOf(config, place, context)
    return action === null ? [] : [{ name, action, timeoutMs: config.timeout ?? msOf(DEFAULTS.checks.timeout) }]
  })
}

/** `null`: its fault was reported. */
function actionOf(config: CheckConfig, place: DocumentPlace, context: ServiceContext): CheckAction | null {
  const { problems, files, folder } = context
  const at = (key: string): DocumentPlace => ({ ...place, path: [...place.path, key] })
  const given = (['run', 'compose'] as const).filter((key) => place.document.has([...place.path, key]))
  if (given.length !== 1) {
    problems.atKey(place, `expected ${given.length === 0 ? 'run or compose' : 'either run or compose, not both'}`)
    return null
  }
  const argv = (key: 'run' | 'check', value: NonNullable<CheckConfig['run']>) => {
    const program = wordsAt(value, at(key))
    if (program[0] === '' || program[0]?.startsWith('-') === true)
      problems.at({ ...place, path: [...place.path, key, 0] }, 'expected the name of a program')
    return program
  }
  if (config.run !== undefined) {
    for (const key of ['service', 'check'] as const)
      if (config[key] !== undefined) problems.atKey(at(key), 'only a check with compose has this')
    return { kind: 'run', argv: argv('run', config.run) }
  }
  if (config.compose === undefined) return null
  const file = resolve(folder, config.compose)
  if (!files.isFile(file)) problems.at(at('compose'), `there is no file ${problems.shown(file)}`)
  const program = config.check === undefined ? null : argv('check', config.check)
  return { kind: 'compose', file, service: config.service ?? null, argv: program, cwd: folder }
}

type Checked = { readonly service: string; readonly environment: string; readonly checks: readonly Check[] }

/** Every environment that is required exists, and can be passed there. `all`: what is to be had, of every service and environment of the file. */
export function checkRequired(
  { service, requires }: { readonly service: string; readonly requires: Said<readonly string[]> },
  all: readonly Checked[],
  problems: Problems,
): void {
  for (const [index, name] of (requires?.value ?? []).entries()) {
    const { document, path } = requires!.place
    const isList = document.has([...path, index])
    const place = { document, path: isList ? [...path, index] : path }
    const known = [...new Set(all.map(({ environment }) => environment))]
    const there = all.find((one) => one.service === service && one.environment === name)
    if (there === undefined) problems.at(place, `there is no environment of this name${didYouMean(name, known)}`)
    else if (there.checks.length === 0)
      problems.at(place, `${name} has no checks for ${service}, so nothing could ever pass there`)
  }
}

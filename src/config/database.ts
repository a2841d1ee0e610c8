// The database of a service as it is to be asked, and the newest migration that lies beside the configuration.
import { resolve } from 'node:path'
import type { DatabaseDefinition } from '../core/migration.ts'
import { DEFAULTS } from './defaults.ts'
import type { Path, Place } from './problems.ts'
import type { DatabaseConfig } from './schema-database.ts'
import type { ServiceContext } from './service-context.ts'
import { msOf } from './standby.ts'
import type { YamlDocument } from './yaml-document.ts'

type DocumentPlace = Place & { readonly document: YamlDocument }
type At = (...rest: Path) => DocumentPlace
/** `words`: as they were written. */
type Given = ServiceContext & {
  readonly words: (words: NonNullable<DatabaseConfig['version']>, place: DocumentPlace) => string[]
}

/** `000007_orders.up.sql`, `20260405101500_orders.sql`, `7.go`; not what takes a migration back. */
const MIGRATION = /^(\d+)(?:[_.-].*)?\.(?:sql|go)$/
const DOWN = /\.down\.\w+$|_test\.go$/

export function databaseOf(config: DatabaseConfig | undefined, at: At, context: Given): DatabaseDefinition | null {
  if (config === undefined) return null
  const { problems } = context
  const given = (...path: Path) => context.document.has(at(...path).path)
  const { tool } = config
  const url = config.url ?? DEFAULTS.database.url
  if (tool === 'command') {
    for (const key of ['url', 'table'] as const) {
      if (given(key))
        problems.atKey(at(key), `only golang-migrate and goose are asked this way; command prints the version`)
    }
    if (!given('version')) problems.missing(at('version'), 'is missing; it prints the version that the schema has')
  } else {
    if (given('version'))
      problems.atKey(at('version'), `belongs to tool: command; the version of ${tool} is read from its table`)
  }
  const from = config.compatible?.from ?? null
  const to = config.compatible?.to ?? null
  const version = config.migrations === undefined ? null : newest(config.migrations, at('migrations'), context)
  if (from !== null && to !== null && from > to)
    problems.at(at('compatible', 'to'), `expected ${from} at least, got ${to}`)
  else if (to !== null && version !== null && version > to) {
    problems.at(at('compatible', 'to'), `the newest migration is ${version}, so ${to} is too low`)
  }
  return {
    tool,
    version,
    from,
    to,
    phase: config.phase ?? DEFAULTS.database.phase,
    url,
    table: config.table ?? null,
    print: config.version === undefined ? null : wordsOf(config.version, at('version'), context),
    revert: config.revert === undefined ? null : wordsOf(config.revert, at('revert'), context),
    revertTimeoutMs: config.timeout ?? msOf(DEFAULTS.database.timeout),
  }
}

/** Every environment may have variables of its own. `known`: those of one, with its secrets. */
export function checkUrl(
  { tool, url }: DatabaseDefinition,
  known: ReadonlySet<string>,
  environment: string,
  at: At,
  { document, problems }: ServiceContext,
): void {
  if (tool === 'command' || known.has(url)) return
  const said = document.has(at('url').path)
  const hint = said ? '' : '; url says which one holds the address of the database'
  problems.atKey(said ? at('url') : at(), `there is no variable and no secret ${url} in ${environment}${hint}`)
}

function newest(folder: string, place: DocumentPlace, { files, folder: base, problems }: Given): number | null {
  const path = resolve(base, folder)
  const names = files.list(path)
  if (names === null) {
    problems.at(place, `there is no folder ${problems.shown(path)}`)
    return null
  }
  const versions = names.flatMap((name) => {
    const number = DOWN.test(name) ? undefined : MIGRATION.exec(name)?.[1]
    return number === undefined || !Number.isSafeInteger(Number(number)) ? [] : [Number(number)]
  })
  if (versions.length === 0) {
    problems.at(place, `no file in ${problems.shown(path)} begins with a number, as in 000001_orders.up.sql`)
    return null
  }
  return versions.reduce((most, one) => Math.max(most, one))
}

function wordsOf(said: NonNullable<DatabaseConfig['version']>, place: DocumentPlace, context: Given): string[] {
  const words = context.words(said, place)
  if (words[0] === '' || words[0]?.startsWith('-') === true) {
    context.problems.at({ ...place, path: [...place.path, 0] }, 'expected the name of a program')
  }
  return words
}

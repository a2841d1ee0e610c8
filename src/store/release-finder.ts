// Finds releases by what people remember of them. What is a name or the beginning of a hash is looked up; only a part of a text reads through them all.
// Queries name their index: without statistics SQLite would rather walk the primary key in the wanted order.
import type { Scope } from '../core/model.ts'
import type { Database } from './database.ts'

/** All of it has to fit; `null`: anything does. */
export type ReleaseQuery = {
  /** `r41`, a version, a tag or a whole image reference; or the beginning of a digest, an image ID or a git revision, from four digits on. */
  readonly name: string | null
  /** Part of the version, image, digest, image ID, git revision or name of its pin, or of who made or rolled back from it, and why; letters in either case. */
  readonly text: string | null
  /** Made from then on, and before. */
  readonly sinceAt: number | null
  readonly untilAt: number | null
}

type Term = { readonly sql: string; readonly values: readonly (string | number)[] }

const OF_SCOPE = 'service = ? AND environment = ?'
const NUMBER = /^r?(\d{1,9})$/
const HASH = /^(?:sha256:)?([0-9a-f]{4,64})$/
/** The one after `f`: the end of what begins with a hash. */
const BEYOND_HEX = 'g'
const TEXTS = ['version', 'image', 'digest', 'config_digest', 'git_revision', 'pin_name']

export function createReleaseFinder(db: Database) {
  return {
    /** Numbers, newest first. `repository`: of the service's images, for a tag alone. */
    find(scope: Scope, query: ReleaseQuery, repository: string | null, limit: number): number[] {
      const { service, environment } = scope
      const { name, text, sinceAt, untilAt } = query
      const terms = [
        { sql: OF_SCOPE, values: [service, environment] },
        ...(name === null ? [] : [named(scope, name, repository)]),
        ...(sinceAt === null ? [] : [{ sql: 'created_at >= ?', values: [sinceAt] }]),
        ...(untilAt === null ? [] : [{ sql: 'created_at < ?', values: [untilAt] }]),
        ...(text === null ? [] : [spokenOf(scope, text)]),
      ]
      const byTime = name === null && (sinceAt !== null || untilAt !== null)
      const sql = `SELECT number FROM releases ${byTime ? 'INDEXED BY releases_by_creation' : ''}
         WHERE ${terms.map((term) => term.sql).join(' AND ')} ORDER BY ${byTime ? 'created_at DESC,' : ''} number DESC LIMIT ?`
      const values = terms.flatMap((term) => [...term.values])
      return db.all(sql, ...values, limit).map((row) => Number(row['number']))
    },
  }
}

function named({ service, environment }: Scope, name: string, repository: string | null): Term {
  const ways: Term[] = []
  const way = (index: string, sql: string, ...values: string[]) =>
    ways.push({
      sql: `SELECT number FROM releases INDEXED BY ${index} WHERE ${OF_SCOPE} AND ${sql}`,
      values: [service, environment, ...values],
    })
  const number = NUMBER.exec(name)?.[1]
  if (number !== undefined) ways.push({ sql: 'SELECT ?', values: [Number(number)] })
  for (const version of [name, `v${name}`, name.replace(/^v/, '')]) way('releases_by_version', 'version = ?', version)
  way('releases_of_image', 'image = ?', name)
  if (repository !== null) way('releases_of_image', 'image = ?', `${repository}:${name}`)
  const hash = HASH.exec(name.toLowerCase())?.[1]
  if (hash !== undefined) {
    const digest = `sha256:${hash}`
    way('releases_by_digest', 'digest >= ? AND digest < ?', digest, digest + BEYOND_HEX)
    way('releases_by_image', 'config_digest >= ? AND config_digest < ?', digest, digest + BEYOND_HEX)
    way('releases_by_revision', 'git_revision >= ? AND git_revision < ?', hash, hash + BEYOND_HEX)
  }
  return {
    sql: `number IN (${ways.map(({ sql }) => sql).join(' UNION ALL ')})`,
    values: ways.flatMap(({ values }) => [...values]),
  }
}

/** Also by what was said when it was deployed, pinned or rolled back from. */
function spokenOf({ service, environment }: Scope, text: string): Term {
  const within = (column: string) => `instr(lower(coalesce(${column}, '')), lower(?)) > 0`
  const said = `${OF_SCOPE} AND (${within('reason')} OR ${within('actor')})`
  const values = [service, environment, text, text]
  return {
    sql: `(${TEXTS.map(within).join(' OR ')}
      OR number IN (SELECT to_release FROM operations WHERE ${said}
        UNION ALL SELECT from_release FROM operations WHERE ${said} AND kind = 'rollback'))`,
    values: [...TEXTS.map(() => text), ...values, ...values],
  }
}

// What is known of source repositories: which one each service is built from, and which commit each version tag stood for when it was seen here.
import type { Scope } from '../core/model.ts'
import type { Database } from './database.ts'

export function createRepositories(db: Database) {
  return {
    /** The address of its pages, as of the last deploy; `null`: not known. */
    of({ service, environment }: Scope): string | null {
      const sql = 'SELECT url FROM repositories WHERE service = ? AND environment = ?'
      const row = db.get(sql, service, environment)
      return row === undefined ? null : String(row['url'])
    },

    set({ service, environment }: Scope, url: string): void {
      const sql =
        'INSERT INTO repositories (service, environment, url) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET url = excluded.url'
      db.run(sql, service, environment, url)
    },

    /** Tag → commit. `repository` is the address of its pages, or else its folder. */
    tags(repository: string, prefix: string): ReadonlyMap<string, string> {
      const rows = db.all('SELECT tag, revision FROM version_tags WHERE repository = ?', repository)
      const tags = rows.map((row): [string, string] => [String(row['tag']), String(row['revision'])])
      return new Map(tags.filter(([tag]) => tag.startsWith(prefix)))
    },

    /** What a tag stood for first counts. */
    remember(repository: string, tag: string, revision: string, nowAt: number): void {
      const sql =
        'INSERT INTO version_tags (repository, tag, revision, seen_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING'
      db.run(sql, repository, tag, revision, nowAt)
    },
  }
}

// Small facts about the whole installation, by name.
import type { Database } from './database.ts'

export type Meta = ReturnType<typeof createMeta>

export function createMeta(db: Database) {
  return {
    get(key: string): string | null {
      const row = db.get('SELECT value FROM meta WHERE key = ?', key)
      return row === undefined ? null : String(row['value'])
    },

    set(key: string, value: string): void {
      db.run('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value', key, value)
    },
  }
}

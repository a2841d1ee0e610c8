// Which statements a piece of work runs, and how SQLite goes about each.
import type { Store } from '../../src/store/store.ts'

/** SQLite's plan for each statement that `work` reads with, as one line: `SEARCH releases USING PRIMARY KEY … ; USE TEMP B-TREE …`. */
export async function plansOf(store: Store, work: () => unknown): Promise<string[]> {
  const { db } = store
  const statements = new Set<string>()
  const own = { all: db.all.bind(db), get: db.get.bind(db), iterate: db.iterate.bind(db) }
  Object.assign(db, {
    all: (sql: string, ...values: string[]) => (statements.add(sql), own.all(sql, ...values)),
    get: (sql: string, ...values: string[]) => (statements.add(sql), own.get(sql, ...values)),
    iterate: (sql: string, ...values: string[]) => (statements.add(sql), own.iterate(sql, ...values)),
  })
  try {
    await work()
  } finally {
    Object.assign(db, own)
  }
  return [...statements].map((sql) => {
    const values = [...sql.matchAll(/\?/g)].map(() => '1')
    const steps = db.all(`EXPLAIN QUERY PLAN ${sql}`, ...values).map(({ detail }) => String(detail))
    return steps.join(' ; ')
  })
}

/** Plans that go through a table of history row by row, or sort it: they cost more every day. */
export function growing(plans: readonly string[]): string[] {
  return plans
    .filter((plan) => /\b(releases|operations|journal)\b/.test(plan))
    .filter((plan) => /SCAN (releases|operations|journal)\b(?! USING INDEX)|TEMP B-TREE/.test(plan))
}

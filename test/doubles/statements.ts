// Which statements a piece of work runs, and how SQLite goes about them.
import type { Store } from '../../src/store/store.ts'

/** Steps of SQLite's plans for whatever `work` reads: `SEARCH releases USING PRIMARY KEY …`, `SCAN operations`. */
export async function plansOf(store: Store, work: () => unknown): Promise<string[]> {
  const { db } = store
  const statements = new Set<string>()
  const { all, get } = db
  Object.assign(db, {
    all: (sql: string, ...values: string[]) => (statements.add(sql), all.call(db, sql, ...values)),
    get: (sql: string, ...values: string[]) => (statements.add(sql), get.call(db, sql, ...values)),
  })
  try {
    await work()
  } finally {
    Object.assign(db, { all, get })
  }
  return [...statements].flatMap((sql) => {
    const values = [...sql.matchAll(/\?/g)].map(() => '1')
    return db.all(`EXPLAIN QUERY PLAN ${sql}`, ...values).map(({ detail }) => String(detail))
  })
}

/** The tables that grow with history. A plan that goes through one of them row by row, or sorts, costs more every day. */
export function growing(plans: readonly string[]): string[] {
  return plans.filter((plan) => /^SCAN (releases|operations|journal)\b(?! USING INDEX)|TEMP B-TREE/.test(plan))
}

// Compose projects that checks bring up: noted before they exist, until they are gone.
import type { Scope } from '../core/model.ts'
import type { Database, Row } from './database.ts'

export type CheckProject = Scope & {
  /** As compose knows it, never used twice. */
  readonly name: string
  readonly transactionId: string
}

export function createCheckProjects(db: Database) {
  return {
    insert({ name, service, environment, transactionId }: CheckProject): void {
      db.run(
        'INSERT INTO check_projects (name, service, environment, transaction_id) VALUES (?, ?, ?, ?)',
        name,
        service,
        environment,
        transactionId,
      )
    },

    /** It is gone. */
    remove(name: string): void {
      db.run('DELETE FROM check_projects WHERE name = ?', name)
    },

    all(): CheckProject[] {
      return db.all('SELECT * FROM check_projects ORDER BY name').map(toProject)
    },

    /** Those whose verification has ended, or nobody waits for. */
    spent({ service, environment }: Scope): CheckProject[] {
      const sql = `SELECT check_projects.* FROM check_projects JOIN operations USING (transaction_id)
         WHERE check_projects.service = ? AND check_projects.environment = ? AND operations.ended_at IS NOT NULL`
      return db.all(sql, service, environment).map(toProject)
    },
  }
}

function toProject(row: Row): CheckProject {
  return {
    name: String(row['name']),
    service: String(row['service']),
    environment: String(row['environment']),
    transactionId: String(row['transaction_id']),
  }
}

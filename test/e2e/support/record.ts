// A look at the state's own database, for what no command shows: who it is, and what is unfinished.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export type StateRecord = {
  /** Part of container and network names. */
  readonly installation: string
  /** The header value that makes the proxy say which release answered. */
  readonly proofSecret: string
  /** Operations without an end. */
  readonly unfinished: number
  /** How often an operation was brought to its end by another process than the one that began it. */
  readonly resumed: number
  /** Replicas that the proxy is to have. */
  readonly attached: readonly string[]
}

export function openRecord(stateFolder: string): StateRecord {
  const path = join(stateFolder, 'astern.db')
  if (!existsSync(path)) throw new Error(`there is no state in ${stateFolder}`)
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
  try {
    const value = (key: string) => String(db.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.['value'])
    const count = (sql: string) => Number(db.prepare(`SELECT count(*) AS count FROM ${sql}`).get()?.['count'])
    return {
      installation: value('installation'),
      proofSecret: value('proof_secret'),
      unfinished: count('operations WHERE ended_at IS NULL'),
      attached: db
        .prepare('SELECT name FROM replicas WHERE attached')
        .all()
        .map(({ name }) => String(name)),
      resumed: count(`journal WHERE record ->> 'step' = 'resume'`),
    }
  } finally {
    db.close()
  }
}

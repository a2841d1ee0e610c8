// The append-only record of operations and steps: the source of truth, and what everything that watches reads.
// Invariants: rows are never changed; the hash of each row covers the row before it.
import { hash } from 'node:crypto'
import { fail } from '../core/errors.ts'
import type { JournalEvent } from '../core/journal-event.ts'
import type { Database, Row } from './database.ts'

const GENESIS = '0'.repeat(64)

export function createJournal(db: Database) {
  const listeners = new Set<(event: JournalEvent) => void>()
  const chain = (previous: string, record: string) => hash('sha256', previous + record)
  const lastHash = () => {
    const last = db.get('SELECT hash FROM journal ORDER BY seq DESC LIMIT 1')
    return last === undefined ? GENESIS : String(last['hash'])
  }

  // What is durable is done: a watcher that fails must not make it look undone. It watches no more.
  const tell = (event: JournalEvent) => {
    for (const listener of listeners) {
      try {
        listener(event)
      } catch {
        listeners.delete(listener)
      }
    }
  }

  return {
    /** Appends within the caller's transaction; listeners in this process hear of it once it is durable. `operation`: its transaction, or its part of it. */
    append(event: JournalEvent, operation = event.transaction_id): void {
      const record = JSON.stringify(event)
      db.run(
        'INSERT INTO journal (transaction_id, record, hash) VALUES (?, ?, ?)',
        operation,
        record,
        chain(lastHash(), record),
      )
      if (listeners.size > 0) db.afterCommit(() => tell(event))
    },

    /** Calls `listener` for each event that this process appends. Returns how to stop. */
    listen(listener: (event: JournalEvent) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    ofTransaction(transactionId: string): JournalEvent[] {
      return db.all('SELECT record FROM journal WHERE transaction_id = ? ORDER BY seq', transactionId).map(toEvent)
    },

    /** Only those of the steps named. Others are not even parsed: of a long past that is most of the work. */
    ofSteps(transactionId: string, steps: readonly string[]): JournalEvent[] {
      const marks = steps.map((step) => `"step":${JSON.stringify(step)}`)
      return db
        .all('SELECT record FROM journal WHERE transaction_id = ? ORDER BY seq', transactionId)
        .filter((row) => marks.some((mark) => String(row['record']).includes(mark)))
        .map(toEvent)
        .filter(({ step }) => steps.includes(step))
    },

    lastSeq(): number {
      return Number(db.get('SELECT coalesce(max(seq), 0) AS seq FROM journal')!['seq'])
    },

    /** Recomputes every hash. Returns the number of rows. Error: JOURNAL_TAMPERED with the first row that does not fit. */
    verify(): number {
      let previous = GENESIS
      let seq = 0
      for (const row of db.iterate('SELECT seq, record, hash FROM journal ORDER BY seq')) {
        seq++
        previous = chain(previous, String(row['record']))
        if (Number(row['seq']) !== seq || row['hash'] !== previous) throw fail('JOURNAL_TAMPERED', { seq })
      }
      return seq
    },
  }
}

function toEvent(row: Row): JournalEvent {
  return JSON.parse(String(row['record'])) as JournalEvent
}

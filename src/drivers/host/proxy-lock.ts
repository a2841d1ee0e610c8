// One holder at a time of what all services share, such as the proxy's file and socket: across processes, and within this one.
// Invariant: the lock of a process that dies is free at once. It is SQLite's lock on a file of its own, which the kernel gives back.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const WAIT_MS = 5_000

export type Lock = <T>(work: () => Promise<T>) => Promise<T>

/** Error: SQLite's own `database is locked`, when another process holds it longer than a few seconds. */
export function createProxyLock(folder: string): Lock {
  return createLock(join(folder, 'proxy.lock'), WAIT_MS)
}

/** Error: SQLite's own `database is locked`, when another process holds it longer than that: this process does nothing else meanwhile. */
export function createLock(path: string, waitMs: number): Lock {
  let file: DatabaseSync | null = null
  let queue: Promise<unknown> = Promise.resolve()
  const locked = async <T>(work: () => Promise<T>): Promise<T> => {
    file ??= new DatabaseSync(path, { timeout: waitMs })
    file.exec('BEGIN EXCLUSIVE')
    try {
      return await work()
    } finally {
      file.exec('ROLLBACK')
    }
  }
  return (work) => {
    const turn = queue.then(() => locked(work))
    queue = turn.catch(() => {})
    return turn
  }
}

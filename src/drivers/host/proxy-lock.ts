// One holder at a time of what all services share, the proxy's file and socket: across processes, and within this one.
// Invariant: the lock of a process that dies is free at once. It is SQLite's lock on a file of its own, which the kernel gives back.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const WAIT_MS = 5_000

export type Lock = <T>(work: () => Promise<T>) => Promise<T>

/** Error: SQLite's own `database is locked`, when another process holds it longer than a few seconds. */
export function createProxyLock(folder: string): Lock {
  let file: DatabaseSync | null = null
  let queue: Promise<unknown> = Promise.resolve()
  const locked = async <T>(work: () => Promise<T>): Promise<T> => {
    file ??= new DatabaseSync(join(folder, 'proxy.lock'), { timeout: WAIT_MS })
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

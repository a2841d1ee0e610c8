// A real store in a temporary folder, with processes that a test can let die.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Random } from '../../src/ports/clock.ts'
import type { Owner, ProcessTable } from '../../src/ports/process-table.ts'
import { Database } from '../../src/store/database.ts'
import { openStore, type Store } from '../../src/store/store.ts'

/** Processes of one host: each has a number, and lives until it is killed. */
export class FakeProcesses {
  readonly #dead = new Set<number>()
  #next = 1

  spawn(): { readonly table: ProcessTable; readonly kill: () => void } {
    const pid = this.#next++
    const owner: Owner = { pid, startTicks: '1', bootId: 'boot', pidNamespace: 'pid:[1]' }
    const table: ProcessTable = {
      self: () => owner,
      liveness: (other) =>
        other.pidNamespace !== owner.pidNamespace ? 'unknown' : this.#dead.has(other.pid) ? 'dead' : 'alive',
    }
    return { table, kill: () => this.#dead.add(pid) }
  }
}

/** Counts up: different every time, the same in every run. */
export function countingRandom(): Random {
  let count = 0
  return { hex: (bytes) => (++count).toString(16).padStart(bytes * 2, '0') }
}

const DATABASE = 'astern.db'
/** In memory where the system has a folder for that: a state is opened thousands of times here, and nobody pulls the plug. */
const SCRATCH = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** Removed when the test that asked for it has finished. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(SCRATCH, 'astern-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

let blank: Buffer | null = null

/** A database with its tables and nothing in it: making them anew takes longer than many a test, and thousands of tests begin with them. */
export function blankState(folder: string): void {
  blank ??= makeBlank()
  writeFileSync(join(folder, DATABASE), blank)
}

function makeBlank(): Buffer {
  const folder = mkdtempSync(join(SCRATCH, 'astern-blank-'))
  const db = Database.open(join(folder, DATABASE))
  db.close()
  const bytes = readFileSync(join(folder, DATABASE))
  rmSync(folder, { recursive: true })
  return bytes
}

export function temporaryStore(
  table: ProcessTable = new FakeProcesses().spawn().table,
  folder = temporaryFolder(),
): Store {
  const store = openStore(folder, table, countingRandom())
  onTestFinished(() => store.close())
  return store
}

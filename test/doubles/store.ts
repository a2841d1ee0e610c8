// A real store in a temporary folder, with processes that a test can let die.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Random } from '../../src/ports/clock.ts'
import type { Owner, ProcessTable } from '../../src/ports/process-table.ts'
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

/** Removed when the test that asked for it has finished. */
/** In memory where the system has a folder for that: a state is opened thousands of times here, and nobody pulls the plug. */
const SCRATCH = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(SCRATCH, 'astern-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function temporaryStore(
  table: ProcessTable = new FakeProcesses().spawn().table,
  folder = temporaryFolder(),
): Store {
  const store = openStore(folder, table, countingRandom())
  onTestFinished(() => store.close())
  return store
}

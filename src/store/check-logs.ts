// What checks wrote: one folder for each verification, one file for each check. Invariants: a file has a limit, and so has the number of folders; what
// cannot be written (a full disk) is lost, and never the check's fault.
import { appendFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Of a file; the one before it, with `.1` at its end, has as much. */
const MOST_BYTES = 1024 * 1024
/** Verifications whose output is kept. */
const MOST_KEPT = 50

export type CheckLog = { readonly path: string; readonly write: (line: string) => void }

export function createCheckLogs(stateFolder: string) {
  const root = join(stateFolder, 'verify')
  return {
    /** Makes the folder of a verification, and room for it. */
    begin(transactionId: string): string {
      const folder = join(root, transactionId)
      attempt(() => {
        mkdirSync(folder, { recursive: true })
        const kept = readdirSync(root).map((name) => ({ name, at: statSync(join(root, name)).mtimeMs }))
        for (const { name } of kept.sort((a, b) => b.at - a.at).slice(MOST_KEPT))
          rmSync(join(root, name), { recursive: true, force: true })
      })
      return folder
    },

    open(folder: string, check: string): CheckLog {
      const path = join(folder, `${check}.log`)
      let bytes = 0
      return {
        path,
        write: (line) =>
          attempt(() => {
            const text = `${line}\n`
            bytes += Buffer.byteLength(text)
            if (bytes > MOST_BYTES) {
              renameSync(path, `${path}.1`)
              bytes = Buffer.byteLength(text)
            }
            appendFileSync(path, text)
          }),
      }
    },
  }
}

function attempt(write: () => void): void {
  try {
    write()
  } catch {
    // The check goes on without its log.
  }
}

// Writes what `astern init` planned. Invariants: a file that is there is never written over, even if it came meanwhile; one that could not be
// written whole is taken away again.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fail, reasonOf } from '../../core/errors.ts'
import type { PlannedFile } from '../../core/init/plan-init.ts'

/** Error: INIT_NOT_WRITTEN. */
export function writeFiles(folder: string, files: readonly PlannedFile[]): void {
  const written: string[] = []
  for (const { path, text } of files) {
    const whole = join(folder, path)
    try {
      mkdirSync(dirname(whole), { recursive: true })
      writeFileSync(whole, text, { flag: 'wx' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') rmSync(whole, { force: true })
      throw fail('INIT_NOT_WRITTEN', { path, reason: reasonOf(error), written: written.join(', ') || '-' }, error)
    }
    written.push(path)
  }
}

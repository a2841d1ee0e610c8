// A folder on disk that lives as long as a test.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** `name` is what its last part is called. */
export function folderWith(files: Readonly<Record<string, string>>, name = 'shop'): string {
  const above = mkdtempSync(join(tmpdir(), 'astern-test-'))
  onTestFinished(() => rmSync(above, { recursive: true, force: true }))
  const folder = join(above, name)
  mkdirSync(folder)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

// Reads a project's folder for `astern init`: what its files are called, and the texts of those that say something about it.
// Invariant: so many files and bytes at most, whatever the folder holds; a link to a folder is not followed.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isWorthEntering, isWorthReading } from '../../core/init/look-project.ts'
import type { Seen } from '../../core/init/seen.ts'

const MAX_PATHS = 20_000
const MAX_TEXTS = 1_000
const MAX_TEXT_BYTES = 512 * 1_024
const MAX_BYTES = 16 * 1_024 * 1_024
const MAX_DEPTH = 12

/** `complete`: nothing was left out. */
export function readProject(folder: string): Seen & { readonly complete: boolean } {
  const paths: string[] = []
  const texts = new Map<string, string>()
  let bytes = 0
  let complete = true
  const folders: { path: string; depth: number }[] = [{ path: '', depth: 0 }]
  for (const { path, depth } of folders) {
    for (const entry of entriesOf(join(folder, path))) {
      const here = path === '' ? entry.name : `${path}/${entry.name}`
      if (entry.isDirectory()) {
        if (depth < MAX_DEPTH && isWorthEntering(here)) folders.push({ path: here, depth: depth + 1 })
        continue
      }
      if (paths.length >= MAX_PATHS) return { folder: basename(folder), paths, texts, complete: false }
      paths.push(here)
      const found = isWorthReading(here) ? statSync(join(folder, here), { throwIfNoEntry: false }) : undefined
      if (found === undefined || !found.isFile()) continue
      const { size } = found
      if (size > MAX_TEXT_BYTES || bytes + size > MAX_BYTES || texts.size >= MAX_TEXTS) {
        complete = false
        continue
      }
      bytes += size
      texts.set(here, readFileSync(join(folder, here), 'utf8'))
    }
  }
  return { folder: basename(folder), paths, texts, complete }
}

/** In an order of their own, so that the same project is always seen the same. A folder that may not be read is passed over. */
function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((one, other) => (one.name < other.name ? -1 : 1))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'ENOENT') return []
    throw error
  }
}

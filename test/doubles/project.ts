// A project that exists in a test only: its files by path, as `astern init` sees a folder.
import type { Seen } from '../../src/core/init/seen.ts'

/** `others` are files that are there and were not read. */
export function seenProject(
  files: Readonly<Record<string, string>>,
  others: readonly string[] = [],
  folder = 'shop',
): Seen {
  return { folder, paths: [...Object.keys(files), ...others], texts: new Map(Object.entries(files)) }
}

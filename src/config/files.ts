// The files that a configuration may read, behind a few functions so that tests and fuzzers own them.
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { isFileOnDisk } from './find-config.ts'

/** No configuration that a person wrote is longer. */
export const MAX_FILE_BYTES = 1024 * 1024

export type FileAccess = {
  /** The text of a file; `null`: there is none. Throws when it cannot be read. */
  readonly read: (path: string) => string | null
  readonly isFile: (path: string) => boolean
  /** Names in a folder; `null`: there is none. */
  readonly list: (path: string) => readonly string[] | null
  /** The path of a file that exists, without symbolic links. */
  readonly realPath: (path: string) => string
}

export const filesOnDisk: FileAccess = {
  read(path) {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined) return null
    if (found.size > MAX_FILE_BYTES) throw new Error(`it is larger than ${MAX_FILE_BYTES} bytes`)
    return readFileSync(path, 'utf8')
  },
  isFile: isFileOnDisk,
  list(path) {
    const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
    return isFolder ? readdirSync(path) : null
  },
  realPath: realpathSync,
}

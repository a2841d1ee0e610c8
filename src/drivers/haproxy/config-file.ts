// The configuration file and its maps on disk.
// Invariants: whoever reads the file sees one whole version of it, never a part (F1); maps are there before the file that names them (F2);
// what is written becomes durable afterwards, by `sync`, so that nobody who wants to shift traffic waits for the disk (F3).
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fdatasync,
  fsync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fail, reasonOf } from '../../core/errors.ts'
import { blockBytes } from './limits.ts'
import { structureHashIn, structureIn } from './render.ts'
import type { Rendered, Structure } from './render.ts'

export const configName = 'haproxy.cfg'
/** The last file that the proxy took, while a new structure is being tried. */
const asideName = 'haproxy.cfg.accepted'
/** The proxy's group must read them, another user of the group must be able to replace them; nobody else sees them. */
const fileMode = 0o660
const folderMode = 0o2770

export type Folders = { readonly config: string; readonly run: string }

export function foldersOf(dir: string): Folders {
  return { config: join(dir, 'cfg'), run: join(dir, 'run') }
}
export function adminSocket(dir: string): string {
  return join(foldersOf(dir).run, 'admin.sock')
}
export function masterSocket(dir: string): string {
  return join(foldersOf(dir).run, 'master.sock')
}

/** Folders of the group that the state belongs to, inherited by what is made in them. */
export function makeFolders(dir: string): void {
  const group = statSync(nearestFolder(dirname(dir))).gid
  for (const folder of [dir, ...Object.values(foldersOf(dir))]) {
    mkdirSync(folder, { recursive: true, mode: folderMode })
    const found = statSync(folder)
    if (found.gid !== group) chownSync(folder, -1, group)
    if ((found.mode & 0o7777) !== folderMode) chmodSync(folder, folderMode)
  }
}

function nearestFolder(path: string): string {
  return existsSync(path) ? path : nearestFolder(dirname(path))
}

export interface ConfigFile {
  /** The structure of the file on disk; `null`: there is none, or none of ours. */
  structureHash(): string | null
  /** The structure of the last file that the proxy took. */
  accepted(): { readonly hash: string; readonly structure: Structure } | null
  /** Makes files and maps what was rendered. Errors: DISK_FULL, STATE_PERMISSION. */
  write(rendered: Rendered): void
  /** The same for a file that the proxy takes for certain: only servers differ from the accepted one. */
  writeAccepted(rendered: Rendered): void
  /** Keeps the present file, until it is put back or forgotten, so that a refused successor leaves no harm, even if we die now. */
  keepAside(): void
  putBack(): void
  hasAside(): boolean
  /** The proxy took the present file. Removes maps that it does not name. */
  forgetAside(rendered: Rendered): void
  /** Makes durable what was written before. Error: DISK_FULL, STATE_PERMISSION. */
  sync(): Promise<void>
}

type Version = { readonly ino: number; readonly mtimeMs: number; readonly size: number; readonly text: string }

export function createConfigFile(dir: string): ConfigFile {
  const folder = foldersOf(dir).config
  const pathOf = (name: string): string => join(folder, name)
  // what is known of each file, so that the usual case needs one stat instead of a read
  const versions = new Map<string, Version>()
  const unsynced: number[] = []

  function read(name: string): string | null {
    const found = statSync(pathOf(name), { throwIfNoEntry: false })
    if (found === undefined) return null
    const known = versions.get(name)
    if (known?.ino === found.ino && known.mtimeMs === found.mtimeMs && known.size === found.size) return known.text
    const text = readFileSync(pathOf(name), 'utf8')
    versions.set(name, { ino: found.ino, mtimeMs: found.mtimeMs, size: found.size, text })
    return text
  }

  function put(name: string, text: string): void {
    if (read(name) === text) return
    versions.delete(name)
    try {
      replace(name, text)
    } catch (error) {
      if (!isDiskFull(error) || !overwrite(name, text)) throw error
    }
    const { ino, mtimeMs, size } = statSync(pathOf(name))
    versions.set(name, { ino, mtimeMs, size, text })
  }

  // The file that is replaced becomes the next one's spare: writing into blocks that it has already is an order of magnitude faster than a
  // rename of a new file, for which ext4 hands out and flushes blocks at once (auto_da_alloc in its documentation).
  function replace(name: string, text: string): void {
    const path = pathOf(name)
    const next = pathOf(`.${name}.next`)
    const fd = openSpare(next)
    unsynced.push(fd)
    try {
      const bytes = Buffer.from(text)
      // less than all of it is written when the disk fills up on the way
      if (writeSync(fd, bytes, 0, bytes.length, 0) < bytes.length)
        throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
      ftruncateSync(fd, bytes.length)
      const spare = pathOf(`.${name}.spare`)
      rmSync(spare, { force: true })
      // a file that has another name, too, is kept under that one
      const kept = statSync(path, { throwIfNoEntry: false })?.nlink === 1
      if (kept) linkSync(path, spare)
      renameSync(next, path)
      if (kept) renameSync(spare, next)
    } catch (error) {
      rmSync(next, { force: true })
      throw error
    }
  }

  // The last resort of a full disk: the blocks that the file has. One write, so that a reader in this kernel sees all of it or nothing.
  function overwrite(name: string, text: string): boolean {
    const bytes = Buffer.from(text)
    const present = statSync(pathOf(name), { throwIfNoEntry: false })
    if (present === undefined || blocks(bytes.length) > blocks(present.size)) return false
    const fd = openSync(pathOf(name), 'r+')
    unsynced.push(fd)
    if (writeSync(fd, bytes, 0, bytes.length, 0) < bytes.length) return false
    ftruncateSync(fd, bytes.length)
    return true
  }

  function putAll(rendered: Rendered): void {
    if (!existsSync(folder)) makeFolders(dir)
    for (const [name, text] of rendered.maps) put(name, text)
    put(configName, rendered.config)
  }

  return {
    structureHash() {
      const text = read(configName)
      return text === null ? null : structureHashIn(text)
    },
    accepted() {
      const text = read(asideName) ?? read(configName)
      return text === null ? null : structureIn(text)
    },
    write(rendered) {
      explained(folder, () => putAll(rendered))
    },
    writeAccepted(rendered) {
      explained(folder, () => {
        putAll(rendered)
        rmSync(pathOf(asideName), { force: true })
      })
    },
    keepAside() {
      explained(folder, () => {
        if (existsSync(pathOf(configName)) && !existsSync(pathOf(asideName))) {
          linkSync(pathOf(configName), pathOf(asideName))
        }
      })
    },
    putBack() {
      explained(folder, () => {
        if (existsSync(pathOf(asideName))) renameSync(pathOf(asideName), pathOf(configName))
      })
    },
    hasAside: () => existsSync(pathOf(asideName)),
    forgetAside(rendered) {
      explained(folder, () => {
        rmSync(pathOf(asideName), { force: true })
        for (const name of readdirSync(folder)) {
          if (name.endsWith('.map') && !rendered.maps.has(name)) rmSync(pathOf(name), { force: true })
        }
      })
    },
    async sync() {
      const fds = unsynced.splice(0)
      try {
        for (const fd of fds) await flushed(fdatasync, fd)
        if (fds.length > 0) {
          const folderFd = openSync(folder, constants.O_RDONLY)
          fds.push(folderFd)
          await flushed(fsync, folderFd)
        }
      } catch (error) {
        throw explanation(folder, error)
      } finally {
        for (const fd of fds) closeSync(fd)
      }
    },
  }
}

/** What a writer that was killed has left is as good a spare as any: there is one writer at a time. */
function openSpare(path: string): number {
  try {
    return openSync(path, constants.O_RDWR)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, fileMode)
    fchmodSync(fd, fileMode)
    return fd
  }
}

function flushed(flush: (fd: number, done: (error: Error | null) => void) => void, fd: number): Promise<void> {
  return new Promise((resolve, reject) => flush(fd, (error) => (error === null ? resolve() : reject(error))))
}

function blocks(bytes: number): number {
  return Math.ceil(bytes / blockBytes)
}

function explained(path: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    throw explanation(path, error)
  }
}

function explanation(path: string, error: unknown): Error {
  if (isDiskFull(error)) return fail('DISK_FULL', { path }, error)
  return fail('STATE_PERMISSION', { path, reason: reasonOf(error) }, error)
}

function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error))
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

// Secrets that releases take as files: one folder for each release, which its containers see as /run/secrets.
// They lie on the disk, beside the key that could open them anyway: a container that the engine starts at boot finds them without Astern.
// Invariants: nobody but the owner of the state gets past `secrets` (0700); a file changes by rename, so that a reader sees the old value or the
// new one; a folder that containers may have mounted is never replaced.
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { releaseName, type Scope, scopeName } from '../core/model.ts'
import type { FileOwner } from '../ports/runtime.ts'
import { errnoOf } from './database.ts'

const OWNER_ONLY = 0o400
/** Where the container's user is not known: the folder above keeps everybody else out. */
const ANYBODY = 0o444

type Access = { readonly mode: number; readonly owner: FileOwner | null }

export function createSecretFiles(stateFolder: string, isRoot: boolean) {
  const root = join(stateFolder, 'secrets')
  const folderOf = (scope: Scope) => join(root, scopeName(scope))
  const pathOf = (scope: Scope, release: number) => join(folderOf(scope), releaseName(release))

  return {
    pathOf,

    /** Makes the folder hold exactly these. `owner`: who alone may read them; `null`: not known, or `as_before` for those that are there. */
    ensure(
      scope: Scope,
      release: number,
      values: ReadonlyMap<string, string>,
      owner: FileOwner | null | 'as_before',
    ): void {
      const folder = pathOf(scope, release)
      mkdirSync(root, { recursive: true, mode: 0o700 })
      chmodSync(root, 0o700)
      mkdirSync(folder, { recursive: true })
      chmodSync(folder, 0o755)
      for (const [name, value] of values) ensureFile(join(folder, name), value, owner, isRoot)
      for (const name of readdirSync(folder)) if (!values.has(name)) rmSync(join(folder, name), { force: true })
      const opened = openSync(folder, 'r')
      fsyncSync(opened)
      closeSync(opened)
    },

    /** What the files of a release hold; `null`: it has no folder. */
    read(scope: Scope, release: number): ReadonlyMap<string, string> | null {
      const folder = pathOf(scope, release)
      return orNull(() => new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')])))
    },

    /** Numbers of the releases that have a folder. */
    releases(scope: Scope): number[] {
      const names = orNull(() => readdirSync(folderOf(scope))) ?? []
      return names.flatMap((name) => (/^r\d+$/.test(name) ? [Number(name.slice(1))] : []))
    },

    /** `null`: of every release. */
    remove(scope: Scope, release: number | null): void {
      rmSync(release === null ? folderOf(scope) : pathOf(scope, release), { recursive: true, force: true })
    },
  }
}

function ensureFile(path: string, value: string, owner: FileOwner | null | 'as_before', isRoot: boolean): void {
  const before = orNull(() => statSync(path))
  const access = accessOf(before, owner, isRoot)
  const right = before !== null && (before.mode & 0o777) === access.mode && isOwnedBy(before, access.owner)
  if (right && readFileSync(path, 'utf8') === value) return
  // With a dot in front, a program that reads every secret of the folder does not take it for one.
  const draft = join(path, '..', `.${randomBytes(4).toString('hex')}`)
  const file = openSync(draft, 'wx', 0o600)
  try {
    writeSync(file, value)
    if (access.owner !== null) fchownSync(file, access.owner.uid, access.owner.gid)
    fchmodSync(file, access.mode)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, path)
}

function accessOf(before: Stats | null, owner: FileOwner | null | 'as_before', isRoot: boolean): Access {
  if (owner !== 'as_before')
    return isRoot && owner !== null ? { mode: OWNER_ONLY, owner } : { mode: ANYBODY, owner: null }
  if (before === null) return { mode: ANYBODY, owner: null }
  return { mode: before.mode & 0o777, owner: isRoot ? { uid: before.uid, gid: before.gid } : null }
}

function isOwnedBy({ uid, gid }: Stats, owner: FileOwner | null): boolean {
  return owner === null || (uid === owner.uid && gid === owner.gid)
}

/** What is not there. */
function orNull<T>(look: () => T): T | null {
  try {
    return look()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    throw error
  }
}

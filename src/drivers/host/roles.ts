// Role files: STATE/roles/SERVICE.ENVIRONMENT/r42/role. Containers get the folder, not the file: a rename under a mounted file is not seen in them.
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fail, reasonOf } from '../../core/errors.ts'
import { releaseName, type Scope, scopeName } from '../../core/model.ts'
import type { Role } from '../../core/role.ts'
import type { Roles, RoleSaid } from '../../ports/roles.ts'

const FILE = 'role'
/** Any user of a container may read; who shares the state may write. */
const FOLDER_MODE = 0o2775
const FILE_MODE = 0o644
const RELEASE = /^r(\d+)$/
const ROLES: readonly string[] = ['candidate', 'active', 'standby'] satisfies Role[]

export function createRoles(state: string): Roles {
  const root = resolve(state, 'roles')
  const folderOf = (scope: Scope) => join(root, scopeName(scope))
  const folder = (scope: Scope, release: number) => join(folderOf(scope), releaseName(release))
  return {
    folder,
    read(scope) {
      const numbers = entries(folderOf(scope)).flatMap((name) => RELEASE.exec(name)?.[1] ?? [])
      return new Map(numbers.map((number) => [Number(number), said(join(folder(scope, Number(number)), FILE))]))
    },
    write(scope, release, role) {
      const path = folder(scope, release)
      const draft = join(path, `.${FILE}.${process.pid}`)
      explained(path, () => {
        for (const one of [root, folderOf(scope), path]) makeFolder(one)
        writeFileSync(draft, `${role}\n`)
        chmodSync(draft, FILE_MODE)
        renameSync(draft, join(path, FILE))
      })
    },
    remove(scope, release) {
      const path = folder(scope, release)
      explained(path, () => rmSync(path, { recursive: true, force: true }))
      if (entries(folderOf(scope)).length === 0) removeEmpty(folderOf(scope))
    },
  }
}

function entries(path: string): string[] {
  try {
    return readdirSync(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw fail('STATE_PERMISSION', { path, reason: reasonOf(error) }, error)
  }
}

function said(path: string): RoleSaid {
  try {
    const text = readFileSync(path, 'utf8').trim()
    return ROLES.includes(text) ? (text as Role) : null
  } catch {
    return null // it is written anew, and then the reason counts
  }
}

/** The mode of a new folder is cut by the umask; of one that is there, it is its owner's business. */
function makeFolder(path: string): void {
  if (mkdirSync(path, { recursive: true }) !== undefined) chmodSync(path, FOLDER_MODE)
}

/** Somebody may be making one in it. */
function removeEmpty(path: string): void {
  try {
    rmdirSync(path)
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(codeOf(error))) throw error
  }
}

function explained(path: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    if (['ENOSPC', 'EDQUOT'].includes(codeOf(error))) throw fail('DISK_FULL', { path }, error)
    throw fail('STATE_PERMISSION', { path, reason: reasonOf(error) }, error)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

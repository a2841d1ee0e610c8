// Tells the containers of a release what it is for at the moment: a file in a folder of its own, which they see read-only.
import type { Scope } from '../core/model.ts'
import type { Role } from '../core/role.ts'

/** What its file says; `null`: it cannot be read, or says something else. */
export type RoleSaid = Role | null

export interface Roles {
  /** An absolute path on this host. */
  folder(scope: Scope, release: number): string
  /** The releases that have a folder. */
  read(scope: Scope): ReadonlyMap<number, RoleSaid>
  /** Whoever reads sees the former role or this one. Errors: DISK_FULL, STATE_PERMISSION. */
  write(scope: Scope, release: number, role: Role): void
  /** Its containers are gone. Error: STATE_PERMISSION. */
  remove(scope: Scope, release: number): void
}

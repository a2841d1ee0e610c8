// Keeps role files as the state says. Never in the way of a switch: users are moved first, and a file that cannot be written is overdue work.
import type { Scope } from '../core/model.ts'
import { type Role, roleOf } from '../core/role.ts'
import type { App } from './app.ts'

/** A role may change while it is written down. */
const MOST_ROUNDS = 5

type Change = { readonly release: number; readonly role: Role | null }

/** What differs from the state. The files are read first: a folder is made after its release is known. */
function changes(app: App, scope: Scope): Change[] {
  const { services, replicas } = app.store
  const said = app.roles.read(scope)
  const live = services.get(scope) ?? { active: null, candidate: null }
  const releases = new Set(replicas.of(scope).map(({ release }) => release))
  const wrong = [...releases]
    .map((release) => ({ release, role: roleOf(live, release) }))
    .filter(({ release, role }) => said.get(release) !== role)
  const left = [...said.keys()].filter((release) => !releases.has(release))
  return [...wrong, ...left.map((release) => ({ release, role: null }))]
}

export function rolesAreDue(app: App, scope: Scope): boolean {
  return changes(app, scope).length > 0
}

/** Until nothing differs: whoever writes last has looked last. Errors: DISK_FULL, STATE_PERMISSION. */
export function writeRoles(app: App, scope: Scope): void {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const due = changes(app, scope)
    if (due.length === 0) return
    for (const { release, role } of due) {
      if (role === null) app.roles.remove(scope, release)
      else app.roles.write(scope, release, role)
    }
  }
}

/** Beside other work, which must not fail for it. */
export function writeRolesIfPossible(app: App, scope: Scope): void {
  try {
    writeRoles(app, scope)
  } catch {
    // They stay wrong, which is overdue work: whoever does that says why.
  }
}

/** The engine mounts only a folder that is there. Errors: DISK_FULL, STATE_PERMISSION. */
export function prepareRole(app: App, scope: Scope, release: number): void {
  if (!app.roles.read(scope).has(release)) {
    app.roles.write(scope, release, roleOf(app.store.services.get(scope) ?? { active: null, candidate: null }, release))
  }
  writeRolesIfPossible(app, scope)
}

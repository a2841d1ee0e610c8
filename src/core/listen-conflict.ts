// Two services behind one proxy: what they may share, and what not.
import { hasWeb } from './processes.ts'
import { type Definition, type Scope, scopeName } from './model.ts'

/** The service that already has the address, or one of the host names on it; `null`: there is room. */
export function listenConflict(wanted: Definition, others: readonly Definition[]): Definition | null {
  const isSelf = (other: Scope) => scopeName(other) === scopeName(wanted)
  const clashes = (other: Definition) => {
    if (!hasWeb(other.process) || !hasWeb(wanted.process)) return false
    if (other.listen !== wanted.listen) return false
    if (other.hosts.length === 0 || wanted.hosts.length === 0) return other.hosts.length === wanted.hosts.length
    return other.hosts.some((host) => wanted.hosts.includes(host))
  }
  return others.find((other) => !isSelf(other) && clashes(other)) ?? null
}

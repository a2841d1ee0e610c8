// Where the state lives.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

export type Environment = Readonly<Record<string, string | undefined>>

/** `$ASTERN_STATE`, else /var/lib/astern where it exists, else the user's own state folder. */
export function stateFolder(env: Environment): string {
  const shared = '/var/lib/astern'
  if (env['ASTERN_STATE'] !== undefined && env['ASTERN_STATE'] !== '') return env['ASTERN_STATE']
  if (existsSync(shared)) return shared
  return join(env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local', 'state'), 'astern')
}

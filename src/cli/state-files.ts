// Names of the files of a state, for those who look at them without opening it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export function stateFiles(folder: string) {
  return { database: join(folder, 'astern.db'), reserve: join(folder, 'reserve'), key: join(folder, 'key') }
}

export function stateExists(folder: string): boolean {
  return existsSync(stateFiles(folder).database)
}

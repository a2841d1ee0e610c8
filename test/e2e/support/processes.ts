// Processes of Astern that work with a state folder, found by their environment: also those that a command left in the background.
import { readdirSync, readFileSync } from 'node:fs'

export function processesOf(stateFolder: string): number[] {
  const wanted = `ASTERN_STATE=${stateFolder}`
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(wanted))
    .map(Number)
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return [] // it has ended meanwhile
  }
}

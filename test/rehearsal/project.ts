// A fresh copy of the example, as its author has it before Astern: the source alone, in a git repository of its own. `astern init` writes the rest.
import { appendFileSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Astern } from './astern.ts'
import { git } from './images.ts'
import { environment, image, type Scratch } from './scratch.ts'

/** The source without its tests, and what tells git what to leave alone. */
const SOURCE = /^(?!.*_test\.go$).*\.go$|^go\.(mod|sum)$|^\.gitignore$/

export async function startProject(root: string, scratch: Scratch, astern: Astern, signal: AbortSignal): Promise<void> {
  const from = join(root, 'examples', 'gin-shop')
  mkdirSync(scratch.project, { recursive: true })
  for (const name of readdirSync(from))
    if (SOURCE.test(name)) copyFileSync(join(from, name), join(scratch.project, name))
  await git(scratch, signal, 'init', '--quiet', '--initial-branch=main')
  await git(scratch, signal, 'config', 'user.name', 'Rehearsal')
  await git(scratch, signal, 'config', 'user.email', 'rehearsal@example.com')
  // What init asks for where a .gitignore is there already.
  appendFileSync(join(scratch.project, '.gitignore'), '.env\nsecrets/\n')
  await astern.run(['init', '--yes', '--image', image, '--environments', environment, '--listen', scratch.listen])
}

/** What is said of the service beside what `astern init` wrote. */
export function say(scratch: Scratch, lines: readonly string[]): string {
  const file = join(scratch.project, 'astern.yaml')
  const kept = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !lines.some((said) => line.startsWith(`    ${said.split(':')[0]}:`)))
  const at = kept.findIndex((line) => line.startsWith('    health:'))
  if (at < 0) throw new Error('astern init found no health route')
  const text = kept.toSpliced(at + 1, 0, ...lines.map((line) => `    ${line}`)).join('\n')
  writeFileSync(file, text)
  return text
}

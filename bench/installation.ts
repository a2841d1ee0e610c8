// An installation of Astern for a benchmark: a state of its own, a configuration file, its proxy, and the command as users run it.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig } from '../src/config/load-config.ts'
import type { Definition } from '../src/core/model.ts'
import { compose } from '../src/daemon.ts'
import type { App } from '../src/operations/app.ts'
import type { BenchContext } from './bench.ts'
import { createEngine, engineSocket, removeLabelled } from './engine-api.ts'
import { type Ran, root, run, type RunOptions } from './command.ts'

/** Another one may be measured, such as that of an installed package. */
const command = process.env['ASTERN_BENCH_COMMAND'] ?? join(root, 'bin/astern')

export type Installation = {
  /** Path of the program. */
  readonly command: string
  readonly folder: string
  readonly stateFolder: string
  /** What the command is given as its environment. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Writes the configuration file anew, and reads it as Astern does. */
  configure(text: string): Definition
  /** Runs the command in the folder of the configuration file. */
  astern(words: readonly string[], options?: RunOptions): Promise<Ran>
  /** The same state, opened in this process, as `astern serve` opens it. */
  open(): App
}

/** Prepares the folder; whatever the installation makes in the engine is gone after the cleanup. */
export function createInstallation(context: BenchContext, name: string): Installation {
  const folder = join(context.folder, name)
  const stateFolder = join(folder, 's')
  mkdirSync(folder, { recursive: true })
  const env = { ...process.env, ASTERN_STATE: stateFolder, CI: undefined, LANG: 'C.UTF-8', LC_ALL: undefined }
  let app: App | null = null
  const astern = (words: readonly string[], options: RunOptions = {}) =>
    run(command, words, { cwd: folder, env, ...options })
  // Undone in the opposite order: as a user would, then whatever that has left because the command itself is broken.
  context.cleanup.add(`${name}: containers and network`, async () => {
    if (app !== null) await removeLabelled(createEngine(engineSocket(env)), app.store.installation)
  })
  context.cleanup.add(`${name}: astern down --all`, async () => {
    app?.traffic.close()
    app?.store.close()
    await astern(['down', '--all', '--yes'])
  })
  return {
    command,
    folder,
    stateFolder,
    env,
    configure(text) {
      const path = join(folder, 'astern.yaml')
      writeFileSync(path, text)
      return loadConfig({ path, cwd: folder, variables: {} }).definitions[0]!
    },
    astern: (words, options) => astern(words, { signal: context.signal, ...options }),
    open: () => (app ??= compose(stateFolder, env)),
  }
}

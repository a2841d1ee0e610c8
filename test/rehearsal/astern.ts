// Astern as a user runs it: `bin/astern` in a folder with an astern.yaml, its output on our terminal. What is read back afterwards is
// asked for with --json.
import { join } from 'node:path'
import { latestOperation, objectsIn, type Operation } from './operation.ts'
import type { Step } from './report.ts'
import { type Ran, run } from './run.ts'
import { projectOf } from './scratch.ts'
import { print, printCommand, showProgress } from './screen.ts'

export type Astern = {
  /** Every command that was shown, in order. */
  readonly steps: readonly Step[]
  /** Runs it once without being looked at: a first start builds the command and fills caches. */
  warmUp(): Promise<void>
  /** Runs it before the user's eyes. Throws when it does not end with 0. */
  run(args: readonly string[]): Promise<Ran>
  /** As `run`, but only the lines that matter are shown: what Docker says of a build fills screens. */
  brief(args: readonly string[]): Promise<void>
  /** Runs it before the user's eyes, whatever comes of it. */
  attempt(args: readonly string[]): Promise<Ran>
  /** Runs it as CI would, before the user's eyes: it has to be refused. */
  refused(args: readonly string[]): Promise<Ran>
  /** What Astern itself says of the whole so far. */
  history(): Promise<History>
  /** What it tells of a release that was on trial, as JSON. */
  verdict(version: string): Promise<string>
  /** Takes the proxy, every container and the network away; throws with what it said when that fails. */
  down(): Promise<void>
}

export type History = {
  /** Version that is active now. */
  readonly active: string | null
  /** Version → Astern's number of it. */
  readonly releases: ReadonlyMap<string, string>
  /** The latest of each. */
  readonly deploy: Operation | null
  readonly rollback: Operation | null
}

const limitMs = 150_000
/** The first build compiles Gin. */
const buildLimitMs = 600_000
const shownLines = 25
/** What a build, a push and a verification come to. */
const telling = /^(?:released|size|built|nothing to do|verified) {2,}/

export function createAstern(given: { root: string; folder: string; state: string; signal: AbortSignal }): Astern {
  const { root, folder, signal } = given
  const project = projectOf(folder)
  const steps: Step[] = []
  const env = { ...process.env, ASTERN_STATE: given.state }
  const argv = (args: readonly string[]) => [join(root, 'bin', 'astern'), ...args]
  const ask = async (args: readonly string[]): Promise<string> => {
    const { exit, output } = await run(argv(args), { cwd: project, env, output: 'collect', limitMs, signal })
    if (exit !== 0) throw new Error(`astern ${args.join(' ')} ended with ${exit}:\n${output.trimEnd()}`)
    return output
  }
  const attempt = async (args: readonly string[]): Promise<Ran> => {
    const command = commandOf(args)
    printCommand(command)
    const ran = await run(argv(args), { cwd: project, env, output: 'show', limitMs, signal })
    steps.push({ command, startMs: ran.startMs, endMs: ran.endMs, exit: ran.exit })
    return ran
  }
  return {
    steps,
    warmUp: async () => {
      await run(argv(['--version']), { cwd: folder, env, output: 'collect', limitMs, signal })
    },
    run: async (args) => {
      const ran = await attempt(args)
      if (ran.exit !== 0) throw new Error(`${commandOf(args)} ended with exit code ${ran.exit}`)
      return ran
    },
    brief: async (args) => {
      printCommand(commandOf(args))
      const done = showProgress(commandOf(args))
      const limitMs = buildLimitMs
      const { exit, output } = await run(argv(args), { cwd: project, env, output: 'collect', limitMs, signal }).finally(
        done,
      )
      const lines = output.trimEnd().split('\n')
      if (exit !== 0) {
        throw new Error(`${commandOf(args)} ended with ${exit}:\n    ${lines.slice(-shownLines).join('\n    ')}`)
      }
      for (const line of lines.filter((line) => telling.test(line))) print(line)
    },
    attempt,
    refused: async (args) => {
      const command = commandOf(args)
      printCommand(`CI=true ${command}`)
      const ran = await run(argv(args), {
        cwd: project,
        env: { ...env, CI: 'true' },
        output: 'collect',
        limitMs,
        signal,
      })
      print(ran.output.trimEnd())
      steps.push({ command: `CI=true ${command}`, startMs: ran.startMs, endMs: ran.endMs, exit: ran.exit })
      return ran
    },
    history: async () => {
      const [status] = objectsIn(await ask(['status', '--json'])) as Status[]
      const log = await ask(['log', '--json'])
      const shown = status?.services[0]
      const known = [shown?.active, ...(shown?.standby ?? [])].filter(
        (release) => release !== null && release !== undefined,
      )
      return {
        active: shown?.active?.version ?? null,
        releases: new Map(known.flatMap(({ version, release }) => (version === null ? [] : [[version, release]]))),
        deploy: latestOperation(log, 'deploy'),
        rollback: latestOperation(log, 'rollback'),
      }
    },
    verdict: (version) => ask(['show', version, '--verdict', '--json']),
    // Without the signal: it is what runs when everything else was interrupted.
    down: async () => {
      const { exit, output } = await run(argv(['down', '--all', '--yes']), {
        cwd: folder,
        env,
        output: 'collect',
        limitMs,
      })
      if (exit !== 0) throw new Error(output.trimEnd())
    },
  }
}

type Status = {
  services: { active: Reference | null; standby: Reference[] }[]
}
type Reference = { release: string; version: string | null }

export function commandOf(args: readonly string[]): string {
  return `astern ${args.map(quoted).join(' ')}`
}

/** As it would be typed in a shell. */
function quoted(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `"${word}"`
}

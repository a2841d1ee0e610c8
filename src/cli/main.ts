// The command line's door: finds the command, reads its arguments, runs its handler, and turns whatever goes wrong into a message and an exit code.
// Invariant: nothing heavy is loaded here, so that `astern rollback` stays close to the start of the runtime itself.
import { parseArgs } from 'node:util'
import { fail } from '../core/errors.ts'
import { chooseLanguage, type Language, languages } from '../i18n/text.ts'
import { translator } from '../i18n/messages.ts'
import type { Arguments, CommandSpec } from './command.ts'
import { commands, hiddenCommands } from './commands.ts'
import { commonOptions, optionsWithoutCommand } from './common-options.ts'
import { startedWith } from './docker-words.ts'
import { createContext } from './terminal.ts'
import { version } from './version.ts'

type Readable = Pick<CommandSpec, 'name' | 'positionals' | 'options'>

const withoutCommand: Readable = { name: '', positionals: [], options: optionsWithoutCommand }
const allCommands = [...commands, ...hiddenCommands]
const started = startedWith(process.argv.slice(2))
const { argv } = started
// Before anything asks where the engine is.
Object.assign(process.env, started.env)
const language = languageOf(argv)
const t = translator(language)

void end()

/** Not at the top level of the module: what users run is a CommonJS bundle, whose built-in modules load in half the time. */
async function end(): Promise<void> {
  process.exitCode = await main()
  // Open sockets and the database close with the process: closing them by hand would cost a rollback its milliseconds.
  // Standard output may still hold text when it is a pipe; it is let go first.
  const streams = [process.stdout, process.stderr]
  await Promise.all(streams.map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))))
  process.exit()
}

async function main(): Promise<number> {
  const context = createContext({ language, json: untilSeparator(argv).includes('--json'), argv: untilSeparator(argv) })
  try {
    if (started.refused !== null) {
      throw fail('USAGE', { problem: t('docker_option_refused', { option: started.refused }), command: '' })
    }
    if (started.byDocker) (await import('./docker-signals.ts')).followDocker(process)
    const at = commandAt(argv)
    const name = argv[at]
    const words = argv.filter((_, index) => index !== at)
    const wants = (...names: string[]) => untilSeparator(words).some((word) => names.includes(word))
    const asked = languageAsked(words)
    if (asked !== null && chooseLanguage(asked, {}) === null) {
      const problem = t('value_invalid', { name: 'lang', expected: languages.join(', '), value: asked })
      throw fail('USAGE', { problem, command: name ?? '' })
    }
    if (name === undefined && wants('--version', '-V')) {
      context.print(version)
      return 0
    }
    if (name === undefined || name === 'help') {
      const topic = name === 'help' ? words[commandAt(words)] : undefined
      if (name === undefined) await read(withoutCommand, words)
      const { helpFor, helpForAll } = await import('./help.ts')
      context.print(topic === undefined ? helpForAll(language) : helpFor(await commandNamed(topic), language))
      return 0
    }
    const command = await commandNamed(name)
    if (wants('--help', '-h')) {
      const { helpFor } = await import('./help.ts')
      context.print(helpFor(command, language))
      return 0
    }
    const args = await read(command, words)
    const { run } = await command.load()
    return await run(context, args)
  } catch (error) {
    const { report } = await import('./report-error.ts')
    return report(context, error, argv[commandAt(argv)] ?? null)
  }
}

/** Where the command stands: the first word that is neither an option nor the value of one. -1: nowhere. */
function commandAt(words: readonly string[]): number {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!
    if (!word.startsWith('-')) return at
    if (takesNext(word)) at += 1
  }
  return -1
}

/** `--env` and `-e`, but not `--env=prod`. */
function takesNext(word: string): boolean {
  return allCommands
    .flatMap(({ options }) => Object.entries(options))
    .concat(Object.entries(commonOptions))
    .some(([name, { type, short }]) => type === 'string' && (word === `--${name}` || word === `-${short}`))
}

function untilSeparator(words: readonly string[]): readonly string[] {
  const at = words.indexOf('--')
  return at < 0 ? words : words.slice(0, at)
}

function languageAsked(line: readonly string[]): string | null {
  const words = untilSeparator(line)
  const at = words.indexOf('--lang')
  if (at >= 0) return words[at + 1] ?? null
  return words.find((word) => word.startsWith('--lang='))?.slice('--lang='.length) ?? null
}

function languageOf(words: readonly string[]): Language {
  return chooseLanguage(languageAsked(words), process.env) ?? 'en'
}

async function commandNamed(name: string): Promise<CommandSpec> {
  const command = allCommands.find((command) => command.name === name)
  if (command !== undefined) return command
  const { unknownCommand } = await import('./usage-problem.ts')
  throw unknownCommand(t, name)
}

/** Error: USAGE. */
async function read(command: Readable, words: readonly string[]): Promise<Arguments> {
  const specs = { ...commonOptions, ...command.options }
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { type, short }]) => [name, short === undefined ? { type } : { type, short }]),
  )
  let parsed
  try {
    parsed = parseArgs({ args: [...words], options, allowPositionals: true, strict: true })
  } catch (error) {
    const { unreadable } = await import('./usage-problem.ts')
    throw unreadable(t, command.name, specs, error)
  }
  const { positionals, values } = parsed
  const missing = command.positionals.find(({ required }, index) => required && positionals[index] === undefined)
  if (missing !== undefined) {
    throw fail('USAGE', { problem: t('positional_missing', { name: missing.name }), command: command.name })
  }
  const surplus = positionals[command.positionals.length]
  if (surplus !== undefined && command.positionals.at(-1)?.many !== true) {
    throw fail('USAGE', { problem: t('positional_surplus', { value: surplus }), command: command.name })
  }
  return {
    command: command.name,
    positionals,
    rest: words.includes('--') ? words.slice(words.indexOf('--') + 1) : null,
    text: (name) => (typeof values[name] === 'string' ? values[name] : null),
    flag: (name) => values[name] === true,
  }
}

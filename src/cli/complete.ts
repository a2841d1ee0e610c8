// `astern complete -- WORD…`: what a shell may offer for the last word, one candidate a line, a tab before what it means. Shells call it, not people.
// Invariants: it reads the state and asks neither the engine nor the proxy; it makes no state; what goes wrong offers nothing and is silent.
import { type Release, releaseName, type Scope } from '../core/model.ts'
import { scalable } from '../core/plan-scale.ts'
import { liveOf } from '../core/seen.ts'
import type { App } from '../operations/app.ts'
import { newestOperations } from '../operations/history.ts'
import { newestReleases } from '../operations/releases.ts'
import { stateExists } from './state-files.ts'
import type { Arguments, CommandSpec, Completes, OptionSpec } from './command.ts'
import { commands } from './commands.ts'
import { commonOptions, optionsWithoutCommand } from './common-options.ts'
import type { Context } from './context.ts'
import { languages } from '../i18n/text.ts'

/** Releases and operations that are offered; whoever wants an older one knows its name. */
const LIMIT = 30

/** Says that file names are to be offered, which a shell does best. */
export const FILES = ':files'

type Candidate = { readonly value: string; readonly about: string }

export async function run(context: Context, args: Arguments): Promise<number> {
  for (const { value, about } of await candidates(context, args.positionals)) {
    context.print(about === '' ? value : `${value}\t${about}`)
  }
  return 0
}

/** `words` are those behind `astern`, as typed so far; the last one is being typed. */
export async function candidates(context: Context, words: readonly string[]): Promise<Candidate[]> {
  const line = readLine(words)
  const { typed, prefix } = line
  const offered = await offers(context, line)
  return offered
    .filter(({ value }) => value === FILES || value.startsWith(typed))
    .map(({ value, about }) => ({ value: value === FILES ? value : prefix + value, about }))
}

type Line = {
  readonly command: CommandSpec | null
  readonly positionals: readonly string[]
  readonly given: ReadonlyMap<string, string>
  /** The option whose value is being typed. */
  readonly option: string | null
  readonly typed: string
  /** What stands before the value in the word that is being typed: `--to=`. */
  readonly prefix: string
}

/** Bash takes `--to=r4` apart into three words; then it wants back only the last of them. */
function joined(words: readonly string[]): { words: string[]; split: boolean } {
  const result: string[] = []
  let split = false
  for (const [index, word] of words.entries()) {
    const before = result.at(-1)
    split = false
    if (word === '=' && before?.startsWith('--') === true && !before.includes('=')) {
      result[result.length - 1] = `${before}=`
      split = true
    } else if (words[index - 1] === '=' && before?.startsWith('--') === true && before.endsWith('=')) {
      result[result.length - 1] = before + word
      split = true
    } else result.push(word)
  }
  return { words: result, split }
}

function readLine(raw: readonly string[]): Line {
  const { words, split } = joined(raw)
  const last = words.at(-1) ?? ''
  let command: CommandSpec | null = null
  let option: string | null = null
  const positionals: string[] = []
  const given = new Map<string, string>()
  for (const word of words.slice(0, -1)) {
    const specs = optionsOf(command)
    if (option !== null) {
      given.set(option, word)
      option = null
    } else if (word.startsWith('-')) {
      const [head = '', ...value] = word.split('=')
      const name = nameOf(specs, head)
      if (name === null) continue
      if (value.length === 0 && specs[name]!.type === 'string') option = name
      else given.set(name, value.join('='))
    } else if (command === null && positionals.length === 0) {
      command = commands.find(({ name }) => name === word) ?? null
      if (command === null) positionals.push(word)
    } else positionals.push(word)
  }
  if (option !== null) return { command, positionals, given, option, typed: last, prefix: '' }
  const equals = last.indexOf('=')
  if (last.startsWith('--') && equals > 0) {
    const name = nameOf(optionsOf(command), last.slice(0, equals))
    const prefix = split ? '' : last.slice(0, equals + 1)
    return { command, positionals, given, option: name ?? '', typed: last.slice(equals + 1), prefix }
  }
  return { command, positionals, given, option: null, typed: last, prefix: '' }
}

function optionsOf(command: CommandSpec | null): Readonly<Record<string, OptionSpec>> {
  return command === null ? { ...commonOptions, ...optionsWithoutCommand } : { ...command.options, ...commonOptions }
}

/** The name of an option as typed, `--env` or `-e`. */
function nameOf(specs: Readonly<Record<string, OptionSpec>>, typed: string): string | null {
  return Object.entries(specs).find(([name, { short }]) => typed === `--${name}` || typed === `-${short}`)?.[0] ?? null
}

async function offers(context: Context, line: Line): Promise<Candidate[]> {
  const { command, positionals, option, typed, given } = line
  const specs = optionsOf(command)
  if (option !== null) return valuesOf(context, specs[option]?.complete ?? null, line)
  if (typed.startsWith('-')) {
    return Object.entries(specs)
      .filter(([name]) => !given.has(name))
      .map(([name, { summary }]) => ({ value: `--${name}`, about: summary[context.language] }))
  }
  if (command === null) {
    const isHelp = positionals[0] === 'help' && positionals.length === 1
    return positionals.length === 0 || isHelp
      ? commands.map(({ name, summary }) => ({ value: name, about: summary[context.language] }))
      : []
  }
  const last = command.positionals.at(-1)
  const place = command.positionals[positionals.length] ?? (last?.many === true ? last : undefined)
  const kinds = place?.complete ?? []
  return (await Promise.all(kinds.map((kind) => valuesOf(context, kind, line)))).flat()
}

async function valuesOf(context: Context, kind: Completes | null, line: Line): Promise<Candidate[]> {
  switch (kind) {
    case null:
      return []
    case 'file':
      return [plain(FILES)]
    case 'shell':
      return ['bash', 'zsh', 'fish'].map(plain)
    case 'docker_plugin':
      return ['install', 'uninstall'].map(plain)
    case 'language':
      return languages.map(plain)
    case 'force_deploy':
      return ['hold', 'freeze', 'quarantine', 'outdated', 'schema'].map(plain)
    case 'force_rollback':
      return ['quarantine', 'schema'].map(plain)
    case 'service':
    case 'environment':
    case 'release':
    case 'target':
    case 'transaction':
    case 'process':
      return fromState(context, kind, line)
  }
}

function plain(value: string): Candidate {
  return { value, about: '' }
}

async function fromState(
  context: Context,
  kind: 'service' | 'environment' | 'release' | 'target' | 'transaction' | 'process',
  { given, positionals }: Line,
): Promise<Candidate[]> {
  if (!stateExists(context.stateFolder)) return []
  let app: App
  try {
    app = await context.open()
  } catch {
    return [] // whatever is wrong with the state is said by the command that is run next
  }
  const service = given.get('service') ?? null
  // What is promoted is of the environment that it comes from.
  const environment = given.get('from') ?? given.get('env') ?? null
  const scopes = app.store.services
    .list()
    .filter(
      (scope) =>
        (service === null || scope.service === service || kind === 'service') &&
        (environment === null || scope.environment === environment || kind === 'environment'),
    )
  switch (kind) {
    case 'service':
      return [...new Set(scopes.map((scope) => scope.service))].map(plain)
    case 'environment':
      return [...new Set(scopes.map((scope) => scope.environment))].map(plain)
    case 'process':
      return processes(app, scopes).filter(({ value }) => !positionals.some((word) => word.startsWith(value)))
    case 'release':
      return releases(context, app, scopes, () => true)
    case 'target': {
      const served = releases(context, app, scopes, ({ activeAt }) => activeAt !== null)
      return served.length === 0 ? [] : [...served, { value: 'previous', about: context.t('previous_release') }]
    }
    case 'transaction':
      return newestOperations(app, { service, environment }, LIMIT).map(({ transactionId, kind, service, to }) => ({
        value: transactionId,
        about: [kind, service, ...(to === null ? [] : [releaseName(to)])].join(' '),
      }))
  }
}

/** `web=`, with the number that it has now. */
function processes(app: App, scopes: readonly Scope[]): Candidate[] {
  const offered = scopes.flatMap((scope) => {
    const service = app.store.services.get(scope)!
    const active = service.active === null ? null : app.store.releases.get(scope, service.active)
    return scalable(service.definition, active).map(
      (process) => [`${process}=`, `${liveOf(service, process)}`] as const,
    )
  })
  return [...new Map(offered)].map(([value, about]) => ({ value, about }))
}

function releases(
  context: Context,
  app: App,
  scopes: readonly Scope[],
  fits: (release: Release) => boolean,
): Candidate[] {
  const byName = new Map<string, string>()
  for (const { release, entry } of newestReleases(app, scopes, LIMIT)) {
    if (!fits(release) || byName.has(entry.release)) continue
    const where = scopes.length > 1 ? [`${entry.service} · ${entry.environment}`] : []
    byName.set(entry.release, [entry.version ?? '', context.t(`state_${entry.state}`), ...where].join(' ').trim())
  }
  return [...byName].map(([value, about]) => ({ value, about }))
}

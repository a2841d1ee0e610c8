// What is wrong with a command line, and what was perhaps meant. Loaded only when something is.
import { closest } from '../config/suggest.ts'
import { type AsternError, fail, reasonOf } from '../core/errors.ts'
import type { Translate } from '../i18n/messages.ts'
import type { OptionSpec } from './command.ts'
import { commands } from './commands.ts'

export function unknownCommand(t: Translate, name: string): AsternError {
  const guess = closest(
    name,
    commands.map((command) => command.name),
  )
  return fail('USAGE', { problem: t('command_unknown', { command: name }) + suggestion(t, guess), command: '' })
}

/** From what node:util's parseArgs threw: its codes are documented, its texts are English. */
export function unreadable(
  t: Translate,
  command: string,
  specs: Readonly<Record<string, OptionSpec>>,
  error: unknown,
): AsternError {
  return fail('USAGE', { problem: problemOf(t, specs, error), command }, error)
}

function problemOf(t: Translate, specs: Readonly<Record<string, OptionSpec>>, error: unknown): string {
  const text = reasonOf(error)
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const option = /'(-[^']*)'/.exec(text)?.[1] ?? '-'
    const guess = option.startsWith('--') ? closest(option.slice(2), Object.keys(specs)) : null
    return t('option_unknown', { option }) + suggestion(t, guess === null ? null : `--${guess}`)
  }
  const name = /--([\w-]+)/.exec(text)?.[1] ?? ''
  const spec = specs[name]
  if (code !== 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' || spec === undefined) return text
  if (spec.type === 'boolean') return t('option_takes_nothing', { name })
  return t('option_needs_value', { name, value: spec.value ?? 'VALUE' })
}

function suggestion(t: Translate, guess: string | null): string {
  return guess === null ? '' : ` ${t('did_you_mean', { guess })}`
}

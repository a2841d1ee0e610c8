// Help, made from the commands' data.
import type { Language } from '../i18n/text.ts'
import { translator } from '../i18n/messages.ts'
import type { CommandSpec, OptionSpec } from './command.ts'
import { commands } from './commands.ts'
import { commonOptions, optionsWithoutCommand } from './common-options.ts'
import { table } from './format.ts'
import { version } from './version.ts'

export function helpForAll(language: Language): string {
  const t = translator(language)
  return [
    `astern ${version}: ${t('tagline')}`,
    '',
    `${t('usage')}: astern COMMAND [${t('options').toLowerCase()}]`,
    '',
    `${t('commands')}:`,
    ...table(commands.map(({ name, summary }) => [`  ${name}`, summary[language]])),
    '',
    `${t('options_of_all')}:`,
    ...optionLines({ ...commonOptions, ...optionsWithoutCommand }, language),
    '',
    t('help_more'),
  ].join('\n')
}

export function helpFor(command: CommandSpec, language: Language): string {
  const t = translator(language)
  const positionals = command.positionals.map(
    ({ name, required, many }) => ` ${required ? name : `[${name}]`}${many === true ? '…' : ''}`,
  )
  const own = optionLines(command.options, language)
  return [
    `astern ${command.name}: ${command.summary[language]}`,
    '',
    `${t('usage')}: astern ${command.name}${positionals.join('')} [${t('options').toLowerCase()}]`,
    '',
    ...(own.length === 0 ? [] : [`${t('options')}:`, ...own, '']),
    `${t('options_of_all')}:`,
    ...optionLines(commonOptions, language),
    '',
    `${t('examples')}:`,
    ...command.examples.map((example) => `  ${example}`),
  ].join('\n')
}

function optionLines(options: Readonly<Record<string, OptionSpec>>, language: Language): string[] {
  return table(
    Object.entries(options).map(([name, { short, value, summary }]) => [
      `  ${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
      summary[language],
    ]),
  )
}

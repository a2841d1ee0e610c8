import { describe, expect, it } from 'vitest'
import { languages } from '../i18n/text.ts'
import { commands, hiddenCommands } from './commands.ts'
import { commonOptions } from './common-options.ts'
import { helpFor, helpForAll } from './help.ts'
import { version } from './version.ts'

describe('help', () => {
  it.each(languages)('names every command that people type, in %s', (language) => {
    const text = helpForAll(language)
    for (const { name, summary } of commands) expect(text).toMatch(new RegExp(`^  ${name} +${summary[language]}$`, 'm'))
    for (const { name } of hiddenCommands) expect(text).not.toMatch(new RegExp(`^  ${name} `, 'm'))
    expect(text).toContain(version)
  })

  it.each(commands.map((command) => [command.name, command] as const))(
    'of %s has its options and an example',
    (name, command) => {
      for (const language of languages) {
        const text = helpFor(command, language)
        for (const [option, { summary, short }] of Object.entries({ ...command.options, ...commonOptions })) {
          expect(text).toContain(`--${option}`)
          expect(text).toContain(summary[language])
          if (short !== undefined) expect(text).toContain(`-${short}, --${option}`)
        }
        const [example] = command.examples
        expect(example).toContain(`astern ${name}`)
        expect(text).toContain(`\n  ${example}`)
      }
    },
  )

  it('shows what must and what may be given', () => {
    const named = (name: string) =>
      helpFor(
        [...commands, ...hiddenCommands].find((one) => one.name === name)!,
        'en',
      )
    expect(named('diff')).toContain('Usage: astern diff A B [options]')
    expect(named('deploy')).toContain('Usage: astern deploy [TAG]… [options]')
    expect(named('complete')).toContain('Usage: astern complete [WORD]… [options]')
  })

  it('has no two options of a command under one letter', () => {
    for (const { options } of [...commands, ...hiddenCommands]) {
      const letters = Object.values({ ...commonOptions, ...options }).flatMap(({ short }) => short ?? [])
      expect(new Set(letters).size).toBe(letters.length)
      expect(Object.keys(options).filter((name) => name in commonOptions)).toEqual([])
    }
  })

  it('has one meaning for an option that several commands have, so that it may stand before the command', () => {
    // These stand behind their command. `--release` makes a version in one, and names a release in others; `--version` alone asks for that of Astern,
    // and names that of a build.
    const standsBehind = new Set(['release', 'version'])
    const types = new Map<string, string>()
    for (const { options } of [...commands, ...hiddenCommands, { options: commonOptions }]) {
      for (const [name, { type }] of Object.entries(options)) {
        if (standsBehind.has(name)) continue
        expect(types.get(name) ?? type).toBe(type)
        types.set(name, type)
      }
    }
  })
})

// A text in every language the CLI speaks.

export const languages = ['en', 'zh-CN'] as const
export type Language = (typeof languages)[number]
export type Text = Readonly<Record<Language, string>>

/** `--lang`, else what the environment's locale says (POSIX order), else English. */
export function chooseLanguage(
  asked: string | null,
  locale: Readonly<Record<string, string | undefined>>,
): Language | null {
  if (asked !== null)
    return (
      languages.find((language) => language.toLowerCase() === asked.toLowerCase()) ??
      (/^zh/i.test(asked) ? 'zh-CN' : null)
    )
  const said = [locale['ASTERN_LANG'], locale['LC_ALL'], locale['LC_MESSAGES'], locale['LANG']].find(
    (value) => value !== undefined && value !== '',
  )
  return said !== undefined && /^zh/i.test(said) ? 'zh-CN' : 'en'
}

import { describe, expect, it } from 'vitest'
import { commands, hiddenCommands } from '../cli/commands.ts'
import { commonOptions, optionsWithoutCommand } from '../cli/common-options.ts'
import { catalogue } from '../core/error-catalogue.ts'
import { errorsZhCn } from './errors-zh-cn.ts'
import { messages, tables, translator } from './messages.ts'
import { chooseLanguage, languages, type Text } from './text.ts'

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).sort()
}

const CHINESE = /\p{Script=Han}/u

describe('the texts of errors', () => {
  it('are there in Chinese, each with the placeholders of the English one', () => {
    for (const [code, { message, hint }] of Object.entries(catalogue)) {
      const chinese = errorsZhCn[code as keyof typeof catalogue]
      expect({ code, of: placeholders(chinese.message) }).toEqual({ code, of: placeholders(message) })
      expect({ code, of: placeholders(chinese.hint) }).toEqual({ code, of: placeholders(hint) })
      expect(chinese.hint === '').toBe(hint === '')
    }
    expect(Object.keys(errorsZhCn).sort()).toEqual(Object.keys(catalogue).sort())
  })

  it('name the same commands and options in both languages', () => {
    const named = (text: string) => (text.match(/astern [a-z]+|--[a-z]+(=[a-z]+)?/g) ?? []).sort()
    for (const [code, { message, hint }] of Object.entries(catalogue)) {
      const chinese = errorsZhCn[code as keyof typeof catalogue]
      const english = `${message} ${hint}`
      expect({ code, of: named(`${chinese.message} ${chinese.hint}`) }).toEqual({ code, of: named(english) })
    }
  })

  it('are Chinese, except where all of the text is a detail', () => {
    for (const { message } of Object.values(errorsZhCn)) {
      if (/^\{\w+\}$/.test(message)) continue
      expect(message).toMatch(CHINESE)
    }
  })
})

describe('the messages of commands', () => {
  it('are there in every language, with the same placeholders', () => {
    for (const [key, text] of Object.entries<Text>(messages)) {
      for (const language of languages) {
        expect({ key, of: placeholders(text[language]) }).toEqual({ key, of: placeholders(text.en) })
        expect(text[language].trim()).toBe(text[language])
        expect(text[language]).not.toBe('')
      }
    }
  })

  it('are written in one place each', () => {
    const keys = tables.flatMap((table) => Object.keys(table))
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([])
    expect(keys.length).toBe(Object.keys(messages).length)
  })

  it('fill in details', () => {
    expect(translator('en')('listens', { scope: 'shop.prod', listen: '127.0.0.1:80' })).toBe(
      'shop.prod listens on 127.0.0.1:80',
    )
  })

  it('explain every command and option in every language', () => {
    const texts = [...commands, ...hiddenCommands].flatMap(({ summary, options }) => [
      summary,
      ...Object.values(options).map((option) => option.summary),
    ])
    const all = [
      ...texts,
      ...Object.values({ ...commonOptions, ...optionsWithoutCommand }).map(({ summary }) => summary),
    ]
    for (const text of all) {
      expect(text.en).not.toMatch(CHINESE)
      expect(text['zh-CN']).toMatch(CHINESE)
    }
  })
})

describe('the language', () => {
  it('is what is asked for, else what the locale says, else English', () => {
    expect(chooseLanguage('zh-cn', {})).toBe('zh-CN')
    expect(chooseLanguage('zh', {})).toBe('zh-CN')
    expect(chooseLanguage('fr', {})).toBeNull()
    expect(chooseLanguage(null, { LANG: 'zh_CN.UTF-8' })).toBe('zh-CN')
    expect(chooseLanguage(null, { LANG: 'zh_CN.UTF-8', LC_ALL: 'C' })).toBe('en')
    expect(chooseLanguage(null, { LC_ALL: '', LANG: 'de_DE' })).toBe('en')
    expect(chooseLanguage(null, { ASTERN_LANG: 'zh', LC_ALL: 'C' })).toBe('zh-CN')
  })
})

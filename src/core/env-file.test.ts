import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseEnvFile } from './env-file.ts'

function values(text: string): Record<string, string> {
  const { entries, problems } = parseEnvFile(text)
  expect(problems).toEqual([])
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]))
}

describe('parseEnvFile', () => {
  it('reads lines of NAME=value', () => {
    expect(values('A=1\nB = two \nC=\n')).toEqual({ A: '1', B: 'two', C: '' })
  })

  it('passes over comments, empty lines, a byte order mark and carriage returns', () => {
    expect(values('\uFEFF# first\r\n\r\n  # indented\r\nA=1\r\n')).toEqual({ A: '1' })
  })

  it('takes `export` for granted', () => expect(values('export A=1\nexport\tB=2')).toEqual({ A: '1', B: '2' }))

  it('ends an unquoted value at a comment, which needs white space before it', () => {
    expect(values('A=one # two\nB=one#two\nC= # x # y')).toEqual({ A: 'one', B: 'one#two', C: '# x' })
  })

  it('keeps white space, comments and dollar signs within quotes', () => {
    expect(values(`A="  # $x  " # a comment\nB='  # $y  '`)).toEqual({ A: '  # $x  ', B: '  # $y  ' })
  })

  it('knows escapes in double quotes, and of the quote itself in single ones', () => {
    expect(
      values(String.raw`A="a\nb\t\"\\\$ \x"` + '\n' + String.raw`B='a\nb it\'s'` + '\n' + String.raw`C=a\nb`),
    ).toEqual({
      A: 'a\nb\t"\\$ \\x',
      B: String.raw`a\nb it's`,
      C: String.raw`a\nb`,
    })
  })

  it('reads quoted values over several lines', () => {
    expect(values('KEY="-----BEGIN\nabc\n-----END"\nNEXT=1')).toEqual({ KEY: '-----BEGIN\nabc\n-----END', NEXT: '1' })
  })

  it('fills in no variables', () => expect(values('A=1\nB=$A${A}')).toEqual({ A: '1', B: '$A${A}' }))

  it('takes a colon for an equals sign, and white space around either', () => {
    expect(values('A: 1\nB = 2\nC:3')).toEqual({ A: '1', B: '2', C: '3' })
  })

  it('takes the last of two equal names', () => expect(values('A=1\nA=2')).toEqual({ A: '2' }))

  it.each([
    ['A=1\n  B\n', 2, 3, 'expected NAME=value'],
    ['=1', 1, 1, 'expected NAME=value'],
    ['-A=1', 1, 1, 'expected NAME=value'],
    ['A B=1', 1, 1, 'expected NAME=value'],
    ['A=1\nB="open\n', 2, 3, 'the quote that B opens is never closed'],
    ["A='x' y", 1, 1, 'expected nothing after the closing quote of A'],
  ])('reports %j with its place, and without the value', (text, line, column, message) => {
    expect(parseEnvFile(text).problems).toEqual([{ line, column, message }])
  })

  it('reads back every value that was written in single quotes', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !/['\r\\]/.test(value))
    fc.assert(
      fc.property(text, (value) => {
        expect(values(`A='${value}'`)).toEqual({ A: value })
      }),
    )
  })

  it('has an answer to anything', () => {
    const text = fc.string({ unit: fc.constantFrom(...'A=\'"\\#$ \n\r\tx'.split('')) })
    fc.assert(
      fc.property(text, (any) => {
        expect(() => parseEnvFile(any)).not.toThrow()
      }),
    )
  })
})

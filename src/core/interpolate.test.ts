import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { interpolate } from './interpolate.ts'

const SET: Readonly<Record<string, string>> = { A: 'one', EMPTY: '' }
const fill = (text: string) => interpolate(text, (name) => (Object.hasOwn(SET, name) ? SET[name] : undefined))

describe('interpolate', () => {
  it.each([
    ['plain', 'plain'],
    ['$A-${A}', 'one-one'],
    ['$$A', '$A'],
    ['${X:-two}', 'two'],
    ['${EMPTY:-two}', 'two'],
    ['${EMPTY-two}', ''],
    ['${A:-two}', 'one'],
    ['${X:-${Y:-${A}}}!', 'one!'],
    ['${A:+other}', 'other'],
    ['${EMPTY:+other}', ''],
    ['${EMPTY+other}', 'other'],
    ['${X+other}', ''],
    ['${A:?must be set}', 'one'],
    ['${X:-a:b}', 'a:b'],
    ['${X:-}', ''],
  ])('fills in %s', (text, filled) => expect(fill(text)).toMatchObject({ value: { text: filled } }))

  it('tells which variables it asked for, and which were not set', () => {
    expect(fill('$A ${X} ${Y:-1}')).toEqual({
      value: { text: 'one  1', used: ['A', 'X', 'Y'], unset: ['X'] },
    })
  })

  it.each([
    ['${X:?name it}', 'the variable X is not set: name it'],
    ['${EMPTY:?}', 'the variable EMPTY is not set'],
    ['${A', 'expected a } that closes ${'],
    ['${}', 'expected the name of a variable after ${'],
    ['$', 'expected the name of a variable after $; a dollar sign itself is written $$'],
    ['${A!x}', 'expected }, :-, :? or :+ after ${A'],
  ])('refuses %s', (text, problem) => expect(fill(text)).toEqual({ problem }))

  it('has an answer to anything', () => {
    const text = fc.string({ unit: fc.constantFrom(...'$${}:-?+AX x'.split('')) })
    fc.assert(
      fc.property(text, (any) => {
        expect(Object.keys(fill(any))).toHaveLength(1)
      }),
    )
    expect(fill(`${'${X:-'.repeat(5_000)}${'}'.repeat(5_000)}`)).toHaveProperty('problem')
  })
})

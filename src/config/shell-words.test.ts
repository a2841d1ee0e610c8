import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitWords } from './shell-words.ts'

describe('splitWords', () => {
  it.each([
    ['/app serve', ['/app', 'serve']],
    ['  /app \t serve\n', ['/app', 'serve']],
    [`/app --name "gin shop" 'a b'`, ['/app', '--name', 'gin shop', 'a b']],
    [`--x="a b"c`, ['--x=a bc']],
    [String.raw`a\ b "c\"d" 'e\f'`, ['a b', 'c"d', String.raw`e\f`]],
    [`'' ""`, ['', '']],
    [`"a;b" '|'`, ['a;b', '|']],
    ['', []],
  ])('splits %j', (text, words) => expect(splitWords(text)).toEqual({ value: words }))

  it.each([
    ['a && b', /"&" needs a shell/],
    ['a > b', /">" needs a shell/],
    ['a; b', /";" needs a shell/],
    ['a $(b)', /"\(" needs a shell/],
    ['a "b', /never closed/],
  ])('refuses %j', (text, problem) => expect(splitWords(text)).toEqual({ problem: expect.stringMatching(problem) }))

  it('reads back words that were put into single quotes', () => {
    const words = fc.array(fc.string().filter((word) => !word.includes("'")))
    fc.assert(
      fc.property(words, (given) => {
        expect(splitWords(given.map((word) => `'${word}'`).join(' '))).toEqual({ value: given })
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unifiedDiff } from './unified-diff.ts'

const lines = (...all: string[]) => all.map((line) => `${line}\n`).join('')

describe('a unified diff', () => {
  it('is nothing where nothing differs', () => {
    expect(unifiedDiff('a', 'x\n', 'x\n')).toEqual([])
  })

  it('shows what goes and what comes, with three lines around it', () => {
    const before = lines('1', '2', '3', '4', '5', '6', '7', '8', '9')
    expect(unifiedDiff('file', before, before.replace('5\n', 'five\nand more\n'))).toEqual([
      '--- file',
      '+++ file (astern init)',
      '@@ -2,7 +2,8 @@',
      ' 2',
      ' 3',
      ' 4',
      '-5',
      '+five',
      '+and more',
      ' 6',
      ' 7',
      ' 8',
    ])
  })

  it('keeps changes that are far apart in hunks of their own', () => {
    const before = lines(...Array.from({ length: 20 }, (_, index) => String(index)))
    const after = before.replace('0\n', 'zero\n').replace('19\n', '')
    expect(unifiedDiff('file', before, after).filter((line) => line.startsWith('@@'))).toEqual([
      '@@ -1,4 +1,4 @@',
      '@@ -17,4 +17,3 @@',
    ])
  })

  it('counts from nothing, and sees the end of a line that is missing', () => {
    expect(unifiedDiff('file', '', 'a\n').slice(2)).toEqual(['@@ -0,0 +1,1 @@', '+a'])
    expect(unifiedDiff('file', 'a', 'a\n').slice(2)).toEqual(['@@ -1,1 +1,1 @@', '-a (no end of line)', '+a'])
  })

  it('holds both texts, line for line', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 }).map((all) => lines(...all))
    fc.assert(
      fc.property(text, text, (before, after) => {
        const wide = 100
        const pad = lines(...Array.from({ length: wide }, () => '='))
        // With the same lines around both, every changed line is in one hunk or another.
        const edits = unifiedDiff('file', pad + before + pad, pad + after + pad).slice(2)
        const count = (sign: string) => edits.filter((line) => line.startsWith(sign)).length
        expect(count('+') - count('-')).toBe(after.split('\n').length - before.split('\n').length)
      }),
    )
  })
})

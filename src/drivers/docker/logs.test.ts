import { describe, expect, it } from 'vitest'
import { shortened } from './logs.ts'

describe('the lines that an error shows', () => {
  it('are all of them when they are short', () => {
    expect(shortened(['\n  one', '\n  two'])).toBe('\n  one\n  two')
    expect(shortened([])).toBe('')
  })
  it('are the last ones that fit', () => {
    const lines = ['a', 'b', 'c'].map((letter) => `\n  ${letter.repeat(900)}`)
    expect(shortened(lines)).toBe(`${lines[1]}${lines[2]}`)
  })
  it('begin with the beginning of a last line that does not fit', () => {
    const text = shortened(['\n  short', `\n  panic: ${'x'.repeat(5_000)}`])
    expect(text.startsWith('\n  panic: xxx')).toBe(true)
    expect(Buffer.byteLength(text)).toBe(2_000)
  })
})

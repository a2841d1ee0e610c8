import { describe, expect, it } from 'vitest'
import { commandLineBytes } from './limits.ts'
import { inLines } from './session.ts'

describe('commands', () => {
  it('are told in one line', () => {
    expect(inLines(['a', 'b'])).toEqual([['a', 'b']])
    expect(inLines([])).toEqual([])
  })
  it('are told in as many lines as they need, in their order, and no line is longer than HAProxy reads', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => `set weight shop.prod/r${index}-1 100`)
    const lines = inLines(many)
    expect(lines.length).toBeGreaterThan(1)
    expect(lines.flat()).toEqual(many)
    for (const line of lines) expect(line.join(';').length).toBeLessThanOrEqual(commandLineBytes)
  })
})

import { describe, expect, it } from 'vitest'
import { createLineReader, type OutputLine } from './output-lines.ts'

function linesOf(...chunks: readonly (readonly ['stdout' | 'stderr', string | Uint8Array])[]): OutputLine[] {
  const lines: OutputLine[] = []
  const reader = createLineReader((line) => lines.push(line))
  for (const [stream, text] of chunks) {
    reader.read({ stream, bytes: typeof text === 'string' ? new TextEncoder().encode(text) : text })
  }
  reader.end()
  return lines
}

describe('lines of output', () => {
  it('are put together from pieces, each stream for itself', () => {
    const lines = linesOf(['stdout', 'on'], ['stderr', 'bad\r\n'], ['stdout', 'e\ntwo'])
    expect(lines).toEqual([
      { stream: 'stderr', text: 'bad' },
      { stream: 'stdout', text: 'one' },
      { stream: 'stdout', text: 'two' },
    ])
  })

  it('keep a character that comes in two pieces whole', () => {
    const [first, ...rest] = new TextEncoder().encode('回滚')
    expect(linesOf(['stdout', Uint8Array.of(first!)], ['stdout', Uint8Array.from(rest)])).toEqual([
      { stream: 'stdout', text: '回滚' },
    ])
  })

  it('without an end are given out in pieces', () => {
    expect(linesOf(['stdout', 'x'.repeat(20_000)], ['stdout', 'y'])).toHaveLength(2)
  })
})

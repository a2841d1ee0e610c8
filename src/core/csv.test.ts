import { describe, expect, it } from 'vitest'
import { csv } from './csv.ts'

describe('a table for other programs', () => {
  it('has a row of names, and CR LF behind every row', () => {
    expect(
      csv(
        ['release', 'share'],
        [
          { release: 'r1', share: 99.5 },
          { release: 'r2', share: null },
        ],
      ),
    ).toBe('release,share\r\nr1,99.5\r\nr2,\r\n')
    expect(csv(['release'], [])).toBe('release\r\n')
  })

  it('quotes what would break it, and doubles quotes', () => {
    expect(csv(['reason'], [{ reason: 'a, b' }, { reason: 'said "no"' }, { reason: 'two\nlines' }])).toBe(
      'reason\r\n"a, b"\r\n"said ""no"""\r\n"two\nlines"\r\n',
    )
  })

  it('reaches into what is nested, which may be unknown', () => {
    const rows = [{ ended_by: { actor: 'alice' } }, { ended_by: null }, {}]
    expect(csv(['ended_by.actor'], rows)).toBe('ended_by_actor\r\nalice\r\n\r\n\r\n')
  })

  it('leaves what people wrote as they wrote it', () => {
    expect(csv(['reason'], [{ reason: '=1+1' }, { reason: '-m' }])).toBe('reason\r\n=1+1\r\n-m\r\n')
  })
})

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDemultiplexer } from './log-frames.ts'

const TIME = '2026-04-05T10:23:45.120000000Z'
const AT = Date.parse('2026-04-05T10:23:45.120Z')

function frame(stream: 1 | 2, text: string): Buffer {
  const payload = Buffer.from(text)
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(payload.length, 4)
  return Buffer.concat([header, payload])
}

function readAll(chunks: readonly Buffer[]) {
  const demultiplexer = createDemultiplexer('r1-1')
  return [...chunks.flatMap((chunk) => demultiplexer.read(chunk)), ...demultiplexer.end()]
}

const line = (stream: 'stdout' | 'stderr', text: string) => ({ replica: 'r1-1', at: AT, stream, text })

describe('the log stream of the engine', () => {
  it('is taken apart into lines of both streams with their times', () => {
    const bytes = Buffer.concat([frame(1, `${TIME} hello\n`), frame(2, `${TIME} a b \n`), frame(1, `${TIME} \n`)])
    expect(readAll([bytes])).toEqual([line('stdout', 'hello'), line('stderr', 'a b '), line('stdout', '')])
  })
  it('may be cut anywhere, also within a character', () => {
    const bytes = Buffer.concat([frame(1, `${TIME} 发布版本\n${TIME} two\n`), frame(2, `${TIME} drei\r\n`)])
    const whole = readAll([bytes])
    expect(whole).toEqual([line('stdout', '发布版本'), line('stdout', 'two'), line('stderr', 'drei')])
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
        const ends = [...cuts.toSorted((one, other) => one - other), bytes.length]
        const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
        expect(readAll(chunks)).toEqual(whole)
      }),
    )
  })
  it('may carry a line in several frames, and end without a line break', () => {
    expect(readAll([frame(1, `${TIME} be`), frame(2, `${TIME} x\n`), frame(1, 'gun')])).toEqual([
      line('stderr', 'x'),
      line('stdout', 'begun'),
    ])
  })
  it('has the time before each piece of a long line, which is shown once', () => {
    expect(readAll([frame(1, `${TIME} be`), frame(1, `${TIME} gin`), frame(1, `${TIME} ning\n${TIME} x\n`)])).toEqual([
      line('stdout', 'beginning'),
      line('stdout', 'x'),
    ])
  })
  it('keeps a line without a time as it is', () => {
    expect(readAll([frame(1, 'no time here\n')])).toEqual([
      { replica: 'r1-1', at: null, stream: 'stdout', text: 'no time here' },
    ])
  })
  it('gives out a line that never ends in pieces instead of collecting it for ever', () => {
    const lines = readAll(Array.from({ length: 10 }, () => frame(1, 'x'.repeat(20_000))))
    expect(lines.length).toBeGreaterThan(1)
    expect(lines.reduce((sum, { text }) => sum + text.length, 0)).toBe(200_000)
  })
  it('is not read on when it is no log stream', () => {
    expect(() => readAll([Buffer.from('{"message":"not a log"}')])).toThrow(/log frame/)
  })
})

import { describe, expect, it } from 'vitest'
import type { LogLine } from '../ports/runtime.ts'
import { asTheyCome, byTime } from './merge-lines.ts'

function line(replica: string, at: number | null): LogLine {
  return { replica, at, stream: 'stdout', text: `${replica} ${at}` }
}

async function* of(...lines: LogLine[]): AsyncGenerator<LogLine> {
  yield* lines
}

async function texts(lines: AsyncIterable<LogLine>): Promise<string[]> {
  const result: string[] = []
  for await (const { text } of lines) result.push(text)
  return result
}

describe('lines by time', () => {
  it('come from the oldest to the newest, whatever they come from', async () => {
    const merged = byTime([of(line('a', 1), line('a', 4)), of(), of(line('b', 2), line('b', 3))])
    expect(await texts(merged)).toEqual(['a 1', 'b 2', 'b 3', 'a 4'])
  })

  it('keep a line without a time behind the one before it', async () => {
    const merged = byTime([of(line('a', 1), line('a', null), line('a', 5)), of(line('b', 2))])
    expect(await texts(merged)).toEqual(['a 1', 'a null', 'b 2', 'a 5'])
  })
})

describe('lines as they come', () => {
  it('hold one line of each source until it is taken', async () => {
    let made = 0
    async function* endless(): AsyncGenerator<LogLine> {
      for (;;) yield line('a', ++made)
    }
    const stopping = new AbortController()
    const lines = asTheyCome([endless()], stopping.signal)
    expect((await lines.next()).value).toMatchObject({ at: 1 })
    expect((await lines.next()).value).toMatchObject({ at: 2 })
    expect(made).toBeLessThanOrEqual(3)
    stopping.abort()
    expect((await lines.next()).done).toBe(true)
  })

  it('end with the last source', async () => {
    const lines = asTheyCome([of(line('a', 2)), of(line('b', 1))], new AbortController().signal)
    expect((await texts(lines)).sort()).toEqual(['a 2', 'b 1'])
  })

  it('throw what a source throws, after what came before it', async () => {
    async function* failing(): AsyncGenerator<LogLine> {
      yield line('a', 1)
      throw new Error('the engine went away')
    }
    const lines = asTheyCome([failing()], new AbortController().signal)
    expect((await lines.next()).value).toMatchObject({ at: 1 })
    await expect(lines.next()).rejects.toThrow('the engine went away')
  })
})

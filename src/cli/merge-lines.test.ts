import { describe, expect, it } from 'vitest'
import type { LogLine } from '../ports/runtime.ts'
import { byTime, follow, type Following } from './merge-lines.ts'

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

describe('lines that are followed', () => {
  const never = () => new Promise<never>(() => {})
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

  function following(given: Partial<Following>): Following {
    return {
      look: () => [{ name: 'a', ended: false }],
      before: () => of(),
      open: () => of(),
      wait: turn,
      onTrouble: (error) => {
        throw error
      },
      signal: new AbortController().signal,
      ...given,
    }
  }

  async function take(lines: AsyncGenerator<LogLine>, count: number): Promise<string[]> {
    const result: string[] = []
    while (result.length < count) result.push((await lines.next()).value.text)
    return result
  }

  it('begin with what was there, by time, and show no line of it again', async () => {
    const lines = follow(
      following({
        look: () => [
          { name: 'a', ended: false },
          { name: 'b', ended: false },
        ],
        before: (name) => (name === 'a' ? of(line('a', 1), line('a', 5)) : of(line('b', 3))),
        open: (name, since) => (since === 5 ? of(line('a', 5), line('a', 6)) : of(line(name, 3))),
      }),
    )
    expect(await take(lines, 4)).toEqual(['a 1', 'b 3', 'a 5', 'a 6'])
  })

  it('hold one line of each replica until it is taken', async () => {
    let made = 0
    async function* endless(): AsyncGenerator<LogLine> {
      for (;;) yield line('a', ++made)
    }
    const stopping = new AbortController()
    const lines = follow(following({ open: endless, wait: never, signal: stopping.signal }))
    expect(await take(lines, 2)).toEqual(['a 1', 'a 2'])
    expect(made).toBeLessThanOrEqual(3)
    stopping.abort()
    expect((await lines.next()).done).toBe(true)
  })

  it('are joined by those of a replica that comes later, and by one that is started again', async () => {
    const looks = [['a'], ['a'], ['a', 'b']]
    let restarts = 0
    const lines = follow(
      following({
        look: () => (looks.length > 1 ? looks.shift()! : looks[0]!).map((name) => ({ name, ended: false })),
        open: (name) => (name === 'a' ? of(line('a', ++restarts)) : of(line('b', 1))),
      }),
    )
    expect(await take(lines, 3)).toEqual(expect.arrayContaining(['a 1', 'a 2', 'b 1']))
  })

  it('are not asked for again of a replica that has ended', async () => {
    let opened = 0
    const looks = [false, false, true, true, true]
    const lines = follow(
      following({
        look: () => (looks.length === 0 ? null : [{ name: 'a', ended: looks.shift()! }]),
        open: () => of(line('a', ++opened)),
      }),
    )
    const shown = await texts(lines)
    expect(shown.length).toBeLessThanOrEqual(3)
  })

  it('end when nothing more will come', async () => {
    expect(await texts(follow(following({ look: () => null })))).toEqual([])
  })

  it('throw what a replica throws that should not be tried again', async () => {
    async function* failing(): AsyncGenerator<LogLine> {
      yield line('a', 1)
      throw new Error('the engine went away')
    }
    await expect(texts(follow(following({ open: failing })))).rejects.toThrow('the engine went away')
  })
})

import { describe, expect, it } from 'vitest'
import { NotUnderstood } from './running.ts'
import { armsOf, serversOf } from './tally.ts'

const row = (key: string, requests: number, ...counters: readonly number[]): string =>
  `0x7f: key=${key} use=0 exp=0 shard=0 http_req_cnt=${requests} gpt0=0 ${Array.from({ length: 18 }, (_, index) => `gpc${index}=${counters[index] ?? 0}`).join(' ')}`
const table = (...rows: readonly string[]): string =>
  [`# table: shop.prod, type: string, size:1000, used:${rows.length}`, ...rows].join('\n')

describe('what a trial has come to', () => {
  it('is the sum of the servers that requests were drawn for, and of whom the rest went to', () => {
    const arms = armsOf(
      table(
        row('r42-1', 100, 40, 100, 20, 10, 2, 4, 1, 8, 8, 3),
        row('r42-2', 10, 0, 10),
        row('0/500/r41/shield', 500, 0, 500),
        row('0/2200/r41/shield', 100, 0, 100),
        row('1/500/r41', 300, 0, 300),
        row('1/500/nobody', 5, 0, 5, 5, 5, 5),
      ),
    )
    expect([...arms.keys()]).toEqual([42, 41])
    expect(arms.get(42)).toEqual({
      drawn: 70,
      answered: 110,
      failed: 10,
      failedForUsers: 2,
      clientErrors: 4,
      declared: 1,
      // 90 quick ones, and of the 20 others those that neither failed nor were refused
      succeeded: 96,
      latency: [90, 5, 3, 0, 0, 0, 0, 0, 0, 0, 0],
    })
    expect(arms.get(41)).toMatchObject({ drawn: 900, answered: 900, succeeded: 900 })
  })
  it('is nothing where nothing was drawn, or no such backend runs', () => {
    expect(armsOf(table()).size).toBe(0)
    expect(armsOf('No such table').size).toBe(0)
    expect(serversOf('No such proxy.')).toEqual([])
  })
  it.each(['what?', table('0x7f: key=r1-1 use=0 gpt0=0'), table('0x7f')])('is not guessed from %j', (answer) => {
    expect(() => armsOf(answer)).toThrow(NotUnderstood)
  })
})

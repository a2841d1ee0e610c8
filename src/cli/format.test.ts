import { describe, expect, it } from 'vitest'
import { buildRelease } from '../../test/builders.ts'
import { diffReleases } from '../core/diff.ts'
import { translator } from '../i18n/messages.ts'
import {
  formatAge,
  formatChanges,
  formatDuration,
  formatRelease,
  labelled,
  labelledLines,
  shortDigest,
  table,
  visible,
  widthOf,
} from './format.ts'

const t = translator('en')

describe('a length of time', () => {
  it.each([
    [0.3, '0.3 ms'],
    [9.94, '9.9 ms'],
    [9.96, '10 ms'],
    [48.4, '48 ms'],
    [999.7, '1.0 s'],
    [1_234, '1.2 s'],
    [59_949, '59.9 s'],
    [59_960, '1 min 0 s'],
    [119_700, '2 min 0 s'],
    [3_599_000, '59 min 59 s'],
    [3_600_000, '1 h 0 min'],
    [11_520_000, '3 h 12 min'],
  ])('of %d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  it('is an age in its largest unit, in the language of who reads it', () => {
    expect(formatAge(3 * 86_400_000 + 5, 'en')).toBe('3 days')
    expect(formatAge(86_400_000, 'en')).toBe('1 day')
    expect(formatAge(720_000, 'en')).toBe('12 min')
    expect(formatAge(720_000, 'zh-CN')).toBe('12分钟')
    expect(formatAge(-5_000, 'en')).toBe('0 sec')
  })
})

describe('a table', () => {
  it('has columns as wide as their widest cell, Chinese characters and colours counted as a terminal shows them', () => {
    expect(
      table([
        ['发布版本', 'x'],
        ['\u001B[32mr1\u001B[0m', 'y'],
      ]),
    ).toEqual(['发布版本  x', '\u001B[32mr1\u001B[0m        y'])
    expect(widthOf('热备 ok')).toBe(7)
  })

  it('does not let a long last cell widen other rows, nor a short row narrow them', () => {
    expect(table([['a', 'b', 'a very long last cell'], ['aaa'], ['a', 'bb', 'c']])).toEqual([
      'a  b   a very long last cell',
      'aaa',
      'a  bb  c',
    ])
  })

  it('of nothing is nothing', () => {
    expect(table([])).toEqual([])
  })
})

describe('a label', () => {
  it('is as wide as in every other command, in every language', () => {
    expect(labelled('proof', 'x')).toBe(`proof${' '.repeat(15)}x`)
    expect(labelled('证明', 'x')).toBe(`证明${' '.repeat(16)}x`)
    expect(labelled('a-service-with-a-long-name · prod', 'x')).toBe('a-service-with-a-long-name · prod  x')
  })

  it('stands at the first of several lines', () => {
    expect(labelledLines('env', ['A=1', 'B=2'])).toEqual([`env${' '.repeat(17)}A=1`, `${' '.repeat(20)}B=2`])
    expect(labelledLines('env', [])).toEqual([])
  })
})

describe('a change', () => {
  const before = buildRelease(1)
  const config = { ...before.config, env: { FEATURE_X: '1' }, memoryBytes: 1, command: ['/app'] }

  it('is said as in the example of a rollback', () => {
    const after = buildRelease(2, { config })
    expect(formatChanges(diffReleases(after, before), t)).toBe(
      'image v1.2.0 → v1.1.0 · env FEATURE_X removed · command removed · memory removed',
    )
    expect(formatChanges(diffReleases(before, { ...before, config }), t)).toBe(
      'env FEATURE_X added · command added · memory added',
    )
    expect(formatChanges([], t)).toBe('nothing')
  })

  it('of a secret that stays says so', () => {
    const secret = (version: string) => ({
      ...before,
      config: { ...before.config, secrets: [{ name: 'KEY', version, onRollback: 'keep_current' as const }] },
    })
    expect(formatChanges(diffReleases(secret('a'), secret('b'), new Set(['KEY'])), t)).toBe(
      'KEY stays as it is now (keep_current)',
    )
    expect(formatChanges(diffReleases(secret('a'), secret('b')), t)).toBe('secret KEY changed')
  })

  it('is said in Chinese without words left over', () => {
    const changes = diffReleases(before, { ...before, config })
    expect(formatChanges(changes, translator('zh-CN'))).toBe('新增 环境变量 FEATURE_X · 新增 命令 · 新增 内存')
  })
})

describe('small texts', () => {
  it('name a release with its version when it has one', () => {
    expect(formatRelease({ number: 41, version: 'v1.2.0' })).toBe('r41 v1.2.0')
    expect(formatRelease({ number: 41, version: null })).toBe('r41')
  })

  it('shorten a digest to what tells two apart', () => {
    expect(shortDigest(`sha256:${'0123456789abcdef'.repeat(4)}`)).toBe('sha256:0123456789ab')
  })

  it('show control characters instead of obeying them', () => {
    expect(visible('plain text')).toBe('plain text')
    expect(visible('two\nlines \u001B[31m')).toBe(String.raw`"two\nlines \u001b[31m"`)
  })
})

import { describe, expect, it } from 'vitest'
import { Problems } from './problems.ts'
import { parseYaml } from './yaml-document.ts'

function parse(text: string) {
  const problems = new Problems('/')
  const document = parseYaml('a.yaml', text, problems)
  let found = ''
  try {
    problems.throwIfAny()
  } catch (error) {
    found = (error as Error).message.split('\n').slice(1).join('\n')
  }
  return { document, found }
}

describe('parseYaml', () => {
  it('knows where each key and value stands', () => {
    const { document } = parse('a:\n  b: [1, {c: 2}]\n')
    expect(document?.value).toEqual({ a: { b: [1, { c: 2 }] } })
    expect(document?.keyPosition(['a', 'b'])).toEqual({ line: 2, column: 3 })
    expect(document?.position(['a', 'b'])).toEqual({ line: 2, column: 6 })
    expect(document?.position(['a', 'b', 1, 'c'])).toEqual({ line: 2, column: 14 })
  })

  it('falls back to the nearest ancestor of what does not exist', () => {
    const { document } = parse('a:\n  b: 1\n')
    expect(document?.has(['a', 'b'])).toBe(true)
    expect(document?.has(['a', 'x'])).toBe(false)
    expect(document?.position(['a', 'x', 'y'])).toEqual({ line: 2, column: 3 })
    expect(document?.position(['x'])).toEqual({ line: 1, column: 1 })
  })

  it('gives scalars as they were written', () => {
    const { document } = parse('a: 1.10\nb: 0x10\nc: "x"\nd: True\ne: [1]\nf:\n')
    expect(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => document?.text([key]))).toEqual([
      '1.10',
      '0x10',
      'x',
      'True',
      null,
      null,
    ])
  })

  it('follows aliases and merges', () => {
    const { document, found } = parse('base: &base {x: 1, y: 2}\nsame: *base\nmore:\n  <<: *base\n  y: 3\n')
    expect(found).toBe('')
    expect(document?.value).toMatchObject({ same: { x: 1, y: 2 }, more: { x: 1, y: 3 } })
    expect(document?.position(['more', 'x'])).toEqual({ line: 1, column: 17 })
    expect(document?.keyPosition(['more', 'y'])).toEqual({ line: 5, column: 3 })
    expect(document?.text(['same', 'x'])).toBe('1')
  })

  it.each([
    ['a: [', 'a.yaml:1:5 Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ['\ta: 1', 'a.yaml:1:1 Tabs are not allowed as indentation'],
    ['a: 1\n---\nb: 2', 'a.yaml:2:1 Source contains multiple documents'],
    ['a: *b', 'a.yaml:1:4 a: the anchor &b does not exist, or only further down'],
    ['a: &a [*a]', 'a.yaml:1:8 a[0]: *a refers to what it stands in'],
    ['? [a]\n: b', 'a.yaml:1:3 a key must be plain text'],
    ['a: {__proto__: 1}', 'a.yaml:1:5 a.__proto__: this key is not allowed'],
    ['a: !thing 1', 'a.yaml:1:4 Unresolved tag: !thing'],
    ['a: {<<: 1}', 'a.yaml:1:9 a.<<: expected a mapping, or an alias of one'],
  ])('cannot use %j', (text, problem) => {
    const { document, found } = parse(text)
    expect(document).toBeNull()
    expect(found.split('\n')).toContain(problem)
  })

  it('goes on after a key that is given twice, with the last one', () => {
    const { document, found } = parse('a:\n  b: 1\n  c: 2\n  b: 3\n')
    expect(found).toBe('a.yaml:4:3 a.b: this key is given twice, first in line 2')
    expect(document?.value).toEqual({ a: { b: 3, c: 2 } })
    expect(document?.position(['a', 'b'])).toEqual({ line: 4, column: 6 })
  })

  it('survives nesting that exhausts the stack, and expansion that exhausts memory', () => {
    expect(parse('['.repeat(100_000)).found).toMatch(/^a\.yaml:1:\d+ /)
    const levels = Array.from({ length: 12 }, (_, level) =>
      level === 0
        ? 'l0: &l0 [x, x]'
        : `l${level}: &l${level} [${Array(10)
            .fill(`*l${level - 1}`)
            .join(', ')}]`,
    )
    expect(parse(levels.join('\n')).found).toMatch(/cannot be read as YAML/)
  })
})

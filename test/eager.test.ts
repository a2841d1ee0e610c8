import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { eager } from '../script/lib/eager.ts'

/** What the program leaves in `result`. */
function resultOf(code: string): unknown {
  const context: { result: unknown } = { result: null }
  runInNewContext(code, context)
  return context.result
}

describe('a file whose functions are compiled at once', () => {
  it.each([
    [
      'a function that is called before its declaration',
      'result = one() + two(); function one() { return 1 } async function* two() {}',
    ],
    [
      'functions in functions',
      'function outer() { return inner(); function inner() { return [1].map((x) => x + 1) } } result = outer()',
    ],
    [
      'names of functions',
      'function named() {} const arrow = () => {}; result = [named.name, arrow.name, (() => {}).name]',
    ],
    [
      'methods, getters, shorthands',
      'const a = 1; class B { static c() { return function () { return a } } get d() { return 2 } } result = [{ a, e() { return 3 } }.e(), B.c()(), new B().d]',
    ],
    [
      'a directive',
      'function strict() { "use strict"; return typeof this; function later() {} } result = strict.call(undefined)',
    ],
    ['a directive of the whole file', '"use strict"; result = whose(); function whose() { return typeof this }'],
    [
      'a function in a block',
      'result = []; for (const i of [1, 2]) { function each() { return i } result.push(each()) }',
    ],
    ['text beyond ASCII', 'function text() { return "回滚 🚀" } result = text() + (() => "保持")()'],
    ['arrows in arrows', 'const add = (a) => (b) => async () => a + b; result = typeof add(1)(2)().then'],
  ])('does the same with %s', (_, code) => {
    const changed = eager(code)
    expect(JSON.stringify(resultOf(changed))).toBe(JSON.stringify(resultOf(code)))
  })

  it('has a parenthesis before each function that is called sooner or later', () => {
    expect(eager('function a(b) { return b.map(() => 1) }')).toBe('var a=(function (b) { return b.map((() => 1)) });')
    expect(eager('"use strict";let x=function(){};')).toBe('"use strict";let x=(function(){});')
  })
})

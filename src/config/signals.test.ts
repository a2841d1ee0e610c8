import { describe, expect, it } from 'vitest'
import { definitionsOf, problemsOf, serviceWith } from './config-world.ts'

const signalWith = (fields: string) =>
  definitionsOf(serviceWith(`signals: { one: { ${fields} } }`))[0]?.trial.signals[0]

describe('a signal', () => {
  it.each([
    [
      'prometheus: "http://p:9090/x", query: up, below: 1',
      { source: { kind: 'prometheus', url: 'http://p:9090/x', query: 'up' }, when: 'below', threshold: 1 },
    ],
    ['http: "https://x/ok"', { source: { kind: 'http', url: 'https://x/ok' }, when: 'above', threshold: 0 }],
    [
      'command: [./q, 1.10]',
      { source: { kind: 'command', argv: ['./q', '1.10'], cwd: '/shop' }, when: 'above', threshold: 0 },
    ],
    ['command: [./q], below: -0.5', { when: 'below', threshold: -0.5 }],
    ['command: [./q], for: 0s, every: 1s, timeout: 500ms', { forMs: 0, everyMs: 1_000, timeoutMs: 500 }],
    ['command: [./q]', { name: 'one', forMs: 30_000, everyMs: 10_000, timeoutMs: 5_000 }],
  ])('is read from %s', (fields, signal) => expect(signalWith(fields)).toMatchObject(signal))

  it.each([
    ['{}', 'one: expected prometheus, http or command'],
    ['{ http: "http://x", command: [q] }', 'one: expected one of http and command'],
    ['{ prometheus: "http://p", above: 1 }', 'one.query: is missing; it is what Prometheus is asked'],
    ['{ prometheus: "http://p", query: up }', 'one: expected a threshold: above or below'],
    [
      '{ prometheus: "http://p", query: "", above: 1 }',
      'one.query: expected a query of PromQL, 4096 characters at most',
    ],
    ['{ http: "http://x", query: up }', 'one.query: only prometheus has a query'],
    ['{ command: [q], above: 1, below: 2 }', 'one.below: expected either above or below, not both'],
    ['{ command: [q], above: many }', 'one.above: expected a number, got "many"'],
    ['{ http: "http://x", above: 1 }', 'one.above: http is 0 when all is well and 1 when not'],
    ['{ http: "http://x", below: 1 }', 'one.below: http is 0 when all is well and 1 when not'],
    ['{ http: "x/ok" }', 'one.http: expected an address, as in http://127.0.0.1:8000/ok, got "x/ok"'],
    ['{ http: "ftp://x/ok" }', 'one.http: expected an address, as in http://127.0.0.1:8000/ok, got "ftp://x/ok"'],
    ['{ http: "http://me:hunter2@x/ok" }', 'one.http: a password does not belong here'],
    ['{ http: "ftp://me:hunter2@x/ok" }', 'one.http: a password does not belong here'],
    ['{ command: ["-x"] }', 'one.command[0]: expected the name of a program'],
    ['{ command: ./q }', 'one.command: expected a list of words'],
    ['{ command: [q], every: 0s }', 'one.every: expected a length of time from 100ms to 1h'],
    ['{ command: [q], each: 1s }', 'one.each: unknown field'],
    ['{ command: [q], threshold: 1 }', 'one.threshold: unknown field; did you mean "above" or "below"?'],
    ['up', 'one: expected a mapping, got "up"'],
  ])('is refused when it is %s', (signal, problem) => {
    const found = problemsOf(serviceWith(`signals: { one: ${signal} }`))
    expect(found).toEqual([expect.stringContaining(` services.web.signals.${problem}`)])
    expect(found.join('\n')).not.toContain('hunter2')
  })

  it.each(['A', 'a.b', '-a', 'a'.repeat(41), ''])('is refused with the name %j', (name) => {
    expect(problemsOf(serviceWith(`signals: { ${JSON.stringify(name)}: { command: [q] } }`))).toEqual([
      expect.stringContaining('expected a name of lower-case letters, digits and dashes, 40 at most'),
    ])
  })

  it('is one of 50 at most', () => {
    const many = Array.from({ length: 51 }, (_, index) => `s${index}: { command: [q] }`).join(', ')
    expect(problemsOf(serviceWith(`signals: { ${many} }`))).toEqual([
      expect.stringContaining('services.web.signals: expected 50 signals at most, got 51'),
    ])
  })
})

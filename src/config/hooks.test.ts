import { describe, expect, it } from 'vitest'
import { definitionsOf, problemsOf, serviceWith } from './config-world.ts'

const hooksOf = (...lines: string[]) => definitionsOf(serviceWith(...lines), { '/shop/token': 'x' })[0]?.hooks

describe('hooks', () => {
  it('are none when nothing is said', () => expect(hooksOf()).toEqual([]))

  it('are read with their defaults, in the order in which they run', () => {
    expect(
      hooksOf(
        'hooks:',
        '      after_rollback: { host: [./notify.sh, 1.10], timeout: 10s }',
        '      release: { run: [/app, migrate, up] }',
        '      before_deploy:',
        '        - { run: [/app, check] }',
        '        - webhook: https://hooks.example.com/x',
        '          headers: { Authorization: { env: TOKEN }, X-Token: { file: token } }',
        '      after_deploy: { run: [/app, warm], required: true }',
      ),
    ).toEqual([
      {
        name: 'before_deploy',
        place: 1,
        action: { kind: 'run', argv: ['/app', 'check'] },
        timeoutMs: 300_000,
        required: true,
      },
      {
        name: 'before_deploy',
        place: 2,
        action: {
          kind: 'webhook',
          url: 'https://hooks.example.com/x',
          headers: {
            Authorization: { kind: 'env', variable: 'TOKEN' },
            'X-Token': { kind: 'file', path: '/shop/token' },
          },
        },
        timeoutMs: 300_000,
        required: true,
      },
      {
        name: 'release',
        place: 1,
        action: { kind: 'run', argv: ['/app', 'migrate', 'up'] },
        timeoutMs: 300_000,
        required: true,
      },
      {
        name: 'after_deploy',
        place: 1,
        action: { kind: 'run', argv: ['/app', 'warm'] },
        timeoutMs: 300_000,
        required: true,
      },
      {
        name: 'after_rollback',
        place: 1,
        action: { kind: 'host', argv: ['./notify.sh', '1.10'], cwd: '/shop' },
        timeoutMs: 10_000,
        required: false,
      },
    ])
  })

  it.each([
    ['release: { timeout: 5m }', 'expected run, host or webhook'],
    ['release: { run: [a], host: [b] }', 'expected one of run and host'],
    ['release: []', 'expected a hook, or a list of them'],
    ['release: { run: [-x] }', 'expected the name of a program'],
    ['release: { run: [] }', 'expected a list of words'],
    ['release: { run: [a], headers: { A: { env: B } } }', 'only a webhook has headers'],
    ['release: { run: [a], required: false }', 'release is always required'],
    [
      'after_rollback: { run: [a], required: true }',
      'after_rollback is never required: it must not hold a rollback up',
    ],
    ['after_deploy: { webhook: ftp://x }', 'expected an address, as in https://hooks.example.com/deploys'],
    ['after_deploy: { webhook: "https://me:secret@x" }', 'a password belongs into a header'],
    ['after_deploy: { webhook: "https://x", headers: { A: hunter2 } }', 'never the value itself'],
    ['after_deploy: { webhook: "https://x", headers: { A: { env: B, file: c } } }', 'expected either env or file'],
    ['after_deploy: { webhook: "https://x", headers: { A: { file: none } } }', 'there is no file none'],
    ['after_deploy: { run: [a], timeout: soon }', 'expected a length of time'],
    ['on_error: { run: [a] }', 'unknown field'],
  ])('with %s are refused', (line, problem) => {
    const found = problemsOf(serviceWith('hooks:', `      ${line}`)).join('\n')
    expect(found).toContain(problem)
    expect(found).not.toMatch(/hunter2|secret/)
  })
})

import { describe, expect, it } from 'vitest'
import { definitionsOf, problemsOf } from './config-world.ts'

const FILES = { '/shop/compose.verify.yaml': 'services: {}' }

const file = (...environments: string[]) =>
  [
    'services:',
    '  shop: { image: shop, port: 8080 }',
    '  jobs: { image: jobs, processes: { tick: {} } }',
    'environments:',
    ...environments,
  ].join('\n')
const STAGING = '  staging: { listen: 127.0.0.1:8081, checks: { selftest: { run: [/app, selftest] } } }'

describe('checks of an environment', () => {
  it('are read with their defaults, in the order in which they stand, and a service may have its own', () => {
    const definitions = definitionsOf(
      file(
        '  staging:',
        '    listen: 127.0.0.1:8081',
        '    checks:',
        '      selftest: { run: [/app, selftest, 1.10], timeout: 1m }',
        '      api: { compose: compose.verify.yaml, service: web, check: [./smoke.sh] }',
        '      starts: { compose: compose.verify.yaml }',
        '    services: { jobs: { checks: { only: { run: [/jobs, check] } } } }',
        '  prod: { listen: 127.0.0.1:8080, requires: staging }',
      ),
      FILES,
    )
    const of = (service: string, environment: string) =>
      definitions.find((one) => one.service === service && one.environment === environment)
    const compose = { kind: 'compose', file: '/shop/compose.verify.yaml', cwd: '/shop' }
    expect(of('shop', 'staging')?.checks).toEqual([
      { name: 'selftest', timeoutMs: 60_000, action: { kind: 'run', argv: ['/app', 'selftest', '1.10'] } },
      { name: 'api', timeoutMs: 300_000, action: { ...compose, service: 'web', argv: ['./smoke.sh'] } },
      { name: 'starts', timeoutMs: 300_000, action: { ...compose, service: null, argv: null } },
    ])
    expect(of('jobs', 'staging')?.checks).toMatchObject([{ name: 'only' }])
    expect(of('shop', 'prod')).toMatchObject({ requires: ['staging'] })
    expect(of('shop', 'prod')?.checks).toBeUndefined()
    expect(of('shop', 'staging')?.requires).toBeUndefined()
  })

  it('are all looked at, and every fault is reported where it stands', () => {
    const problems = problemsOf(
      file(
        '  staging:',
        '    listen: 127.0.0.1:8081',
        '    checks:',
        '      none: { timeout: 1m }',
        '      both: { run: [/app], compose: compose.verify.yaml }',
        '      gone: { compose: compose.gone.yaml }',
        '      Loud: { run: [-x] }',
        '      lost: { run: [/app], check: [./smoke.sh], service: web }',
      ),
      FILES,
    )
    expect(problems).toEqual([
      expect.stringContaining('astern.yaml:8:7 environments.staging.checks.none: expected run or compose'),
      expect.stringContaining(
        'astern.yaml:9:7 environments.staging.checks.both: expected either run or compose, not both',
      ),
      expect.stringMatching(
        /astern.yaml:10:\d+ environments.staging.checks.gone.compose: there is no file compose.gone.yaml/,
      ),
      expect.stringContaining('environments.staging.checks.Loud: expected a name of lower-case letters'),
      expect.stringContaining('environments.staging.checks.Loud.run[0]: expected the name of a program'),
      expect.stringContaining('environments.staging.checks.lost.check: only a check with compose has this'),
      expect.stringContaining('environments.staging.checks.lost.service: only a check with compose has this'),
    ])
  })

  it('are required where there are some, and nowhere else', () => {
    expect(problemsOf(file(STAGING, '  prod: { listen: 127.0.0.1:8080, requires: [stagin] }'))).toEqual([
      expect.stringContaining(
        'environments.prod.requires[0]: there is no environment of this name; did you mean "staging"?',
      ),
    ])
    expect(
      problemsOf(
        file('  staging: { listen: 127.0.0.1:8081 }', '  prod: { listen: 127.0.0.1:8080, requires: staging }'),
      ),
    ).toEqual([
      expect.stringContaining(
        'environments.prod.requires: staging has no checks for shop, so nothing could ever pass there',
      ),
      expect.stringContaining('staging has no checks for jobs'),
    ])
    expect(problemsOf(file('  prod: { listen: 127.0.0.1:8080, requires: 3 }'))).toEqual([
      expect.stringContaining('expected the name of an environment, or a list of them, got 3'),
    ])
  })

  it('belong under environments', () => {
    const text =
      'services: { shop: { image: shop, port: 80, checks: {} } }\nenvironments: { prod: { listen: 127.0.0.1:1 } }'
    expect(problemsOf(text)).toEqual([
      expect.stringContaining('checks: unknown field here; it belongs under environments'),
    ])
  })
})

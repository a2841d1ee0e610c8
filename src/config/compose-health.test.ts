import { describe, expect, it } from 'vitest'
import { composeDefinition, composeProblems, loadCompose } from './config-world.ts'

const check = (test: string, rest = ''): string => `healthcheck: { test: ${test}${rest} }`

describe('healthcheck', () => {
  it.each([
    ['["CMD", "curl", "-f", "http://localhost:8080/healthz"]', '/healthz'],
    ['["CMD-SHELL", "curl -fsS http://127.0.0.1:8080/healthz?full=1 >/dev/null 2>&1 || exit 1"]', '/healthz?full=1'],
    ['"curl -f localhost:8080 || exit 1"', '/'],
    ['["CMD", "/usr/bin/wget", "-q", "--spider", "http://[::1]:8080/up#x"]', '/up'],
    ['"wget -qO- http://0.0.0.0:8080/healthz || kill 1"', '/healthz'],
  ])('that asks localhost becomes a check of the path: %s', (test, path) => {
    expect(composeDefinition({ compose: check(test) }).health).toMatchObject({ kind: 'http', path })
  })

  it.each([
    ['["CMD", "pg_isready"]', 'pg_isready runs in the container only'],
    ['"curl -f localhost:8080 | grep ok"', 'it needs a shell'],
    ['"curl -f http://db:8080/"', 'it asks for something else than one address on localhost'],
    ['"curl localhost:8080/a localhost:8080/b"', 'it asks for something else than one address on localhost'],
    ['"curl -f https://localhost:8080/"', 'it speaks TLS'],
    ['"curl -f http://localhost/"', 'it asks port 80, and the service listens on 8080'],
    ['["CMD", "curl", "-H", "X-Key: 1", "localhost:8080/"]', 'it sends more than a plain GET'],
    ['"curl -f localhost:8080/a$$b"', 'its path holds characters that are not taken'],
    ['["CMD"]', 'it runs in the container only'],
  ])('that cannot be asked from outside is left open, and noted: %s', (test, reason) => {
    const { definition, notes } = loadCompose({ compose: check(test) })
    expect(definition.health).toBeNull()
    expect(notes['services.web.healthcheck.test']).toContain(`not taken: ${reason};`)
  })

  it.each(['healthcheck: { disable: true }', 'healthcheck: { test: NONE }', 'healthcheck: { test: ["NONE"] }'])(
    'that is switched off becomes a TCP connect: %s',
    (compose) => expect(composeDefinition({ compose }).health).toMatchObject({ kind: 'tcp', intervalMs: 500 }),
  )

  it('gives a new replica as long as the engine would, but asks more often', () => {
    const compose = check('"curl localhost:8080/"', ', interval: 10s, timeout: 3s, retries: 5, start_period: 1m')
    const { definition, notes } = loadCompose({ compose })
    expect(definition.health).toEqual({
      kind: 'http',
      path: '/',
      intervalMs: 500,
      timeoutMs: 3_000,
      rise: 1,
      fall: 5,
      startPeriodMs: 110_000,
    })
    expect(notes['services.web.healthcheck.interval']).toMatch(/^not taken as it is/)
  })

  it('keeps the defaults where it says nothing of its timing', () => {
    expect(composeDefinition({ compose: check('"curl localhost:8080/"') }).health).toMatchObject({
      timeoutMs: 2_000,
      fall: 2,
      startPeriodMs: 30_000,
    })
  })

  it('gives way to astern.yaml', () => {
    expect(composeDefinition({ compose: check('pg_isready'), astern: 'health: /ok' }).health).toMatchObject({
      path: '/ok',
    })
  })

  it.each([
    [', interval: 10', 'services.web.healthcheck.interval: expected a text, got 10'],
    [', timeout: soon', 'services.web.healthcheck.timeout: expected a length of time as in 30s, got "soon"'],
    [', retries: -1', 'services.web.healthcheck.retries: expected an integer from 0 to 100, got -1'],
  ])('must make sense: %s', (rest, problem) => {
    expect(composeProblems({ compose: check('"curl localhost:8080/"', rest) })).toEqual([
      expect.stringContaining(problem),
    ])
  })
})

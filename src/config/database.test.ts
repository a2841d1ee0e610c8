import { describe, expect, it } from 'vitest'
import { definitionsOf, problemsOf } from './config-world.ts'

const files = {
  '/shop/db/migrations/000001_orders.up.sql': '',
  '/shop/db/migrations/000001_orders.down.sql': '',
  '/shop/db/migrations/000010_jobs.up.sql': '',
  '/shop/db/migrations/000011_jobs.down.sql': '',
  '/shop/db/migrations/README.md': '',
  '/shop/goose/20260405101500_orders.sql': '',
  '/shop/goose/20260406101500_jobs.go': '',
  '/shop/goose/20260407101500_jobs_test.go': '',
  '/shop/empty/README.md': '',
}
const withDatabase = (database: string, env = '{ DATABASE_URL: postgres://shop@db/shop }') => `services:
  web: { image: web, port: 80, env: ${env}, database: ${database} }
environments:
  prod: { listen: 127.0.0.1:18080 }
`
const databaseOf = (database: string) => definitionsOf(withDatabase(database), files)[0]?.database
const problems = (database: string, env?: string) => problemsOf(withDatabase(database, env), files)

describe('database', () => {
  it('needs hardly more than the name of the tool', () => {
    expect(databaseOf('{ tool: golang-migrate }')).toEqual({
      tool: 'golang-migrate',
      version: null,
      from: null,
      to: null,
      phase: 'expand',
      url: 'DATABASE_URL',
      table: null,
      print: null,
      revert: null,
      revertTimeoutMs: 300_000,
    })
    expect(definitionsOf(withDatabase('{ tool: goose }'), files)[0]).toHaveProperty('database')
  })

  it('finds the newest migration that goes up', () => {
    expect(databaseOf('{ tool: golang-migrate, migrations: db/migrations }')?.version).toBe(10)
    expect(databaseOf('{ tool: goose, migrations: goose }')?.version).toBe(20_260_406_101_500)
  })

  it('may say all of it', () => {
    const text =
      '{ tool: command, migrations: db/migrations, version: [/app, 7], compatible: { from: 3, to: 12 }, phase: contract, revert: [/app, goto, "{version}"], timeout: 1h }'
    expect(databaseOf(text)).toMatchObject({
      tool: 'command',
      version: 10,
      from: 3,
      to: 12,
      phase: 'contract',
      print: ['/app', '7'],
      revert: ['/app', 'goto', '{version}'],
      revertTimeoutMs: 3_600_000,
    })
  })

  it('is not there where nothing is said of one', () => {
    const text = 'services: { web: { image: web, port: 80 } }\nenvironments: { prod: { listen: 127.0.0.1:18080 } }\n'
    expect(definitionsOf(text)[0]).not.toHaveProperty('database')
  })

  it.each([
    ['{}', 'database.tool: is missing'],
    ['{ tool: flyway }', 'database.tool: expected'],
    ['{ tool: command }', 'database.version: is missing; it prints the version that the schema has'],
    [
      '{ tool: command, version: [/app], table: t }',
      'database.table: only golang-migrate and goose are asked this way',
    ],
    ['{ tool: goose, version: [/app] }', 'database.version: belongs to tool: command'],
    ['{ tool: goose, url: DSN }', 'database.url: there is no variable and no secret DSN in prod'],
    ['{ tool: goose, migrations: nowhere }', 'database.migrations: there is no folder'],
    ['{ tool: goose, migrations: empty }', 'begins with a number'],
    ['{ tool: goose, compatible: { from: 7, to: 3 } }', 'database.compatible.to: expected 7 at least, got 3'],
    [
      '{ tool: goose, migrations: db/migrations, compatible: { to: 3 } }',
      'the newest migration is 10, so 3 is too low',
    ],
    ['{ tool: goose, table: "x; DROP" }', 'database.table: expected'],
    ['{ tool: goose, revert: [-c] }', 'database.revert[0]: expected the name of a program'],
  ])('%s', (database, problem) => {
    expect(problems(database)).toEqual([expect.stringContaining(problem)])
  })

  it('may have its address from any environment, or as a secret', () => {
    expect(problems('{ tool: goose }', '{}')).toEqual([
      expect.stringContaining('there is no variable and no secret DATABASE_URL in prod; url says which one'),
    ])
    const text = withDatabase('{ tool: goose }', '{}').replace(
      '18080 }',
      '18080, env: { DATABASE_URL: postgres://x } }',
    )
    expect(problemsOf(text, files)).toEqual([])
  })
})

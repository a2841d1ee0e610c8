// The schema gate on a real PostgreSQL that golang-migrate migrates: a rollback over a contract is refused before anything moves, and goes through when
// it may take the schema back as well.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrationTool } from '../fixtures/migration-tools.ts'
import { type Postgres, startPostgres } from '../fixtures/postgres.ts'
import { createInstallation, type Installation } from './support/installation.ts'

describe('a service that migrates a database', () => {
  let shop: Installation
  let postgres: Postgres
  let program: string
  const password = 'hunter2hunter2'

  /** Migrations up to this version are all that the release has. */
  async function bringing(version: number, phase: string) {
    const folder = join(shop.project, `db${version}`)
    await mkdir(folder)
    const migrations = [
      ['1_orders', 'CREATE TABLE orders (id int, note text)', 'DROP TABLE orders'],
      ['2_no_notes', 'ALTER TABLE orders DROP COLUMN note', 'ALTER TABLE orders ADD COLUMN note text'],
    ] as const
    for (const [name, up, down] of migrations.slice(0, version)) {
      await writeFile(join(folder, `${name}.up.sql`), up)
      await writeFile(join(folder, `${name}.down.sql`), down)
    }
    const migrate = ['/tools/migrate', '-path', '/db', '-database', address()]
    return {
      env: { DATABASE_URL: address() },
      volumes: [`./db${version}:/db:ro`, `${dirname(program)}:/tools:ro`],
      database: {
        tool: 'golang-migrate',
        migrations: `db${version}`,
        phase,
        revert: [...migrate, 'goto', '{version}'],
      },
      hooks: { release: { run: [...migrate, 'up'] } },
    }
  }
  const address = () => `${postgres.url.replace('postgres@', `postgres:${password}@`)}?sslmode=disable`
  const schema = async () => (await postgres.query('SELECT version, dirty FROM schema_migrations'))[0]

  beforeAll(async () => {
    program = await migrationTool('migrate')
    shop = await createInstallation()
    await shop.ask('up')
    postgres = await startPostgres(shop.docker, `astern-${shop.record().installation}`)
    await shop.deploy('v1', await bringing(1, 'expand'))
    await shop.deploy('v2', await bringing(2, 'contract'))
  })
  afterAll(async () => {
    await postgres?.remove()
    await shop?.close()
  })

  it('is not taken back to a release that its schema would break', async () => {
    const refused = await shop.astern(['rollback', '--json'])
    expect(refused).toMatchObject({ code: 3, last: { outcome: 'refused', error: { code: 'SCHEMA' } } })
    expect(refused.stdout).toContain('a contract migration of r2 (version 2) ran since')
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v2' })
  })

  it('is shown what would be done to its schema, and nobody does it without a yes', async () => {
    const planned = await shop.astern(['rollback', '--revert-database', '--dry-run'])
    expect(planned).toMatchObject({ code: 0 })
    expect(planned.stdout).toContain('schema 2 → 1, taken back by r2')
    expect(planned.stdout).toContain('demote r2-1 → database_revert 2 → 1 (r2)')
    expect(await shop.astern(['rollback', '--revert-database'])).toMatchObject({ code: 2 })
    expect(await schema()).toEqual({ version: 2, dirty: false })
  })

  it('goes back together with its schema', async () => {
    const { code, stdout, stderr, last } = await shop.astern(['rollback', '--revert-database', '--yes', '--json'])
    expect({ code, ...last }).toMatchObject({
      code: 0,
      outcome: 'succeeded',
      to: { release: 'r1' },
      strategy: 'stop_first',
    })
    expect(await schema()).toEqual({ version: 1, dirty: false })
    expect(await shop.visit()).toMatchObject({ status: 200, release: 'v1' })
    expect(stdout + stderr).not.toContain(password)
  })
})

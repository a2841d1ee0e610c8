// The suite against PostgreSQL, migrated by golang-migrate and goose themselves; and what only real ones can be.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { createDockerRuntime } from '../../src/drivers/docker/runtime.ts'
import { createSchemas } from '../../src/drivers/schemas/schemas.ts'
import { migrationTool } from '../fixtures/migration-tools.ts'
import { type Postgres, startPostgres } from '../fixtures/postgres.ts'
import { realClock } from '../fixtures/real-clock.ts'
import { docker } from './docker-world.ts'
import { knowsSchemas, type SchemasWorld, type Tool } from './schemas.ts'

const run = promisify(execFile)
const VERSIONS = [1, 2, 3]
const network = `schemas-${randomBytes(4).toString('hex')}`
const schemas = createSchemas({ clock: realClock })
const runtime = createDockerRuntime({
  installation: 'none',
  subnets: { subnet: () => null, choose: () => undefined },
  env: process.env,
  clock: realClock,
})

let folder: string
let postgres: Postgres
let host: string
let server: Server
let tools: { readonly migrate: string; readonly goose: string }

beforeAll(async () => {
  const [migrate, goose] = await Promise.all([migrationTool('migrate'), migrationTool('goose')])
  tools = { migrate, goose }
  folder = await mkdtemp(join(tmpdir(), 'astern-schemas-'))
  for (const tool of ['migrate', 'goose', 'spoilt']) await mkdir(join(folder, tool))
  for (const version of VERSIONS) {
    const [up, down] = [`CREATE TABLE t${version} ();`, `DROP TABLE t${version};`]
    await writeFile(join(folder, 'migrate', `${version}_t.up.sql`), up)
    await writeFile(join(folder, 'migrate', `${version}_t.down.sql`), down)
    await writeFile(join(folder, 'goose', `0000${version}_t.sql`), `-- +goose Up\n${up}\n-- +goose Down\n${down}\n`)
    await writeFile(join(folder, 'spoilt', `${version}_t.up.sql`), version === 1 ? up : 'SELECT nothing')
  }
  await docker('network', 'create', network)
  postgres = await startPostgres(docker, network)
  const format = `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`
  host = await docker('inspect', '--format', format, postgres.container)
  const listening = Promise.withResolvers<void>()
  server = createServer(() => {}).listen(0, '127.0.0.1', listening.resolve)
  await listening.promise
})
afterAll(async () => {
  server?.close()
  await postgres?.remove()
  await docker('network', 'rm', network)
  await rm(folder, { recursive: true, force: true })
})

async function migrateTo(address: string, version: number, from = 'migrate'): Promise<void> {
  const flags = ['-path', join(folder, from), '-database', `${address}?sslmode=disable`]
  await run(tools.migrate, [...flags, 'goto', String(version)])
}

async function gooseTo(address: string, version: number, ...flags: string[]): Promise<void> {
  const words = [...flags, '-dir', join(folder, 'goose'), 'postgres', `${address}?sslmode=disable`]
  const { stdout, stderr } = await run(tools.goose, [...words, 'version'])
  const now = Number(/version (\d+)/.exec(stdout + stderr)?.[1] ?? 0)
  await run(tools.goose, [...words, now > version ? 'down-to' : 'up-to', String(version)])
}

async function open(): Promise<SchemasWorld> {
  let count = 0
  return {
    schemas,
    empty: async () => {
      const name = `shop${++count}`
      await postgres.query(`CREATE DATABASE ${name}`)
      return `postgres://postgres:hunter2@${host}:5432/${name}`
    },
    migrate: (address, tool: Tool, version) => (tool === 'goose' ? gooseTo : migrateTo)(address, version),
    spoil: (address, version) => migrateTo(address, version, 'spoilt').catch(() => {}),
    away: `postgres://postgres:hunter2@${host}:1/shop`,
    get silent() {
      return `postgres://postgres:hunter2@127.0.0.1:${(server.address() as AddressInfo).port}/shop`
    },
    inside: (address) => ({
      address: address.replace(host, postgres.container),
      addressOf: (name) => runtime.addressOf(name, ['no-such-network', network]),
    }),
    close: async () => {},
  }
}

describe('PostgreSQL', () => {
  knowsSchemas(open)

  const ask = (address: string, table: string | null, tool: Tool = 'golang-migrate') =>
    schemas.version({ tool, url: new Secret(address), table, limitMs: 10_000, addressOf: async () => null })

  it('keeps the version in another table, where that was said', async () => {
    await postgres.query('CREATE DATABASE elsewhere')
    const address = `postgres://postgres@${host}/elsewhere`
    await gooseTo(address, 2, '-table', 'public.versions')
    expect(await ask(`${address}?sslmode=disable`, 'public.versions', 'goose')).toEqual({ version: 2, dirty: false })
    expect(await ask(address, null, 'goose')).toEqual({ version: 0, dirty: false })
    expect(await ask(address, 'nowhere.versions', 'goose')).toEqual({ version: 0, dirty: false })
  })

  it('is asked for with a password, and says whose is wrong without it', async () => {
    await postgres.query(`CREATE ROLE keeper LOGIN PASSWORD 'hunter2hunter2'`)
    await docker(
      'exec',
      postgres.container,
      'sh',
      '-c',
      `file=$(psql -U postgres -tAc 'SHOW hba_file') && sed -i '1i host all keeper all scram-sha-256' "$file"`,
    )
    await postgres.query('SELECT pg_reload_conf()')
    expect(await ask(`postgres://keeper:hunter2hunter2@${host}/postgres`, null)).toEqual({ version: 0, dirty: false })
    await expect(ask(`postgres://keeper:wrong-one@${host}/postgres`, null)).rejects.toThrow(/password authentication/)
  })

  it('is not taken for one that does not speak TLS, where TLS is wanted', async () => {
    await expect(ask(`postgres://postgres@${host}/postgres?sslmode=require`, null)).rejects.toThrow(/SSL/)
  })
})

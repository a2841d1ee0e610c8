// Asks PostgreSQL which version its schema has, out of the tables that golang-migrate and goose keep. It reads, and changes nothing.
// Invariant: no error holds the password.
import { Socket, isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import pg from 'pg'
import { formatDuration } from '../../core/duration.ts'
import { assertNever, reasonOf } from '../../core/errors.ts'
import type { SchemaVersion } from '../../core/schema.ts'
import type { Clock } from '../../ports/clock.ts'
import type { SchemaQuestion, Schemas } from '../../ports/schemas.ts'
import { parseAddress, type PostgresAddress } from './address.ts'

/** SQLSTATE of a table, or its schema, that is not there: nothing was ever migrated. */
const MISSING = new Set(['42P01', '3F000'])
const NOTHING_RAN: SchemaVersion = { version: 0, dirty: false }
const SERVER_WITHOUT_TLS = 'The server does not support SSL connections'

export function createSchemas({ clock }: { readonly clock: Clock }): Schemas {
  return {
    async version(question) {
      question.signal?.throwIfAborted()
      const address = parseAddress(question.url.reveal())
      if (address === null) throw new Error('its address is none of a PostgreSQL server')
      const over = new AbortController()
      const stop = question.signal === undefined ? over.signal : AbortSignal.any([over.signal, question.signal])
      const done = new AbortController()
      const limit = clock.sleep(question.limitMs, done.signal).then(
        () => over.abort(new Error(`no answer within ${formatDuration(question.limitMs)}`)),
        () => {},
      )
      try {
        return await ask(question, address, stop)
      } catch (error) {
        question.signal?.throwIfAborted()
        throw without(address.password, reasonOf(stop.aborted ? stop.reason : error))
      } finally {
        done.abort()
        await limit
      }
    },
  }
}

/** What the server or its driver said is not passed on as it is: nobody knows what is in it. */
function without(password: string, reason: string): Error {
  return new Error(password === '' ? reason : reason.replaceAll(password, '[redacted]'))
}

async function ask(question: SchemaQuestion, address: PostgresAddress, stop: AbortSignal): Promise<SchemaVersion> {
  const { host } = address
  const named = isIP(host) === 0 && host !== 'localhost'
  // a name of one word is more likely that of a container than one that the host knows, and a host may take its time to say that it knows none
  const found = named && !host.includes('.') ? await raced(question.addressOf(host), stop) : null
  const at = { ...address, host: found ?? host }
  try {
    return await askAt(question, at, stop)
  } catch (error) {
    if (!named || found !== null || !isUnknownHost(error)) throw error
    const other = await raced(question.addressOf(host), stop)
    if (other === null) throw error
    return askAt(question, { ...address, host: other }, stop)
  }
}

async function askAt(question: SchemaQuestion, address: PostgresAddress, stop: AbortSignal): Promise<SchemaVersion> {
  const ways = tlsOf(address.sslMode)
  for (const [index, ssl] of ways.entries()) {
    try {
      return await askOver(question, address, ssl, stop)
    } catch (error) {
      if (index === ways.length - 1 || reasonOf(error) !== SERVER_WITHOUT_TLS) throw error
    }
  }
  throw new Error('unreachable')
}

/** What is tried, one after the other, as libpq does. */
function tlsOf(mode: string): readonly (ConnectionOptions | false)[] {
  switch (mode) {
    case 'disable':
      return [false]
    case 'require':
      return [{ rejectUnauthorized: false }]
    case 'verify-ca':
    case 'verify-full':
      return [{ rejectUnauthorized: true }]
    default:
      return [{ rejectUnauthorized: false }, false]
  }
}

async function askOver(
  { tool, table }: SchemaQuestion,
  { host, port, user, password, database }: PostgresAddress,
  ssl: ConnectionOptions | false,
  stop: AbortSignal,
): Promise<SchemaVersion> {
  stop.throwIfAborted()
  const socket = new Socket()
  const client = new pg.Client({ host, port, user, password, database, ssl, stream: () => socket })
  // what breaks is told by whoever waits
  client.on('error', () => {})
  const cut = () => socket.destroy()
  stop.addEventListener('abort', cut, { once: true })
  try {
    await raced(client.connect(), stop)
    return await raced(read(client, tool, table), stop)
  } finally {
    stop.removeEventListener('abort', cut)
    socket.destroy()
  }
}

async function read(client: pg.Client, tool: SchemaQuestion['tool'], table: string | null): Promise<SchemaVersion> {
  try {
    switch (tool) {
      case 'golang-migrate': {
        const sql = `SELECT version::text, dirty FROM ${quoted(table ?? 'schema_migrations')} LIMIT 1`
        const [row] = (await client.query<{ version: string; dirty: boolean }>(sql)).rows
        return row === undefined ? NOTHING_RAN : { version: numberOf(row.version), dirty: row.dirty }
      }
      case 'goose': {
        // a migration that was taken back may have left its rows: the last one counts
        const sql = `SELECT coalesce(max(version_id), 0)::text AS version FROM (
          SELECT DISTINCT ON (version_id) version_id, is_applied FROM ${quoted(table ?? 'goose_db_version')}
          ORDER BY version_id, id DESC) last WHERE is_applied`
        const [row] = (await client.query<{ version: string }>(sql)).rows
        return { version: numberOf(row?.version ?? '0'), dirty: false }
      }
      default:
        return assertNever(tool)
    }
  } catch (error) {
    if (error instanceof pg.DatabaseError && MISSING.has(error.code ?? '')) return NOTHING_RAN
    throw error
  }
}

function numberOf(text: string): number {
  const version = Number(text)
  // golang-migrate writes -1 while it has no version
  if (version === -1) return 0
  if (!Number.isSafeInteger(version) || version < 0) throw new Error(`its version is ${text}`)
  return version
}

/** `public.schema_migrations` → `"public"."schema_migrations"` */
function quoted(table: string): string {
  return table.split('.').map(pg.escapeIdentifier).join('.')
}

function isUnknownHost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN')
}

/** Rejects as soon as the signal aborts. */
async function raced<T>(work: Promise<T>, stop: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(stop.reason as Error)
  stop.throwIfAborted()
  stop.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    stop.removeEventListener('abort', onAbort)
  }
}

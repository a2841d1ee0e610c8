// Addresses of PostgreSQL databases as programs are given them: `postgres://…`, or words of the form `host=…`.

export type PostgresAddress = {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** As libpq names them: disable, allow, prefer, require, verify-ca, verify-full. */
  readonly sslMode: string
}

const DEFAULT_PORT = 5432
const SCHEMES = ['postgres:', 'postgresql:', 'pgx:', 'pgx5:']
/** `user=shop`, `password='with space'` */
const WORD = /(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\S*))/g

/** `null`: it is none. */
export function parseAddress(text: string): PostgresAddress | null {
  const given = text.includes('://') ? fromUrl(text.trim()) : fromWords(text)
  const host = given?.['host'] ?? ''
  const port = Number(given?.['port'] || DEFAULT_PORT)
  // a path is a socket in the file system of a container
  if (given === null || host === '' || host.startsWith('/') || !Number.isInteger(port)) return null
  const user = given['user'] || 'postgres'
  return {
    host,
    port,
    user,
    password: given['password'] ?? '',
    database: given['dbname'] || user,
    sslMode: given['sslmode'] || 'prefer',
  }
}

function fromUrl(text: string): Record<string, string> | null {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !SCHEMES.includes(url.protocol)) return null
  try {
    return {
      host: url.hostname.replaceAll(/[[\]]/g, ''),
      port: url.port,
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      dbname: decodeURIComponent(url.pathname.slice(1)),
      ...Object.fromEntries(url.searchParams),
    }
  } catch {
    return null // a % that stands for nothing
  }
}

function fromWords(text: string): Record<string, string> {
  const words = [...text.matchAll(WORD)]
  return Object.fromEntries(
    words.map(([, name = '', quoted, plain = '']) => [name, quoted?.replaceAll(/\\(.)/g, '$1') ?? plain]),
  )
}

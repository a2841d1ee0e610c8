// Opens requests at GitHub and GitLab. The token goes into a header, and nowhere else.
import { readFileSync } from 'node:fs'
import { fail, reasonOf } from '../../core/errors.ts'
import type { CodeHostKind } from '../../core/git-links.ts'
import { Secret } from '../../core/secret.ts'
import type { CodeHostAsked, CodeHosts, RequestOpened, RequestWanted } from '../../ports/code-host.ts'
import type { Dialect } from './dialect.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'

const LIMIT_MS = 20_000
const MAX_REASON_CHARACTERS = 300

const DIALECTS: Readonly<Record<CodeHostKind, Dialect>> = { github, gitlab }

export function createCodeHosts({ env }: { readonly env: Readonly<Record<string, string | undefined>> }): CodeHosts {
  return {
    connect(asked) {
      const dialect = DIALECTS[asked.kind]
      const api = asked.api ?? dialect.api(asked.repository.origin)
      const token = readToken(env, asked, dialect, api)
      return { api, open: (wanted, signal) => open(dialect, api, token, asked.repository.path, wanted, signal) }
    },
  }
}

/** Error: CODE_HOST_TOKEN. */
function readToken(
  env: Readonly<Record<string, string | undefined>>,
  { token }: CodeHostAsked,
  { variable }: Dialect,
  api: string,
) {
  const missing = (reason: string) => fail('CODE_HOST_TOKEN', { api, reason, variable })
  let value: string
  try {
    value = token?.kind === 'file' ? readFileSync(token.path, 'utf8') : (env[token?.variable ?? variable] ?? '')
  } catch (error) {
    throw missing(reasonOf(error))
  }
  const source = token?.kind === 'file' ? token.path : (token?.variable ?? variable)
  const plain = value.trim()
  if (plain === '') throw missing(`${source} is empty`)
  // Anything else would be refused by the HTTP client, in words that quote it.
  if (!/^[\x21-\x7e]+$/.test(plain)) throw missing(`${source} holds something else than a token`)
  return new Secret(plain)
}

async function open(
  dialect: Dialect,
  api: string,
  token: Secret,
  path: string,
  wanted: RequestWanted,
  signal?: AbortSignal,
): Promise<RequestOpened> {
  const address = `${api}${dialect.requests(path)}`
  const call = (url: string, body?: object) => ask(dialect, api, token, wanted.branch, url, body, signal)
  const query = new URLSearchParams(dialect.openOnes(path, wanted))
  const found = pageOf(await call(`${address}?${query.toString()}`), dialect)
  if (found !== null) return { url: found, outcome: 'open_already' }
  const opened = pageOf([await call(address, dialect.body(wanted))], dialect)
  if (opened !== null) return { url: opened, outcome: 'opened' }
  throw fail('CODE_HOST_REFUSED', { api, reason: `its answer holds no ${dialect.page}`, branch: wanted.branch })
}

function pageOf(requests: unknown, { page }: Dialect): string | null {
  const first: unknown = Array.isArray(requests) ? requests[0] : null
  const url = typeof first === 'object' && first !== null ? (first as Record<string, unknown>)[page] : null
  return typeof url === 'string' && /^https?:\/\//.test(url) ? url : null
}

/** Errors: CODE_HOST_DENIED, CODE_HOST_REFUSED, CODE_HOST_UNREACHABLE. */
async function ask(
  dialect: Dialect,
  api: string,
  token: Secret,
  branch: string,
  url: string,
  body: object | undefined,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const limit = AbortSignal.timeout(LIMIT_MS)
  let response: Response
  let text: string
  try {
    response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...dialect.headers(token.reveal()),
        'User-Agent': 'astern',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // The token goes to nobody else.
      redirect: 'manual',
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    })
    text = await response.text()
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    throw fail('CODE_HOST_UNREACHABLE', { api, reason: reasonOf(cause), branch })
  }
  const { status } = response
  if (status >= 200 && status < 300) return parsed(text)
  const reason = `${status} ${said(text, token)}`.trim()
  if (status === 401 || status === 403) throw fail('CODE_HOST_DENIED', { api, reason })
  if (status === 429 || status >= 500) throw fail('CODE_HOST_UNREACHABLE', { api, reason, branch })
  if (status >= 300 && status < 400) {
    const moved = `${reason} it has moved to ${response.headers.get('location') ?? 'nowhere'}`
    throw fail('CODE_HOST_REFUSED', { api, reason: moved.replace(/ {2,}/, ' '), branch })
  }
  throw fail('CODE_HOST_REFUSED', { api, reason, branch })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // a page of something that stands in between: then it holds no address either
  }
}

/** What the host says of itself: `message`, and what `errors` hold. A host that repeats the token is not quoted. */
function said(text: string, token: Secret): string {
  const answer = parsed(text)
  const told = typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : {}
  const words = [told['message'], told['error'], told['errors']].filter((word) => word !== undefined)
  const line = words
    .map((word) => (typeof word === 'string' ? word : JSON.stringify(word)))
    .join(' ')
    .replaceAll(/\p{Cc}+/gu, ' ')
  return line.replaceAll(token.reveal(), '[redacted]').slice(0, MAX_REASON_CHARACTERS)
}

// What a registry is shown so that it answers: the login that Docker keeps for it, or a token that was got for that. Both live in memory for as long as
// the process does, go to that registry and its token server alone, and are in no error.
import { fail, reasonOf } from '../../core/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import { type Challenge, parseChallenge } from './challenge.ts'
import { NoAnswer, type Request, type Response } from './exchange.ts'
import { isBusy } from './patience.ts'

export type Login = { readonly username: string; readonly password: string } | { readonly identitytoken: string }

/** Finds what the user logged in with; `null`: nobody did. */
export type FindLogin = (registry: string, signal?: AbortSignal) => Promise<Login | null>

/** What is wanted of a repository, in the words of token servers. */
export type Wanted = {
  readonly registry: string
  readonly name: string
  readonly actions: 'pull' | 'pull,push' | 'pull,delete'
}

/** A token that says nothing of its end holds for this long, the specification says. */
const DEFAULT_LIFETIME_SECONDS = 60
/** It is not used any more when it has this much left. */
const MARGIN_MS = 10_000

type Kept = { readonly header: string; readonly untilAt: number }

export function createAuthorization(clock: Clock, login: FindLogin) {
  const kept = new Map<string, Kept>()
  const key = ({ registry, name, actions }: Wanted) => `${registry} ${name} ${actions}`

  /** Errors: REGISTRY_DENIED, REGISTRY_UNREACHABLE. Rejects with NoAnswer when the token server does not answer. */
  async function obtain(
    wanted: Wanted,
    refusal: Response,
    send: (request: Request) => Promise<Response>,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const challenge = parseChallenge(refusal.headers['www-authenticate'] ?? '')
    const { registry } = wanted
    const who = await login(registry, signal).catch((error: unknown) => {
      signal?.throwIfAborted()
      throw denied(wanted, `the login that Docker keeps for it cannot be read (${reasonOf(error)})`, error)
    })
    if (challenge === null) throw denied(wanted, 'it wants a login of a kind that is not known here')
    if (challenge.scheme === 'bearer') {
      const token = await fetchToken(wanted, challenge, who, send)
      kept.set(key(wanted), token)
      return token.header
    }
    if (who === null) throw denied(wanted, NOBODY)
    if ('identitytoken' in who) throw denied(wanted, 'Docker keeps a token for it, and it wants a password')
    const header = basic(who)
    kept.set(key(wanted), { header, untilAt: Infinity })
    return header
  }

  async function fetchToken(
    wanted: Wanted,
    challenge: Extract<Challenge, { scheme: 'bearer' }>,
    who: Login | null,
    send: (request: Request) => Promise<Response>,
  ): Promise<Kept> {
    const scope = challenge.scope ?? `repository:${wanted.name}:${wanted.actions}`
    const answer = await send(tokenRequest(wanted, challenge, scope, who))
    if (isBusy(answer.status)) throw new NoAnswer(`its token server answers ${answer.status}`, false)
    if (answer.status !== 200) {
      const said = `its token server answers ${answer.status}`
      throw denied(wanted, who === null ? `${NOBODY} (${said})` : `${UNACCEPTED} (${said})`)
    }
    const { token, access_token: accessToken, expires_in: seconds } = parseToken(answer)
    const bearer = token ?? accessToken
    if (typeof bearer !== 'string' || !TOKEN.test(bearer)) throw denied(wanted, 'its token server sent no token')
    const lifetime = typeof seconds === 'number' && seconds > 0 ? seconds : DEFAULT_LIFETIME_SECONDS
    return { header: `Bearer ${bearer}`, untilAt: clock.now() + lifetime * 1000 - MARGIN_MS }
  }

  return {
    obtain,
    /** What was accepted before; `null`: nothing was, or not any more. */
    known(wanted: Wanted): string | null {
      const found = kept.get(key(wanted))
      return found !== undefined && found.untilAt > clock.now() ? found.header : null
    },
    /** The registry took what was obtained for no valid login. */
    async unaccepted(wanted: Wanted, signal: AbortSignal | undefined): Promise<Error> {
      // A token server has looked at the login; what its token does not open is not for whoever it belongs to.
      const reason = kept.get(key(wanted))?.header.startsWith('Bearer ') === true ? NOT_FOR_THEM : UNACCEPTED
      kept.delete(key(wanted))
      return denied(wanted, (await login(wanted.registry, signal)) === null ? NOBODY : reason)
    },
  }
}

const NOBODY = 'nobody is logged in there'
const NOT_FOR_THEM = 'whoever is logged in there may not'
const UNACCEPTED = 'the login that Docker keeps for it is not accepted; it may have expired'
const TOKEN = /^[\x21-\x7e]+$/

/** With an identity token by POST as OAuth 2 has it, else by GET with the password, or with nothing for what everybody may. */
function tokenRequest(
  wanted: Wanted,
  challenge: Extract<Challenge, { scheme: 'bearer' }>,
  scope: string,
  who: Login | null,
): Request {
  const url = URL.parse(challenge.realm)
  if (url === null || !/^https?:$/.test(url.protocol)) throw denied(wanted, 'it names a token server that is none')
  const asked = { ...(challenge.service === null ? {} : { service: challenge.service }), scope, client_id: 'astern' }
  if (who !== null && 'identitytoken' in who) {
    const form = new URLSearchParams({ ...asked, grant_type: 'refresh_token', refresh_token: who.identitytoken })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return { method: 'POST', url, headers, body: form.toString() }
  }
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value)
  if (who !== null) url.searchParams.set('account', who.username)
  return { method: 'GET', url, ...(who === null ? {} : { headers: { authorization: basic(who) } }) }
}

function parseToken({ body }: Response): { token?: unknown; access_token?: unknown; expires_in?: unknown } {
  try {
    return (JSON.parse(body.toString('utf8')) ?? {}) as { token?: unknown }
  } catch {
    return {}
  }
}

function basic({ username, password }: Extract<Login, { username: string }>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

const WHAT = { pull: 'read', 'pull,push': 'write to', 'pull,delete': 'delete from' } as const

export function denied({ registry, name, actions }: Wanted, reason: string, cause?: unknown): Error {
  return fail('REGISTRY_DENIED', { registry, what: `${WHAT[actions]} ${name}`, reason }, cause)
}

// One HTTP request and its whole answer, with a limit on time and on size. fetch knows no certificates of one's own, hence node:https.
import { Agent as HttpAgent, type IncomingHttpHeaders, request as plainRequest } from 'node:http'
import { Agent as HttpsAgent, request as securedRequest } from 'node:https'
import type { SecureContext } from 'node:tls'
import type { Clock } from '../../ports/clock.ts'

const LIMIT_MS = 30_000
/** The distribution specification has registries take manifests of up to 4 MB; 100,000 tags are less as well. */
const MAX_BODY_BYTES = 8 * 1024 * 1024
const MAX_CONNECTIONS = 8

export type Request = {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
}

export type Response = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }

/** Which certificates are believed, and shown. `verify: false`: any is. */
export type Trust = { readonly context: SecureContext | null; readonly verify: boolean }

export type Agents = { readonly http: HttpAgent; readonly https: HttpsAgent }

/** Idle connections keep no process alive. */
export function createAgents({ context, verify }: Trust): Agents {
  const common = { keepAlive: true, maxSockets: MAX_CONNECTIONS }
  return {
    http: new HttpAgent(common),
    https: new HttpsAgent({
      ...common,
      rejectUnauthorized: verify,
      ...(context === null ? {} : { secureContext: context }),
    }),
  }
}

/** There was no whole answer. `final`: asking again would bring the same. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  readonly final: boolean
  constructor(reason: string, final: boolean, cause?: unknown) {
    super(reason, { cause })
    this.final = final
  }
}

/** Rejects with NoAnswer, or with the reason of `signal`. */
export async function exchange(
  request: Request,
  agents: Agents,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<Response> {
  signal?.throwIfAborted()
  const over = new AbortController()
  const late = new AbortController()
  clock.sleep(LIMIT_MS, over.signal).then(
    () => late.abort(new NoAnswer(`no whole answer within ${LIMIT_MS / 1000} s`, false)),
    () => undefined, // it has answered
  )
  try {
    return await once(request, agents, signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]))
  } catch (error) {
    signal?.throwIfAborted()
    if (late.signal.aborted) throw late.signal.reason
    throw error instanceof NoAnswer ? error : whyUnanswered(error)
  } finally {
    over.abort()
  }
}

function once({ method, url, headers, body }: Request, agents: Agents, signal: AbortSignal): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>()
  const secured = url.protocol === 'https:'
  const options = {
    method,
    signal,
    headers: {
      'user-agent': 'astern',
      ...headers,
      ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
    },
  }
  const sent = secured
    ? securedRequest(url, { ...options, agent: agents.https })
    : plainRequest(url, { ...options, agent: agents.http })
  sent.on('error', reject)
  sent.on('response', (answer) => {
    const chunks: Buffer[] = []
    let size = 0
    answer.on('data', (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size > MAX_BODY_BYTES) answer.destroy(new NoAnswer(`it answers more than ${MAX_BODY_BYTES} bytes`, true))
    })
    answer.on('error', reject)
    answer.on('end', () =>
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
    )
  })
  sent.end(body)
  return promise
}

const KNOWN: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'it hung up',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be looked up at the moment',
  EPROTO: 'it does not speak TLS',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'its certificate is signed by itself; Docker reads those to believe from /etc/docker/certs.d',
  SELF_SIGNED_CERT_IN_CHAIN:
    'nobody known here signed its certificate; Docker reads those to believe from /etc/docker/certs.d',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'nobody known here signed its certificate; Docker reads those to believe from /etc/docker/certs.d',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'nobody known here signed its certificate; Docker reads those to believe from /etc/docker/certs.d',
}
const FINAL = /^(?:ENOTFOUND|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|CERT_|ERR_TLS|ERR_SSL|HPE_)/

function whyUnanswered(error: unknown): NoAnswer {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const reason = KNOWN[code] ?? (error instanceof Error ? error.message : String(error))
  return new NoAnswer(reason, FINAL.test(code), error)
}

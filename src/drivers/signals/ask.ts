// One GET with a limit on time and size. Redirections are not followed. A name and a password in the address are sent as a header, since
// fetch takes none there; neither they nor the address are in any reason.
import { formatDuration } from '../../core/duration.ts'
import { reasonOf } from '../../core/errors.ts'
import type { Clock } from '../../ports/clock.ts'

const MAX_BODY_BYTES = 1024 * 1024

export type AskOptions = {
  readonly timeoutMs: number
  readonly clock: Clock
  readonly abort: AbortSignal | undefined
}

export type Answer = { readonly status: number; readonly body: string } | { readonly failure: string }

/** `failure`: there was no whole answer in time. Throws when nobody can be asked there, or what `abort` aborts with. */
export async function ask(address: string, { timeoutMs, clock, abort }: AskOptions): Promise<Answer> {
  const url = URL.parse(address)
  if (url === null || !/^https?:$/.test(url.protocol)) throw new Error('its address is none of http or https')
  const login = loginOf(url)
  const over = new AbortController()
  const late = new AbortController()
  clock.sleep(timeoutMs, over.signal).then(
    () => late.abort(new Error(`no answer within ${formatDuration(timeoutMs)}`)),
    () => undefined, // it has answered
  )
  try {
    const response = await fetch(url, {
      headers: { 'user-agent': 'astern', accept: 'application/json, */*', ...login },
      redirect: 'manual',
      signal: abort === undefined ? late.signal : AbortSignal.any([abort, late.signal]),
    })
    return { status: response.status, body: await readBody(response) }
  } catch (error) {
    abort?.throwIfAborted()
    return { failure: late.signal.aborted ? reasonOf(late.signal.reason) : whyUnanswered(error) }
  } finally {
    over.abort()
  }
}

/** Takes them out of the address. */
function loginOf(url: URL): Record<string, string> {
  if (url.username === '' && url.password === '') return {}
  const pair = [url.username, url.password].map(decode).join(':')
  url.username = ''
  url.password = ''
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** A percent sign that begins nothing stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

async function readBody(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    // Leaving the loop hangs up.
    if (size > MAX_BODY_BYTES)
      throw new Error('', { cause: new Error(`it answered more than ${MAX_BODY_BYTES} bytes`) })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** fetch hides the reason in the cause, and may quote the address in its own message. */
function whyUnanswered(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause === undefined ? 'it could not be asked' : `no answer: ${reasonOf(cause)}`
}

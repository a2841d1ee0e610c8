// Asks through the listener which release answers: GETs in a row over a few plain connections, because a cold process has no time for more.
// Invariant: it ends after a bounded time with exactly as many answers as were asked for; what was not answered has status 0.
import { connect } from 'node:net'
import type { ProofAnswer } from '../../ports/traffic.ts'
import { probeBytes, probeConnections, probeReconnects, probeTimeoutMs } from './limits.ts'
import { splitListen } from './listen-address.ts'
import { pathWord, proofHeader, releaseHeader, word } from './render.ts'
import { toHeader } from './trial-rules.ts'

export type Probe = {
  /** `127.0.0.1:8080`, `0.0.0.0:80`, `[::]:80`, `*:80` */
  readonly listen: string
  /** `null`: the address itself. */
  readonly host: string | null
  readonly path: string
  readonly secret: string
  readonly count: number
  /** The release that is asked for on purpose; `null`: whichever a user would get. */
  readonly to: string | null
}

export async function probeThrough(probe: Probe): Promise<ProofAnswer[]> {
  const shares = Array.from({ length: Math.min(probeConnections, probe.count) }, (_, index) =>
    Math.ceil((probe.count - index) / probeConnections),
  )
  return (await Promise.all(shares.map((count) => askAll(probe, count)))).flat()
}

// The proxy may close a connection after some answers; what is left is asked over another one.
async function askAll(probe: Probe, count: number): Promise<ProofAnswer[]> {
  const answers: ProofAnswer[] = []
  for (let connection = 0; answers.length < count && connection < probeReconnects; connection += 1) {
    const more = await askOnce(probe, count - answers.length)
    answers.push(...more.answers)
    if (more.answers.length === 0 || more.stalled) break
  }
  while (answers.length < count) answers.push({ release: null, status: 0 })
  return answers
}

function askOnce(probe: Probe, count: number): Promise<{ answers: readonly ProofAnswer[]; stalled: boolean }> {
  const { address, port } = reachable(probe.listen)
  const request =
    `GET ${pathWord(probe.path)} HTTP/1.1\r\nHost: ${word(probe.host ?? hostOf(address, port))}\r\n` +
    `${proofHeader}: ${word(probe.secret)}\r\n${probe.to === null ? '' : `${toHeader}: ${word(probe.to)}\r\n`}User-Agent: astern-proof\r\nAccept: */*\r\n\r\n`
  return new Promise((resolve) => {
    const reader = createAnswerReader()
    const socket = connect({ host: address, port, timeout: probeTimeoutMs, noDelay: true })
    const end = (stalled = false): void => {
      socket.destroy()
      resolve({ answers: reader.answers.slice(0, count), stalled })
    }
    socket.on('data', (chunk: Buffer) => {
      reader.read(chunk.toString('latin1'))
      if (reader.answers.length >= count || reader.broken) end()
    })
    socket.on('timeout', () => end(true))
    // a proof that cannot be had is an answer too: none
    socket.on('error', () => end())
    socket.on('close', () => end())
    socket.write(request.repeat(count))
  })
}

/** The loopback of an address that means every address. */
export function reachable(listen: string): { readonly address: string; readonly port: number } {
  const { host, port } = splitListen(listen)
  if (host === '0.0.0.0') return { address: '127.0.0.1', port }
  return { address: host === '::' ? '::1' : host, port }
}

function hostOf(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

export interface AnswerReader {
  readonly answers: readonly ProofAnswer[]
  /** It is no HTTP, or too much of it. */
  readonly broken: boolean
  read(chunk: string): void
}

/** Reads responses to GETs that follow each other on one connection: with a length, in chunks, or without a body. */
export function createAnswerReader(): AnswerReader {
  const answers: ProofAnswer[] = []
  let text = ''
  let bytes = 0
  let broken = false

  // One whole response at the start of `text`: takes it off and returns what is interesting. `null`: more must come.
  function next(): ProofAnswer | null {
    const headEnd = text.indexOf('\r\n\r\n')
    if (headEnd < 0) return null
    const head = text.slice(0, headEnd)
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? Number.NaN)
    if (Number.isNaN(status)) {
      broken = true
      return null
    }
    const end = bodyEnd(head, status, headEnd + 4)
    if (end === null) return null
    text = text.slice(end)
    const release = Number(/^r(\d+)$/.exec(headerOf(head, releaseHeader) ?? '')?.[1] ?? Number.NaN)
    return { release: Number.isNaN(release) ? null : release, status }
  }

  function bodyEnd(head: string, status: number, start: number): number | null {
    if (status < 200 || status === 204 || status === 304) return start
    if (headerOf(head, 'transfer-encoding')?.toLowerCase().includes('chunked') === true) return chunksEnd(start)
    const length = headerOf(head, 'content-length')
    if (length === null) {
      // its body ends with the connection: what the head says is enough
      return text.length
    }
    const end = start + Number(length)
    return text.length >= end ? end : null
  }

  function chunksEnd(start: number): number | null {
    let at = start
    for (;;) {
      const lineEnd = text.indexOf('\r\n', at)
      if (lineEnd < 0) return null
      const size = Number.parseInt(text.slice(at, lineEnd), 16)
      if (Number.isNaN(size)) {
        broken = true
        return null
      }
      if (size === 0) {
        // trailers, then an empty line
        const end = text.indexOf('\r\n\r\n', lineEnd)
        return end < 0 ? null : end + 4
      }
      at = lineEnd + 2 + size + 2
      if (at > text.length) return null
    }
  }

  return {
    answers,
    get broken() {
      return broken
    },
    read(chunk) {
      bytes += chunk.length
      text += chunk
      if (bytes > probeBytes) broken = true
      while (!broken) {
        const answer = next()
        if (answer === null) break
        // 100 and 103 announce the answer to the same request
        if (answer.status >= 200) answers.push(answer)
      }
    },
  }
}

function headerOf(head: string, name: string): string | null {
  const wanted = name.toLowerCase()
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':')
    if (colon > 0 && line.slice(0, colon).trim().toLowerCase() === wanted) return line.slice(colon + 1).trim()
  }
  return null
}

// The socket of HAProxy's master process: reloads, and what former workers still do after one. One connection per command.
import { connect } from 'node:net'
import { AsternError, reasonOf } from '../../core/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import {
  answerBytes,
  masterAttempts,
  masterAwayMs,
  masterTimeoutMs,
  quotedLogLines,
  reloadTimeoutMs,
} from './limits.ts'
import { NotUnderstood, excerpt, readStatistics } from './running.ts'

export type Reload =
  | { readonly ok: true }
  | { readonly ok: false; readonly log: string; readonly takenAddress: string | null }

export interface MasterCli {
  /** Starts a new worker with the present file and waits for its outcome. The former one serves on when that fails. Error: PROXY_DOWN. */
  reload(): Promise<Reload>
  /** Requests that former workers still serve: backend/server → how many. Errors: PROXY_DOWN. */
  leftovers(backend: string): Promise<ReadonlyMap<string, number>>
  /** Cuts what former workers still serve of these servers. */
  cutLeftovers(backend: string, servers: readonly string[]): Promise<void>
}

export function createMasterCli(path: string, clock: Clock): MasterCli {
  // A question to a worker that ends at that moment is never answered; the next one finds it gone. And a master that reloads is away for a moment:
  // HAProxy 3.0 replaces its own program.
  async function tell(command: string, timeoutMs = masterTimeoutMs): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await tellOnce(path, command, timeoutMs)
      } catch (error) {
        if (!(error instanceof Unanswered) || attempt >= masterAttempts) throw error
        if (error.away) await clock.sleep(masterAwayMs)
        else if (command === 'reload') throw error
      }
    }
  }

  async function formerWorkers(): Promise<string[]> {
    return readFormerWorkers(await tell('show proc'))
  }

  return {
    async reload() {
      return readReload(await tell('reload', reloadTimeoutMs))
    },

    async leftovers(backend) {
      const sessions = new Map<string, number>()
      for (const pid of await formerWorkers()) {
        const answer = await tell(`@!${pid} show stat ${backend} 4 -1`)
        // it has just ended, or never had this backend
        if (!answer.startsWith('# pxname,')) continue
        for (const row of readStatistics(answer)) {
          const name = row.get('svname') ?? ''
          sessions.set(name, (sessions.get(name) ?? 0) + Number(row.get('scur')))
        }
      }
      return sessions
    },

    async cutLeftovers(backend, servers) {
      for (const pid of await formerWorkers()) {
        // `shutdown sessions server` is refused there: the proxy is disabled
        for (const stream of readStreams(await tell(`@!${pid} show sess`), backend, servers)) {
          await tell(`@!${pid} shutdown session ${stream}`)
        }
      }
    },
  }
}

/** `Success=1`, a line of dashes, the log of the new worker. */
export function readReload(answer: string): Reload {
  if (answer.startsWith('Success=1')) return { ok: true }
  if (!answer.startsWith('Success=0')) throw new NotUnderstood(`reload: ${excerpt(answer)}`)
  return { ok: false, log: alerts(answer), takenAddress: takenAddress(answer) }
}

/** The lines of HAProxy's log that say what is wrong; all of its last ones when none does. */
export function alerts(log: string): string {
  const lines = log.split('\n').filter((line) => line.trim() !== '' && line !== '--' && !line.startsWith('Success='))
  const wrong = lines.filter((line) => line.startsWith('[ALERT]'))
  return (wrong.length > 0 ? wrong : lines)
    .slice(-quotedLogLines)
    .map((line) => line.replace(/^\[(?:ALERT|WARNING|NOTICE)\]\s*\(\d+\) : /, ''))
    .join('\n')
}

/** The address that HAProxy could not have because somebody else has it. */
export function takenAddress(log: string): string | null {
  return /cannot bind socket \(Address already in use\) for \[([^\]]+(?:\]:\d+)?)\]/.exec(log)?.[1] ?? null
}

export function readFormerWorkers(answer: string): string[] {
  const pids: string[] = []
  let former = false
  for (const line of answer.split('\n')) {
    if (line.startsWith('#')) former = line.startsWith('# old workers')
    const pid = /^(\d+)\s+worker\s/.exec(line)?.[1]
    if (former && pid !== undefined) pids.push(pid)
  }
  return pids
}

function readStreams(answer: string, backend: string, servers: readonly string[]): string[] {
  return answer.split('\n').flatMap((line) => {
    const found = /^(0x[0-9a-f]+): .* be=(\S+) srv=(\S+) /.exec(line)
    return found?.[1] !== undefined && found[2] === backend && servers.includes(found[3] ?? '') ? [found[1]] : []
  })
}

/** `away`: nobody listens at the moment; else it was asked and did not answer. */
class Unanswered extends AsternError {
  readonly away: boolean
  constructor(away: boolean, reason: string, cause?: unknown) {
    super('PROXY_DOWN', { reason }, cause)
    this.away = away
  }
}

// The master closes the connection after its answer when nothing more can come from us.
function tellOnce(path: string, command: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, timeout: timeoutMs, allowHalfOpen: true })
    socket.setEncoding('utf8')
    let answer = ''
    const give = (error: Error): void => {
      reject(error)
      socket.destroy()
    }
    socket.on('data', (chunk: string) => {
      answer += chunk
      if (answer.length > answerBytes) give(new NotUnderstood(`${command}: more than ${answerBytes} bytes`))
    })
    socket.on('timeout', () =>
      give(new Unanswered(false, `its master does not answer to ${command} within ${timeoutMs} ms`)),
    )
    socket.on('error', (error) => {
      const away = 'code' in error && (error.code === 'ECONNREFUSED' || error.code === 'ENOENT')
      give(new Unanswered(away, reasonOf(error), error))
    })
    socket.on('end', () => {
      resolve(answer.trimEnd())
      socket.destroy()
    })
    socket.end(`${command}\n`)
  })
}

// HAProxy as a process: in a container where its image can be had, else as a program of the host.
// Invariant: whether it runs is asked of itself, over its socket, so that it can be known without the engine.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, isAsternError, reasonOf } from '../../core/errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ProxyFacts, ProxyProcess } from '../../ports/traffic.ts'
import { adminSocket, configName, foldersOf, makeFolders } from './config-file.ts'
import { sessionsOf } from './counters.ts'
import type { ProxyHost } from './proxy-host.ts'
import { createContainerHost } from './container.ts'
import type { ContainerEngine } from './container.ts'
import { createBinaryHost } from './host-binary.ts'
import { obstacleOf } from './listen-check.ts'
import { idleStopTimeoutMs, startPollMs, startTimeoutMs, stopTimeoutMs } from './limits.ts'
import { structureIn } from './render.ts'
import { startFailure } from './start-failure.ts'
import { createSession } from './session.ts'

export type ProxyProcessOptions = {
  /** Folder of the proxy within the state, the same as that of the traffic driver. */
  readonly dir: string
  readonly installation: string
  /** PATH, and ASTERN_HAPROXY_IMAGE for another image than haproxy:3.2. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly engine: ContainerEngine
}

const DEFAULT_IMAGE = 'haproxy:3.2'

export function createProxyProcess(options: ProxyProcessOptions): ProxyProcess {
  const { dir, installation, env, clock } = options
  const hosts = {
    container: createContainerHost({
      dir,
      installation,
      engine: options.engine,
      image: env['ASTERN_HAPROXY_IMAGE'] || DEFAULT_IMAGE,
    }),
    host: createBinaryHost({ dir, searchPath: env['PATH'] ?? '', clock }),
  }
  const kindFile = join(dir, 'kind')
  const wantedFile = join(dir, 'wanted')

  function kind(): 'container' | 'host' {
    return existsSync(kindFile) && readFileSync(kindFile, 'utf8') === 'host' ? 'host' : 'container'
  }

  async function facts(): Promise<ProxyFacts> {
    const session = createSession(adminSocket(dir))
    try {
      const { running } = await session.look([])
      return { running: true, version: running.version, kind: kind() }
    } catch {
      // whoever does not answer does not run; why is asked by those who need it
      return { running: false, version: null, kind: null }
    } finally {
      session.forget()
    }
  }

  /** Whether requests are in flight. Our own connections to its socket would keep it from ending by itself. */
  async function isBusy(): Promise<boolean> {
    const session = createSession(adminSocket(dir))
    try {
      const { extra } = await session.look([], ['show stat -1 4 -1'])
      return [...sessionsOf(extra[0] ?? '').values()].some((count) => count > 0)
    } catch {
      // what does not answer has nothing to finish
      return false
    } finally {
      session.forget()
    }
  }

  async function choose(onProgress: (text: string) => void): Promise<'container' | 'host'> {
    const reasons: string[] = []
    let old: Error | null = null
    for (const kind of ['container', 'host'] as const) {
      try {
        const reason = await hosts[kind].obstacle(onProgress)
        if (reason === null) return kind
        reasons.push(reason)
      } catch (error) {
        if (isAsternError(error, 'PROXY_TOO_OLD')) old = error
        reasons.push(reasonOf(error))
      }
    }
    throw old ?? fail('PROXY_UNAVAILABLE', { reason: reasons.join('; ') })
  }

  async function awaitAnswer(host: ProxyHost): Promise<ProxyFacts> {
    const deadline = clock.monotonic() + startTimeoutMs
    while (clock.monotonic() < deadline) {
      const seen = await facts()
      if (seen.running) return seen
      const words = await host.lastWords()
      if (words !== null) {
        await host.stop(0)
        throw startFailure(words)
      }
      await clock.sleep(startPollMs)
    }
    throw fail('PROXY_DOWN', { reason: `it was started, but does not answer within ${startTimeoutMs / 1000} s` })
  }

  return {
    facts,
    wanted: () => existsSync(wantedFile),
    async ensureRunning(onProgress = () => {}) {
      const seen = await facts()
      if (seen.running) {
        note(wantedFile, '')
        return seen
      }
      makeFolders(dir)
      const config = readFileSync(join(foldersOf(dir).config, configName), 'utf8')
      const listens = structureIn(config)?.structure.backends.map(({ listen }) => listen) ?? []
      const obstacle = await obstacleOf(listens, [])
      if (obstacle !== null) {
        const { listen, taken, reason, by } = obstacle
        if (taken) throw fail('PORT_TAKEN', { address: listen, by })
        throw fail('PROXY_REFUSED', { command: `bind ${listen}`, answer: reason })
      }
      const chosen = await choose(onProgress)
      note(kindFile, chosen)
      await hosts[chosen].start()
      note(wantedFile, '')
      return awaitAnswer(hosts[chosen])
    },
    async ensureStopped() {
      // first: nobody is to start it again while it stops
      rmSync(wantedFile, { force: true })
      await hosts[kind()].stop((await isBusy()) ? stopTimeoutMs : idleStopTimeoutMs)
      rmSync(kindFile, { force: true })
    },
  }
}

/** Another user of the group may have written it. */
function note(path: string, text: string): void {
  rmSync(path, { force: true })
  writeFileSync(path, text)
}

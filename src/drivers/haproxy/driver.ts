// Makes HAProxy do what is committed: the file first, so that a restarted proxy serves the intent, then the running process, by commands where
// they suffice and by a reload where they do not, and looks whether it is so.
// Invariants: all of `ensure` happens under the proxy-wide lock and from what is committed inside it (E1); a change that commands can make never
// waits for a reload, and stands although the reload is refused (E2); after a refused reload the file is one that the proxy takes (E3).
import { fail, isAsternError } from '../../core/errors.ts'
import { scopeName } from '../../core/model.ts'
import type { Scope } from '../../core/model.ts'
import type { Clock } from '../../ports/clock.ts'
import type { BackendSeen, Traffic, TrafficSeen, TrafficTally, TrafficWanted } from '../../ports/traffic.ts'
import { adminSocket, createConfigFile, masterSocket } from './config-file.ts'
import { countersOf, serverSeen, sessionsOf } from './counters.ts'
import { createDrain } from './drain.ts'
import { ensureAttempts, keepMapsMs } from './limits.ts'
import { createMasterCli } from './master-cli.ts'
import { probeThrough } from './probe.ts'
import { createReload } from './reload.ts'
import { changingMaps, render, structureOf, word } from './render.ts'
import type { Rendered, Structure } from './render.ts'
import { ConnectionLost } from './runtime-api.ts'
import { NotUnderstood } from './running.ts'
import type { Running } from './running.ts'
import { createSession, type Session } from './session.ts'
import { createSettle, unanswered } from './settle.ts'
import type { Settled } from './settle.ts'
import { armsOf, serversOf, tallyQuestions } from './tally.ts'
import { watching } from './trial-rules.ts'

export type HaproxyTrafficOptions = {
  /** Folder of the proxy within the state: `cfg` and `run` are in it. */
  readonly dir: string
  /** What is committed at this moment. */
  readonly wanted: () => TrafficWanted
  /** One at a time among all processes of this installation. */
  readonly lock: <T>(work: () => Promise<T>) => Promise<T>
  readonly clock: Clock
}

type Observed = { readonly at: number; readonly maps: readonly string[]; readonly seen: TrafficSeen }

export function createHaproxyTraffic({ dir, wanted: committed, lock, clock }: HaproxyTrafficOptions): Traffic {
  const file = createConfigFile(dir)
  const session = createSession(adminSocket(dir))
  const master = createMasterCli(masterSocket(dir), clock)
  const settle = createSettle({ session, clock })
  const reload = createReload({ file, session, master, clock })
  // what was seen last, until we change it ourselves
  let observed: Observed | null = null
  /** When all maps were read last, and what was committed then. */
  let mapsRead: { readonly generation: number; readonly atMs: number } | null = null
  let syncing: Promise<void> = Promise.resolve()
  // a structure that the proxy would not take: nobody else's shift asks it again
  let refusedHash: string | null = null

  // A new structure. What runs is brought up to date first: nobody waits for the reload who does not need it.
  async function reshape(wanted: TrafficWanted, structure: Structure, next: Rendered, scope?: Scope): Promise<void> {
    const accepted = file.accepted()
    let unwritten: Error | null = null
    let present: Settled = 'reload'
    if (accepted !== null) {
      const interim = render(wanted, accepted.structure)
      if (interim.structureHash === accepted.hash) unwritten = attempted(() => file.writeAccepted(interim))
      try {
        present = await settle(wanted, accepted.structure, accepted.hash)
      } catch (error) {
        // whoever starts it starts it with what is wanted
        if (isAsternError(error, 'PROXY_DOWN')) file.write(next)
        throw error
      }
    }
    if (unwritten !== null) throw unwritten
    const untouched = scope !== undefined && present === 'settled' && sameFor(scope, accepted?.structure, structure)
    if (untouched && refusedHash === next.structureHash) return
    const refusal = await reload(next, structure, accepted?.structure ?? null)
    refusedHash = refusal === null ? null : next.structureHash
    if (refusal !== null) {
      if (untouched) return
      throw refusal
    }
    if ((await settle(wanted, structure, next.structureHash)) === 'reload') {
      throw fail('PROXY_REFUSED', { command: 'reload', answer: 'it runs another configuration than it was given' })
    }
  }

  async function ensureLocked(scope?: Scope): Promise<void> {
    const wanted = committed()
    const structure = structureOf(wanted)
    const next = render(wanted, structure)
    const present = file.structureHash()
    if (present !== null && present !== next.structureHash) {
      await reshape(wanted, structure, next, scope)
      return
    }
    const unwritten = attempted(() => file.write(next))
    if ((await settle(wanted, structure, next.structureHash)) === 'reload') {
      await reshape(wanted, structure, next, scope)
    } else if (file.hasAside()) {
      // whoever put it there died after the proxy took the new one
      file.forgetAside(next)
    }
    // traffic is where it should be; a proxy that restarts now would not know
    if (unwritten !== null) throw unwritten
  }

  // Asks the worker that takes connections now, whatever happens on the way to it.
  async function ask<T>(talk: () => Promise<{ readonly running: Running; readonly result: T }>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { running, result } = await talk()
        if (!running.stopping) return result
        session.forget()
        if (attempt >= ensureAttempts) throw fail('PROXY_DOWN', { reason: 'it is being replaced' })
      } catch (error) {
        if (!(error instanceof ConnectionLost) && !(error instanceof NotUnderstood)) throw error
        if (attempt >= ensureAttempts) throw unanswered(error)
      }
    }
  }

  /** For who asks again and again: with many services, reading maps that nobody has changed would be most of the work. */
  async function glance(extra: readonly string[]): ReturnType<Session['look']> {
    const wanted = committed()
    const { generation } = wanted
    const nowMs = clock.monotonic()
    const keep = mapsRead?.generation === generation && nowMs - mapsRead.atMs < keepMapsMs
    const maps = changingMaps(structureOf(wanted))
    const looked = await session.look(maps, extra, keep)
    if (!keep) mapsRead = { generation, atMs: nowMs }
    return looked
  }

  function question(text: string): Promise<string> {
    const maps = changingMaps(structureOf(committed()))
    return ask(async () => {
      const { running, extra } = await session.look(maps, [text])
      return { running, result: extra[0] ?? '' }
    })
  }

  function order(text: string): Promise<void> {
    const maps = changingMaps(structureOf(committed()))
    return ask(async () => {
      const { running, refusal } = await session.tell([{ text, answers: [''] }], maps)
      if (refusal !== null && !running.stopping) throw fail('PROXY_REFUSED', refusal)
      return { running, result: undefined }
    })
  }

  async function observe(maxAgeMs = 0): Promise<TrafficSeen> {
    if (observed !== null && clock.monotonic() - observed.at <= maxAgeMs) {
      if (session.known(observed.maps) !== null) return observed.seen
    }
    const maps = changingMaps(structureOf(committed()))
    const { running, sessions } = await ask(async () => {
      const { running, extra } = await glance(['show stat -1 4 -1'])
      return { running, result: { running, sessions: sessionsOf(extra[0] ?? '') } }
    })
    const backends = [...running.backends].flatMap(([name, servers]): BackendSeen[] => {
      const [service, environment, ...more] = name.split('.')
      if (service === undefined || environment === undefined || more.length > 0) return []
      return [
        { service, environment, servers: [...servers.values()].map((server) => serverSeen(name, server, sessions)) },
      ]
    })
    observed = { at: clock.monotonic(), maps, seen: { process: running.process, backends } }
    return observed.seen
  }

  function tally(scopes: readonly Scope[]): Promise<TrafficTally> {
    return ask(async () => {
      const asked = scopes.flatMap((scope) => tallyQuestions(word(scopeName(scope))))
      const { running, extra } = await glance([...asked, watching])
      const backends = scopes.map(({ service, environment }, index) => ({
        service,
        environment,
        arms: armsOf(extra[2 * index] ?? ''),
        servers: serversOf(extra[2 * index + 1] ?? ''),
      }))
      return { running, result: { process: running.process, backends } }
    })
  }

  return {
    observe,
    ensure: (scope) =>
      lock(async () => {
        observed = null
        mapsRead = null
        try {
          await ensureLocked(scope)
        } finally {
          // nobody waits for the disk here: traffic is where it should be
          syncing = file.sync()
          syncing.catch(() => undefined)
        }
      }),
    markUp: (scope, server) => order(`set server ${word(scopeName(scope))}/${word(server)} health up`),
    drain: createDrain({ question, order, master, clock }),
    counters: async (scope) => countersOf(await question(`show stat ${word(scopeName(scope))} 4 -1`)),
    async probe(scope, path, count, release) {
      const { backends, proofSecret } = committed()
      const backend = backends.find((each) => scopeName(each) === scopeName(scope))
      if (backend === undefined) return Array.from({ length: count }, () => ({ release: null, status: 0 }))
      const { listen, hosts } = backend
      const to = release === undefined ? null : `r${release}`
      return probeThrough({ listen, host: hosts[0] ?? null, path, count, secret: proofSecret, to })
    },
    tally,
    close: () => session.forget(),
    synced: () => syncing,
  }
}

function sameFor(scope: Scope, accepted: Structure | undefined, wanted: Structure): boolean {
  const part = (structure: Structure): string =>
    JSON.stringify([structure.proofSecret, structure.backends.find((each) => scopeName(each) === scopeName(scope))])
  return accepted !== undefined && part(accepted) === part(wanted)
}

function attempted(work: () => void): Error | null {
  try {
    work()
    return null
  } catch (error) {
    if (error instanceof Error) return error
    throw error
  }
}

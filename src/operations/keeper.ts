// The headless loop of `astern serve`: finishes what others left, demotes by time, keeps the ladder as it should be after an engine restart.
import { reasonOf } from '../core/errors.ts'
import { scopeName } from '../core/model.ts'
import type { App } from './app.ts'
import { doOverdue, followUp, isOverdue } from './overdue.ts'

const TICK_MS = 1_000
/** How often the engine is asked whether its containers are as the state says. */
const LOOK_EVERY_MS = 10_000
/**
 * A state in which nothing was due is not looked at again at once, unless it changes: so many times as long as the look took, which is nothing for a
 * few services, and no longer than this.
 */
const QUIET_PER_LOOK = 50
const LONGEST_QUIET_MS = 5_000
/** Whoever else has asked the proxy since the last tick has done it for the keeper. */
const FRESH_MS = 900
const MAX_BACKOFF_MS = 300_000

export type KeeperOptions = {
  readonly signal: AbortSignal
  /** What could not be done; said once until it changes. */
  readonly onTrouble: (what: string, reason: string) => void
  readonly onFailed: (scope: string, reason: string) => void
  readonly onDone: (scope: string) => void
}

export type Keeper = {
  /** Runs until the signal aborts; the step that runs then is finished first. */
  readonly run: () => Promise<void>
  /** Look now rather than at the next tick. */
  readonly nudge: () => void
}

export function createKeeper(app: App, options: KeeperOptions): Keeper {
  let wake = new AbortController()
  let told = ''
  let backoffMs = 0
  let nextLookAt = 0
  let quiet: { readonly version: string | null; readonly untilMs: number } = { version: null, untilMs: 0 }
  /** Hooks that run now. They may take minutes; nothing else waits for them. */
  let hooks: Promise<void> | null = null

  /** Nothing is due by time alone so soon after a look at a state that has not changed. */
  function somethingIsDue(nowMs: number): boolean {
    const version = app.store.db.version()
    if (version === quiet.version && nowMs < quiet.untilMs) return false
    if (isOverdue(app)) return true
    const tookMs = app.clock.monotonic() - nowMs
    quiet = { version, untilMs: nowMs + Math.min(LONGEST_QUIET_MS, QUIET_PER_LOOK * tookMs) }
    return false
  }

  async function tick(): Promise<void> {
    const nowMs = app.clock.monotonic()
    const look = nowMs >= nextLookAt
    if (!look && (backoffMs > 0 || !somethingIsDue(nowMs))) return
    const proxyTrouble = look ? await keepProxy() : []
    const { done, left, failed } = await doOverdue(app, { look, signal: options.signal, hooks: 'later' })
    hooks ??= runHooks()
    for (const { scope, reason } of failed) options.onFailed(scopeName(scope), reason)
    for (const scope of done) options.onDone(scopeName(scope))
    const troubles = [...proxyTrouble, ...left.map(({ scope, reason }) => ({ what: scopeName(scope), reason }))]
    const trouble = troubles.map(({ what, reason }) => `${what}: ${reason}`).join('\n')
    if (trouble !== told) for (const { what, reason } of troubles) options.onTrouble(what, reason)
    told = trouble
    backoffMs = troubles.length === 0 ? 0 : Math.min(MAX_BACKOFF_MS, Math.max(TICK_MS, backoffMs * 2))
    nextLookAt = app.clock.monotonic() + Math.max(backoffMs, troubles.length === 0 ? LOOK_EVERY_MS : 0)
  }

  async function runHooks(): Promise<void> {
    try {
      const { done, failed } = await followUp(app)
      for (const scope of done) options.onDone(scopeName(scope))
      for (const { scope, reason } of failed) options.onFailed(scopeName(scope), reason)
    } catch (error) {
      options.onTrouble('hooks', reasonOf(error))
    } finally {
      hooks = null
    }
  }

  /** An engine that crashed may take what it stopped for stopped by hand, and leave it so: the proxy as well. */
  async function keepProxy(): Promise<{ what: string; reason: string }[]> {
    try {
      const proxy = await app.proxy()
      if (!proxy.wanted() || (await proxy.facts()).running) return []
      await proxy.ensureRunning()
      await app.traffic.ensure()
      return []
    } catch (error) {
      return [{ what: 'proxy', reason: reasonOf(error) }]
    }
  }

  return {
    async run() {
      // After a crash the proxy's file and the running proxy may differ; the committed state decides.
      await app.traffic.ensure().catch(() => {})
      while (!options.signal.aborted) {
        await tick()
        // Keeps what is known of the proxy fresh, and the connection to it open, for a rollback that may come now.
        await app.traffic.observe(FRESH_MS).catch(() => {})
        try {
          await app.clock.sleep(TICK_MS, AbortSignal.any([options.signal, wake.signal]))
        } catch {
          wake = new AbortController()
        }
      }
      await hooks
    },
    nudge() {
      backoffMs = 0
      wake.abort()
    },
  }
}

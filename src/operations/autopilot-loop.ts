// The autopilot of `astern serve`: watches every trial, ends bakes, and finds out where the proxy has let a standby take over.
import { reasonOf } from '../core/errors.ts'
import { scopeName } from '../core/model.ts'
import type { Trial } from '../store/trials.ts'
import type { App } from './app.ts'
import { actOn, type Acted, type ActedIn, AUTOPILOT } from './autopilot.ts'
import { endBakeIfDue } from './bake.ts'
import { createTakeoverWatch } from './takeover.ts'
import { createTrialWatch, type Look, LOOK_EVERY_MS, type TrialWatch } from './trial-watch.ts'

/**
 * A bake is long, and nobody waits for it: it is looked at less often than a canary; the less, the more there are: so many times as long as the look
 * took, between these.
 */
const BAKE_LOOK_EVERY_MS = { least: 2_000, most: 10_000 } as const
const PER_BAKE_LOOK = 25
const TAKEOVER_LOOK_EVERY_MS = 1_000

const BY_ITSELF = { actor: AUTOPILOT, reason: null }

export type AutopilotOptions = {
  readonly signal: AbortSignal
  readonly onActed: (scope: string, did: Acted['did'], reason: string) => void
  readonly onTrouble: (scope: string, reason: string) => void
}

/** Runs until the signal aborts; a rollback that it has begun is finished first. */
export async function runAutopilot(app: App, { signal, onActed, onTrouble }: AutopilotOptions): Promise<void> {
  const watch = createTrialWatch(app)
  const takeovers = createTakeoverWatch(app)
  let bakesAtMs = 0
  let takeoversAtMs = 0
  while (!signal.aborted) {
    const nowMs = app.clock.monotonic()
    const withBakes = nowMs >= bakesAtMs
    const due = app.store.trials.openAll().filter(({ phase }) => phase === 'canary' || (phase === 'bake' && withBakes))
    const acted = await lookAndAct(app, watch, due, onTrouble)
    if (withBakes) {
      const { least, most } = BAKE_LOOK_EVERY_MS
      bakesAtMs = nowMs + Math.min(most, Math.max(least, PER_BAKE_LOOK * (app.clock.monotonic() - nowMs)))
    }
    if (nowMs >= takeoversAtMs) {
      takeoversAtMs = nowMs + TAKEOVER_LOOK_EVERY_MS
      acted.push(...(await takeovers.look(onTrouble)))
    }
    for (const { scope, did, reason } of acted) onActed(scopeName(scope), did, reason)
    await app.clock.sleep(LOOK_EVERY_MS, signal).catch(() => {})
  }
}

/** Also what a command does that finds trials which nobody watches. */
export async function lookAndAct(
  app: App,
  watch: TrialWatch,
  due: readonly Trial[],
  onTrouble: AutopilotOptions['onTrouble'],
): Promise<ActedIn[]> {
  if (due.length === 0) return []
  const acted: ActedIn[] = []
  for (const look of await watch.lookAll(due)) {
    try {
      acted.push(...(await follow(app, look)))
    } catch (error) {
      onTrouble(scopeName(look.trial), reasonOf(error))
    }
  }
  return acted
}

async function follow(app: App, look: Look): Promise<ActedIn[]> {
  const did = await actOn(app, look)
  if (did !== null) return [{ scope: look.trial, did: did.did, reason: did.reason }]
  const trial = app.store.trials.get(look.trial.transactionId)
  if (trial !== null && trial.endedAt === null) await endBakeIfDue(app, trial, look.findings, BY_ITSELF)
  return []
}

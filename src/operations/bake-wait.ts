// Stays until a bake has ended, one way or the other, and watches it where there is no daemon.
import { fail, isAsternError } from '../core/errors.ts'
import type { Scope } from '../core/model.ts'
import { percentOf } from '../core/share.ts'
import { type Answered, errorView } from './answer.ts'
import { refOf, servingNow } from './answered.ts'
import type { App } from './app.ts'
import { AUTOPILOT, tell, underAutopilot } from './autopilot.ts'
import { endBakeIfDue } from './bake.ts'
import { createTrialWatch, type Look, LOOK_EVERY_MS } from './trial-watch.ts'

const TELL_EVERY_MS = 15_000

/** Of a deploy that succeeded; anything else is given back as it is. When the signal aborts the bake goes on without us. */
export async function awaitBake(app: App, scope: Scope, answered: Answered, signal?: AbortSignal): Promise<Answered> {
  const began = app.store.trials.open(scope)
  if (answered.answer.outcome !== 'succeeded' || began?.phase !== 'bake') return answered
  const ended = () => app.store.trials.get(began.transactionId)!
  await underAutopilot(app, scope, async () => {
    const watch = createTrialWatch(app, 'reads')
    let toldAtMs = app.clock.monotonic()
    const leaves = signal ?? new AbortController().signal
    while (ended().endedAt === null && !leaves.aborted) {
      const look = await watch.look(scope)
      if (look !== null && app.clock.monotonic() - toldAtMs >= TELL_EVERY_MS) {
        toldAtMs = app.clock.monotonic()
        sayHowFar(app, look)
      }
      if (look !== null) await endIfPossible(app, look)
      await app.clock.sleep(LOOK_EVERY_MS, signal).catch(() => {})
    }
  })
  const { verdict, reason, endedAt, release } = ended()
  const answer = { ...answered.answer, verdict }
  if (endedAt === null || app.store.services.get(scope)?.active === release) return { ...answered, answer }
  const serving = servingNow(app, scope)
  const error = fail('TAKEN_BACK', { reason: reason ?? '-', serving, release: `r${release}` })
  return {
    ...answered,
    answer: {
      ...answer,
      outcome: 'rolled_back',
      to: refOf(app, scope, release),
      error: errorView(error),
    },
    exit: error.exit,
    error,
  }
}

/** The daemon may be at it, or the proxy away: then the next look tries again. */
async function endIfPossible(app: App, { trial, findings }: Look): Promise<void> {
  try {
    await endBakeIfDue(app, trial, findings, { actor: AUTOPILOT, reason: null })
  } catch (error) {
    if (!isAsternError(error)) throw error
  }
}

function sayHowFar(app: App, { trial, findings }: Look): void {
  const detail = { share: percentOf(trial.share), requests: findings.requests.candidate, says: findings.sentence }
  app.store.transaction(() => tell(app, trial, 'bake', detail, { status: 'in_progress', level: 'info' }))
}

// Makes the running proxy what is wanted by commands alone: looks, sends what is missing, and looks whether it is so, all in one breath.
// Invariants: it ends after a bounded number of attempts; nobody is taken out of service before somebody else can serve.
import { fail, reasonOf } from '../../core/errors.ts'
import { scopeName } from '../../core/model.ts'
import type { Clock } from '../../ports/clock.ts'
import type { TrafficWanted } from '../../ports/traffic.ts'
import { diff } from './diff.ts'
import type { Command, Commands } from './diff.ts'
import { holdBack } from './hold-back.ts'
import { ensureAttempts, riseMarginMs, risePollMs } from './limits.ts'
import { changingMaps } from './render.ts'
import type { Structure } from './render.ts'
import { ConnectionLost } from './runtime-api.ts'
import { NotUnderstood } from './running.ts'
import type { Running } from './running.ts'
import type { Refusal, Session } from './session.ts'

/** `reload`: commands cannot do it. */
export type Settled = 'settled' | 'reload'

/** `structureHash` is that of the file for `structure`. Errors: PROXY_DOWN, PROXY_REFUSED. */
export type Settle = (wanted: TrafficWanted, structure: Structure, structureHash: string) => Promise<Settled>

export function createSettle({ session, clock }: { readonly session: Session; readonly clock: Clock }): Settle {
  return async (wanted, structure, structureHash) => {
    const maps = changingMaps(structure)
    const deadline = clock.monotonic() + longestRiseMs(structure)
    // what is known from before is good enough to begin with, not to end with
    let running = session.known(maps)
    let verified = running === null
    let before: Running | null = null
    let refusal: Refusal | null = null
    let missing = 'show servers state'
    let sweep: readonly Command[] = []
    let attempt = 0

    // Where nothing more can be said without looking: looks, the next time round.
    const lookAgain = (): void => {
      running = null
      verified = true
    }

    while (attempt < ensureAttempts) {
      try {
        running ??= (await session.look(maps)).running
        if (running.stopping) {
          attempt += 1
          session.forget()
          lookAgain()
          continue
        }
        const commands = commandsFor(running)
        if (commands === 'reload') {
          if (verified) return 'reload'
          lookAgain()
        } else if (commands.shift.length > 0) {
          attempt += 1
          missing = commands.shift[0]?.text ?? ''
          sweep = commands.sweep
          const told = await session.tell(commands.shift, maps)
          ;({ running, refusal } = told)
          verified = true
        } else if (!verified) {
          lookAgain()
        } else if (commands.heldBack) {
          if (clock.monotonic() > deadline) throw notRisen(wanted, running)
          await clock.sleep(risePollMs)
          lookAgain()
        } else {
          const left = sweep.length > 0 ? sweep : commands.sweep
          if (left.length > 0) await session.tell(left, maps)
          return 'settled'
        }
      } catch (error) {
        if (!(error instanceof ConnectionLost) && !(error instanceof NotUnderstood)) throw error
        attempt += 1
        if (attempt >= ensureAttempts) throw unanswered(error)
        lookAgain()
      }
    }
    throw fail('PROXY_REFUSED', refusal ?? { command: missing, answer: 'it says nothing, and does not do it' })

    function commandsFor(now: Running): (Commands & { readonly heldBack: boolean }) | 'reload' {
      if (now.structureHash !== structureHash) return 'reload'
      before ??= now
      const attainable = holdBack(before, now, wanted)
      const commands = diff(now, attainable, structure)
      return commands === 'reload' ? 'reload' : { ...commands, heldBack: attainable !== wanted }
    }
  }
}

/** How long a healthy server may take at most until the proxy's checks say so. */
function longestRiseMs(structure: Structure): number {
  const each = structure.backends.map(({ check }) => check.intervalMs * check.rise + check.timeoutMs)
  return Math.max(0, ...each) + riseMarginMs
}

function notRisen(wanted: TrafficWanted, running: Running): Error {
  const down = wanted.backends.flatMap((backend) => {
    const servers = running.backends.get(scopeName(backend))
    const meant = backend.servers.filter(({ weight, mode }) => weight > 0 && mode === 'ready')
    return meant
      .filter(({ name }) => servers?.get(name)?.up === false)
      .map(({ name }) => `${scopeName(backend)}/${name}`)
  })
  return fail('PROXY_REFUSED', {
    command: `set weight ${down.join(', ')}`,
    answer: 'down by its own health checks; those that served before serve on',
  })
}

export function unanswered(error: Error): Error {
  if (error instanceof NotUnderstood) return fail('PROXY_REFUSED', { command: 'show', answer: reasonOf(error) }, error)
  return fail('PROXY_DOWN', { reason: reasonOf(error) }, error)
}

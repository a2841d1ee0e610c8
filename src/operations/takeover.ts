// Finds out where the proxy by itself has let a standby take over, and makes a rollback of it.
// Invariant: what was seen once may be a blink; it has to be so at two looks.
import { reasonOf } from '../core/errors.ts'
import { releaseName, type Scope, scopeName } from '../core/model.ts'
import type { App } from './app.ts'
import { type ActedIn, AUTOPILOT } from './autopilot.ts'
import { rollback } from './rollback.ts'
import { autopilotOf } from './see.ts'
import { looksTakenOver, type Takeover, takeoversIn } from './stand-in.ts'

const BLINK_MS = 500
/** What the proxy said so recently is good enough to see that nothing is the matter. */
const RECENT_MS = 1_500

export type TakeoverWatch = { look(onTrouble: (scope: string, reason: string) => void): Promise<ActedIn[]> }

/** For who looks again and again. */
export function createTakeoverWatch(app: App): TakeoverWatch {
  /** Asked for once, and said once. */
  const refused = new Set<string>()
  let before = new Map<string, { readonly takeover: Takeover; readonly sinceMs: number }>()
  return {
    async look(onTrouble) {
      const nowMs = app.clock.monotonic()
      const found = (await takeoversNow(app, RECENT_MS)).map((takeover) => {
        const earlier = before.get(scopeName(takeover.scope))
        const lasts = earlier !== undefined && isSame(earlier.takeover, takeover)
        return { takeover, lasts, sinceMs: lasts ? earlier.sinceMs : nowMs }
      })
      before = new Map(found.map(({ takeover, sinceMs }) => [scopeName(takeover.scope), { takeover, sinceMs }]))
      const acted: ActedIn[] = []
      for (const { takeover, sinceMs } of found.filter(({ lasts }) => lasts)) {
        try {
          if (refused.has(nameOf(takeover)) || !(await isForGood(app, takeover, nowMs - sinceMs))) continue
          const did = await writeDown(app, takeover)
          if (did.some((one) => one.did === 'failed')) refused.add(nameOf(takeover))
          acted.push(...did)
        } catch (error) {
          onTrouble(scopeName(takeover.scope), reasonOf(error))
        }
      }
      return acted
    },
  }
}

/** For who looks at this scope once. */
export async function settleTakeover(app: App, scope: Scope): Promise<void> {
  const find = async () => (await takeoversNow(app)).find((takeover) => scopeName(takeover.scope) === scopeName(scope))
  const seen = await app.traffic.observe(RECENT_MS).catch(() => null)
  if (seen === null || !looksTakenOver(seen, scope)) return
  const first = await find()
  if (first === undefined) return
  await app.clock.sleep(BLINK_MS)
  const second = await find()
  if (second === undefined || !isSame(first, second)) return
  if (await isForGood(app, second, BLINK_MS)) await writeDown(app, second)
}

/** After a restart of the host a release may take as long as it is allowed to until it answers; one that has ended is not waited for. */
async function isForGood(app: App, { scope, instead }: Takeover, lastsMs: number): Promise<boolean> {
  const release = app.store.releases.get(scope, instead)
  if (lastsMs >= (release?.config.health.startPeriodMs ?? 0)) return true
  try {
    const replicas = await (await app.runtime()).observe(scope)
    return !replicas.some((replica) => replica.release === instead && replica.level === 'running')
  } catch {
    return false // the engine is away: perhaps it is only being restarted
  }
}

function nameOf({ scope, by, instead }: Takeover): string {
  return `${scopeName(scope)} ${instead} ${by}`
}

async function takeoversNow(app: App, maxAgeMs = 0): Promise<Takeover[]> {
  const seen = await app.traffic.observe(maxAgeMs).catch(() => null)
  const suspect = seen?.backends.some((backend) => looksTakenOver(seen, backend)) === true
  return seen !== null && suspect ? takeoversIn(app.store.replicas.wanted(), seen) : []
}

function isSame(one: Takeover, other: Takeover): boolean {
  return scopeName(one.scope) === scopeName(other.scope) && one.by === other.by
}

async function writeDown(app: App, { scope, by, instead }: Takeover): Promise<ActedIn[]> {
  const reason = `no replica of ${releaseName(instead)} is up, and the proxy sends its users to ${releaseName(by)}`
  const autopilot = autopilotOf(app, scope)
  if (autopilot !== 'act') return [{ scope, did: autopilot === 'ask' ? 'asked' : 'advised', reason }]
  const asked = { actor: AUTOPILOT, reason, to: releaseName(by), force: new Set<never>(), takenOver: true as const }
  const { answer } = await rollback(app, scope, asked)
  if (answer.outcome === 'refused') return [{ scope, did: 'failed', reason: answer.error?.message ?? reason }]
  return answer.outcome === 'succeeded' ? [{ scope, did: 'rolled_back', reason }] : []
}

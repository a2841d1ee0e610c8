// `--watch 10s`: stays after a rollback and compares what users got before and after, by the proxy's counters per release.
import { parseDuration } from '../core/duration.ts'
import { fail } from '../core/errors.ts'
import { releaseName, type ReleaseRef } from '../core/model.ts'
import { oneScope, type ScopeAsked } from '../operations/known-scopes.ts'
import type { TrafficCounters } from '../ports/traffic.ts'
import type { Context } from './context.ts'
import { labelled } from './format.ts'

/** Compares what the release that was taken out answered with what its successor answers from the switch on. */
export type Watch = {
  readonly show: (switched: { readonly from: ReleaseRef | null; readonly to: ReleaseRef | null }) => Promise<void>
}

/** Reads the counters before the switch. Error: USAGE. */
export async function startWatch(context: Context, asked: ScopeAsked, text: string): Promise<Watch> {
  const ms = parseDuration(text)
  if (ms === null) {
    throw fail('USAGE', {
      problem: context.t('value_invalid', { name: 'watch', expected: '10s', value: text }),
      command: 'rollback',
    })
  }
  const app = await context.open()
  const scope = oneScope(app.store, asked)
  const before = await app.traffic.counters(scope)
  return {
    async show({ from, to }) {
      const atSwitch = await app.traffic.counters(scope)
      await app.clock.sleep(ms)
      const bad = of(before, from)
      const good = less(of(await app.traffic.counters(scope), to), of(atSwitch, to))
      const line = context.t('effect_line', { before: success(bad), after: success(good), requests: good.requests })
      if (!context.json) context.print(labelled(context.t('effect'), line))
    },
  }
}

type Sum = { readonly requests: number; readonly failures: number }

function of(counters: readonly TrafficCounters[], release: ReleaseRef | null): Sum {
  return counters.find((counter) => releaseName(counter.release) === release?.release) ?? { requests: 0, failures: 0 }
}

/** A proxy that was reloaded in between counts from nothing again. */
function less(now: Sum, then: Sum): Sum {
  if (now.requests < then.requests) return now
  return { requests: now.requests - then.requests, failures: now.failures - then.failures }
}

function success({ requests, failures }: Sum): string {
  return requests <= 0 ? '-' : `${(100 * (1 - failures / requests)).toFixed(2)} %`
}

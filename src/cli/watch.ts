// `--watch 10s`: stays after a rollback and compares what users got before and after, by the proxy's counters per release.
import { parseDuration } from '../core/duration.ts'
import { fail } from '../core/errors.ts'
import { oneScope, type ScopeAsked } from '../operations/known-scopes.ts'
import type { TrafficCounters } from '../ports/traffic.ts'
import type { Context } from './context.ts'
import { labelled } from './format.ts'

/** Reads the counters before the switch. Error: USAGE. */
export async function startWatch(
  context: Context,
  asked: ScopeAsked,
  text: string,
): Promise<{ show: () => Promise<void> }> {
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
    async show() {
      const atSwitch = await app.traffic.counters(scope)
      await app.clock.sleep(ms)
      const after = await app.traffic.counters(scope)
      const requests = sum(after, 'requests') - sum(atSwitch, 'requests')
      const line = context.t('effect_line', {
        before: success(sum(before, 'requests'), sum(before, 'failures')),
        after: success(requests, sum(after, 'failures') - sum(atSwitch, 'failures')),
        requests,
      })
      if (!context.json) context.print(labelled(context.t('effect'), line))
    },
  }
}

function sum(counters: readonly TrafficCounters[], key: 'requests' | 'failures'): number {
  return counters.reduce((total, counter) => total + counter[key], 0)
}

function success(requests: number, failures: number): string {
  return requests <= 0 ? '-' : `${(100 * (1 - failures / requests)).toFixed(2)} %`
}

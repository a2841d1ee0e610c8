// Does what is due in an installation of a benchmark, so that nothing of it happens while something is measured.
import type { Scope } from '../src/core/model.ts'
import type { App } from '../src/operations/app.ts'
import { doOverdue, isOverdue } from '../src/operations/overdue.ts'
import type { BenchContext } from './bench.ts'
import { until } from './command.ts'

const TIDY_LIMIT_MS = 60_000

/** Resolves when nothing is due and nothing runs in these scopes. */
export async function tidy({ signal }: BenchContext, app: App, scopes: readonly Scope[]): Promise<void> {
  const runs = (scope: Scope) => app.store.leases.holder(scope, app.clock.now())?.alive === true
  const idle = () => !scopes.some(runs) && !isOverdue(app)
  await until('nothing to be due', TIDY_LIMIT_MS, signal, async () => {
    if (idle()) return true
    const { left } = await doOverdue(app, { look: false, signal })
    if (left.length > 0) throw left[0]!.error
    return idle() ? true : null
  })
}

// The service under test: examples/gin-shop, built as its README says, under names of its own.
import { join } from 'node:path'
import type { BenchContext } from './bench.ts'
import { root, run } from './command.ts'

export const IMAGE = 'gin-shop-bench'
export const PORT = 8080
export const HEALTH_PATH = '/healthz'

export type Version = { readonly tag: string; readonly faults: string }

/** The one that is gone back to. */
export const GOOD: Version = { tag: 'v1.0.0', faults: '' }
/**
 * The one that is taken out. It answers every request, so that each failure counted is the switch's own; and it cuts what is in flight when it is
 * told to stop, as a service does that just calls Gin's `r.Run()`.
 */
export const BAD: Version = { tag: 'v1.1.0', faults: 'die-on-sigterm' }

export function imageOf({ tag }: Version): string {
  return `${IMAGE}:${tag}`
}

/** Builds both images; they stay, so that the next benchmark builds nothing. */
export async function buildShop({ signal, say }: BenchContext): Promise<void> {
  for (const version of [GOOD, BAD]) {
    const settings = ['--build-arg', `VERSION=${version.tag}`, '--build-arg', `FAULTS=${version.faults}`]
    const { durationMs } = await run(
      'docker',
      ['build', '--quiet', '--tag', imageOf(version), ...settings, join(root, 'examples/gin-shop')],
      { signal, limitMs: 600_000 },
    )
    say(`image ${imageOf(version)} (${(durationMs / 1000).toFixed(1)} s)`)
  }
}

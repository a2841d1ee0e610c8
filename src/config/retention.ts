// Which releases of a service are kept in an environment: what the most specific place says, key by key; what is said nowhere is as in defaults.ts.
import { PLAIN_RETENTION, type RetentionPolicy } from '../core/retention-policy.ts'
import type { RetentionConfig } from './schema-retention.ts'

/** From the general to the specific. */
export function retentionOf(layers: readonly (RetentionConfig | undefined)[]): RetentionPolicy {
  const said: RetentionConfig = Object.assign({}, ...layers)
  return {
    releases: said.releases ?? PLAIN_RETENTION.releases,
    forMs: said.for ?? PLAIN_RETENTION.forMs,
    atLeast: said.at_least ?? PLAIN_RETENTION.atLeast,
    unusedForMs: said.unused_for ?? PLAIN_RETENTION.unusedForMs,
    registry: said.registry ?? PLAIN_RETENTION.registry,
    archive: said.archive ?? PLAIN_RETENTION.archive,
    diskLow: said.disk_low ?? PLAIN_RETENTION.diskLow,
    automatic: said.automatic ?? PLAIN_RETENTION.automatic,
  }
}

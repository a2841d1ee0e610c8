// What astern.yaml may hold of retention: how many releases are kept, for how long, and where else copies of them are.
import type { z } from 'zod'
import { WHOLE_SHARE } from '../core/trial.ts'
import { DEFAULTS } from './defaults.ts'
import { duration, integer, mapping, oneOf, percentage, trueOrFalse } from './schema-fields.ts'

const DAY_MS = 86_400_000
const LONGEST_MS = 10 * 365 * DAY_MS
const MOST_RELEASES = 10_000
/** A host that is never more than half full would be under pressure all the time. */
const MOST_LOW = WHOLE_SHARE / 2

export const retention = mapping(
  {
    releases: integer(1, MOST_RELEASES, {
      description:
        'So many good releases are kept, those that served last. One that failed or was rolled back from takes no place of theirs.',
      default: DEFAULTS.retention.releases,
    }).optional(),
    for: duration(0, LONGEST_MS, {
      description: 'A release that has not served for so long goes although there are no more than that.',
      default: DEFAULTS.retention.for,
    }).optional(),
    at_least: integer(0, MOST_RELEASES, {
      description: 'So many good releases are kept however old they are.',
      default: DEFAULTS.retention.at_least,
    }).optional(),
    unused_for: duration(0, LONGEST_MS, {
      description:
        'Releases that failed or were rolled back from, and tags that were built and never deployed, go after this.',
      default: DEFAULTS.retention.unused_for,
    }).optional(),
    registry: trueOrFalse({
      description:
        'Whether what goes is deleted in the registry as well. Only what this installation has built, pushed or deployed is ever deleted there.',
      default: DEFAULTS.retention.registry,
    }).optional(),
    archive: oneOf(['auto', 'all', 'off'], {
      description:
        'Of which kept releases Astern has a copy of its own, so that they survive `docker system prune -a`. `auto`: of those that no registry has. `all`: of every one, for a registry that may be away or clean up by itself. `off`: of none.',
      default: DEFAULTS.retention.archive,
    }).optional(),
    disk_low: percentage(0, MOST_LOW, {
      description:
        'Free disk below which only what a rollback needs is kept: what serves, the newest standby, the last good release, what is pinned.',
      default: DEFAULTS.retention.disk_low,
    }).optional(),
    automatic: trueOrFalse({
      description: 'Whether this happens by itself, at most once an hour; otherwise only by `astern prune`.',
      default: DEFAULTS.retention.automatic,
    }).optional(),
  },
  {
    description:
      'Which releases are kept. Never deleted is what serves, stands by, would be gone back to, or is pinned (`astern pin`). What an environment leaves unsaid is as the service says it.',
    examples: [{ releases: 50, for: '180d' }],
  },
)
export type RetentionConfig = z.output<typeof retention>

/** Keys of retention in the wrong place, and what people know by other names. */
export const RETENTION_HINTS: Readonly<Record<string, string>> = {
  retention: 'unknown field here; it belongs under a service or an environment',
  keep: 'unknown field; did you mean "retention: { releases: … }"?',
  keep_releases: 'unknown field; did you mean "retention: { releases: … }"?',
  retain_containers: 'unknown field; did you mean "retention: { releases: … }"?',
  revisionHistoryLimit: 'unknown field; did you mean "retention: { releases: … }"?',
  archive: 'unknown field here; it belongs under retention',
  unused_for: 'unknown field here; it belongs under retention',
  at_least: 'unknown field here; it belongs under retention',
  disk_low: 'unknown field here; it belongs under retention',
}

// What the schema of a database means for plans. Pure; what can be known of a schema is decided in schema-gate.ts.
import { type Release, releaseName, type Step } from './model.ts'
import type { Plan, Refused } from './plan.ts'
import type { Seen } from './seen.ts'

/** `other`: a release that could be gone back to instead. */
export function refusedBySchema({ number, version }: Release, reason: string, other: Release | null = null): Refused {
  const release = version === null ? releaseName(number) : `${releaseName(number)} ${version}`
  const instead =
    other === null ? '' : ` ${releaseName(other.number)} can: astern rollback --to ${releaseName(other.number)}.`
  return { outcome: 'refused', code: 'SCHEMA', details: { release, reason, other: instead } }
}

/** Before the first user is moved, and after everything that may migrate, it is looked at once more. */
export function withSchema(
  { schema }: Pick<Seen, 'schema'>,
  release: Release,
  steps: readonly Step[],
  forced: boolean,
): readonly Step[] {
  if (schema === undefined || release.config.migration === undefined) return steps
  const at = steps.findIndex(
    (step) => step.kind === 'canary' || (step.kind === 'shift_traffic' && step.release === release.number),
  )
  const look: Step = { kind: 'schema', release: release.number, ...(forced ? { forced: true } : {}) }
  return at < 0 ? [...steps, look] : [...steps.slice(0, at), look, ...steps.slice(at)]
}

export function warned<P extends Plan>(plan: P, warnings: readonly string[]): P {
  return warnings.length === 0 ? plan : { ...plan, warnings: [...(plan.warnings ?? []), ...warnings] }
}

// Lengths of time and counts of the standby ladder, with what holds when nothing is said.
import { parseDuration } from '../core/duration.ts'
import type { StandbyPolicy } from '../core/model.ts'
import { DEFAULTS } from './defaults.ts'
import type { StandbyConfig } from './schema.ts'

/** Counts that hold when nothing is said; how long each rung lasts is the same for all. */
type Counts = { readonly warm: number; readonly frozen: number; readonly cold: number }

export function standbyOf(standby: StandbyConfig | undefined, counts: Counts): StandbyPolicy {
  return {
    warm: standby?.warm ?? counts.warm,
    warmForMs: standby?.warm_for ?? msOf(DEFAULTS.standby.warm_for),
    frozen: standby?.frozen ?? counts.frozen,
    frozenForMs: standby?.frozen_for ?? msOf(DEFAULTS.standby.frozen_for),
    cold: standby?.cold ?? counts.cold,
  }
}

/** Of a text that this program itself says. */
export function msOf(text: string): number {
  const ms = parseDuration(text)
  if (ms === null) throw new Error(`no length of time: ${text}`)
  return ms
}

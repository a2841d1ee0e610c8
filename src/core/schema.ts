// What is known of the schema of a service's database: what it is, and what a planner may ask about both. Types alone:
// a rollback of a service without a database loads nothing else of it.
import type { Release, Rung } from './model.ts'

/** Version 0: no migration ran. */
export type SchemaVersion = { readonly version: number; readonly dirty: boolean }

export type SchemaSeen = SchemaVersion & { readonly seenAt: number }

/** `against`: why the release cannot live with it; `null`: nothing speaks against it. */
export type SchemaOpinion = { readonly against: string | null; readonly warnings: readonly string[] }

/** How the schema is taken back: by whose image, and between which versions. */
export type SchemaRevert = { readonly release: number; readonly from: number; readonly to: number }

/** What planners ask. */
export type SchemaGate = {
  /** About a release that is to be gone back to. `serves`: it does already, so that nothing can be refused. */
  back(target: Release, how: { readonly rung: Rung; readonly forced: boolean; readonly serves: boolean }): SchemaOpinion
  /** About a release whose migrations may be still to come. `from`: serves until then. */
  forward(release: Release, from: Release | null, forced: boolean): SchemaOpinion
  /** How it would be taken back to what `target` needs; `null`: it is there already. */
  revert(target: Release): SchemaRevert | { readonly against: string } | null
}

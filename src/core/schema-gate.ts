// Decides whether a release can live with the schema of its database. Pure.
// Invariants: what cannot be asked refuses nothing of which it may have got better since it was seen last, since schemas grow, and somebody mends what is
// dirty; a range that was written down wins over what is guessed from a contract migration.
import { type Release, releaseName } from './model.ts'
import type { SchemaGate, SchemaOpinion, SchemaSeen } from './schema.ts'

/** A release whose migrations take something away. `version`: `null` when nobody knows which. */
export type Contract = { readonly release: number; readonly version: number | null }

export type SchemaKnown = {
  /** As it was seen last; `null`: never. */
  readonly live: SchemaSeen | null
  /** That was just now. */
  readonly fresh: boolean
  /** Why it could not be asked just now; `null`: it was, or need not be. */
  readonly unasked: string | null
  /** What a release brings, as it was said, or else as the schema was when it was first healthy. */
  readonly broughtBy: (release: number) => number | null
  readonly contracts: readonly Contract[]
  /** The newest release that brings this version or a later one, so that it can take it back. */
  readonly bringerOf: (version: number) => number | null
  /** Migrations run in a step of their own, not when the program starts. */
  readonly hasReleaseHook: boolean
}

const NO_MIGRATION = { version: null, from: null, to: null, phase: 'expand', tool: 'command' } as const

export function schemaGate(known: SchemaKnown): SchemaGate {
  const { live } = known
  return {
    back(target, { rung, forced, serves }) {
      const reason = reasonAgainst(known, target)
      const warnings = [...unaskedWarning(known, target), ...startWarning(known, target, rung)]
      if (serves && reason !== null) return { against: null, warnings: [...warnings, reason] }
      return opinion(reason, forced, warnings)
    },
    forward(release, from, forced) {
      const reason = reasonAgainstNew(known, release)
      return opinion(reason, forced, [
        ...unaskedWarning(known, release),
        ...(live === null || from === null ? [] : farewellWarnings(live, release, from)),
      ])
    },
    revert(target) {
      const name = releaseName(target.number)
      const refused = (reason: string) => ({ against: `its schema cannot be taken back: ${reason}` })
      if (live === null || !known.fresh) return refused(known.unasked ?? 'nobody knows its version')
      if (live.dirty) return refused(dirty(live))
      const to = known.broughtBy(target.number) ?? target.config.migration?.to ?? null
      if (to === null) return refused(`nobody knows which version ${name} needs`)
      if (live.version <= to) return null
      const release = known.bringerOf(live.version)
      if (release === null) return refused(`no release here brings version ${live.version}, so none can take it back`)
      return { release, from: live.version, to }
    },
  }
}

function opinion(reason: string | null, forced: boolean, warnings: readonly string[]): SchemaOpinion {
  if (reason === null || !forced) return { against: reason, warnings }
  return { against: null, warnings: [...warnings, `--force=schema: ${reason}`] }
}

/** Why it cannot live with the schema as it is; `null`: nothing speaks against it. */
function reasonAgainst(known: SchemaKnown, release: Release): string | null {
  const { live } = known
  if (live === null) return null
  const name = releaseName(release.number)
  const { from, to, version } = release.config.migration ?? NO_MIGRATION
  const needs = from ?? version
  if (known.fresh && live.dirty) return dirty(live)
  if (to !== null && live.version > to) return `${itsVersion(live)}, and ${name} can live with ${to} at most`
  if (known.fresh && needs !== null && live.version < needs)
    return `${itsVersion(live)}, and ${name} needs ${needs} at least`
  return reasonOfContract(known, live, release, known.broughtBy(release.number))
}

/** As `reasonAgainst`, where its own migrations are still to come. */
function reasonAgainstNew(known: SchemaKnown, release: Release): string | null {
  const { live } = known
  if (live === null) return null
  const name = releaseName(release.number)
  const { from, to, version } = release.config.migration ?? NO_MIGRATION
  if (known.fresh && live.dirty) return dirty(live)
  if (to !== null && live.version > to) return `${itsVersion(live)}, and ${name} can live with ${to} at most`
  const afterwards = Math.max(live.version, version ?? live.version)
  if (known.fresh && version !== null && from !== null && afterwards < from) {
    return `${itsVersion(live)}, ${name} needs ${from} at least, and brings migrations up to ${version} only`
  }
  return version === null ? null : reasonOfContract(known, live, release, version)
}

/** A migration ran since that takes away what it may need. */
function reasonOfContract(
  { contracts }: SchemaKnown,
  live: SchemaSeen,
  { number, config }: Release,
  version: number | null,
): string | null {
  const to = config.migration?.to ?? null
  if (to !== null && live.version <= to) return null
  const ran = contracts.find((contract) => {
    if (contract.release === number) return false
    if (contract.version !== null && contract.version > live.version) return false
    if (contract.version !== null && version !== null) return contract.version > version
    return contract.release > number && (version === null || live.version > version)
  })
  if (ran === undefined) return null
  const which = ran.version === null ? '' : ` (version ${ran.version})`
  const own = version === null ? '' : ` (version ${version})`
  const by = releaseName(ran.release)
  return `a contract migration of ${by}${which} ran since, and took away what ${releaseName(number)}${own} may need`
}

function dirty({ version }: SchemaSeen): string {
  return `its schema is dirty: migration ${version} stopped half-way, and somebody has to put that right first`
}

function itsVersion({ version }: SchemaSeen): string {
  return `its schema is at version ${version}`
}

function unaskedWarning({ live, unasked }: SchemaKnown, { number }: Release): string[] {
  if (unasked === null) return []
  const name = releaseName(number)
  if (live === null)
    return [`the database could not be asked (${unasked}); whether ${name} can live with it is unknown`]
  const when = new Date(live.seenAt).toISOString().slice(0, 16).replace('T', ' ')
  const what = `${live.version}${live.dirty ? ' (dirty)' : ''}`
  return [`the database could not be asked (${unasked}); what counts is its schema as seen at ${when} UTC: ${what}`]
}

/** golang-migrate does not start with a schema whose migrations it has not heard of. */
function startWarning(known: SchemaKnown, { number, config }: Release, rung: string): string[] {
  const version = known.broughtBy(number)
  const { live } = known
  if (config.migration?.tool !== 'golang-migrate' || known.hasReleaseHook) return []
  if (live === null || version === null || live.version <= version) return []
  const name = releaseName(number)
  const dies = `("no migration found for version ${live.version}")`
  const how =
    rung === 'warm' || rung === 'frozen'
      ? `works while it is ${rung}, but a later restart of it fails ${dies}`
      : `may not start ${dies}`
  return [`if ${name} runs golang-migrate when it starts, it ${how}: it brings migrations up to ${version} only`]
}

/** What a deploy means for the way back. */
function farewellWarnings(live: SchemaSeen, release: Release, from: Release): string[] {
  const migration = release.config.migration
  const version = migration?.version ?? null
  if (migration === undefined || version === null || version <= live.version) return []
  const [name, former] = [releaseName(release.number), releaseName(from.number)]
  const most = from.config.migration?.to ?? null
  if (most !== null && version > most) {
    return [
      `${name} brings schema version ${version}; ${former}, which serves until then, can live with ${most} at most`,
    ]
  }
  if (migration.phase !== 'contract' || most !== null) return []
  const way = 'astern rollback --revert-database takes the schema back as well'
  return [`${name} is a contract: once its migrations ran, ${former} cannot be gone back to as it is; ${way}`]
}

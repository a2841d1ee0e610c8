// What a service says of its database: what a release brings to the schema and needs of it, and how Astern asks for it.

/** `command`: a program in the image that prints the version. */
export type SchemaTool = 'golang-migrate' | 'goose' | 'command'

/** `expand` adds, `migrate` moves data, `contract` takes away what earlier releases may need. */
export type SchemaPhase = 'expand' | 'migrate' | 'contract'

/** What a release brings to the schema, and needs of it. Part of its identity. */
export type Migration = {
  readonly tool: SchemaTool
  /** Of the newest migration that it brings; `null`: nobody said. */
  readonly version: number | null
  /** The versions that it can live with; `null`: nobody said. */
  readonly from: number | null
  readonly to: number | null
  readonly phase: SchemaPhase
}

/** As the configuration says it now. Not part of a release, but for what `Migration` repeats of it. */
export type DatabaseDefinition = Migration & {
  /** The variable, or secret, of the service that holds the address of its database. */
  readonly url: string
  /** Where the tool keeps the version; `null`: in its own table. */
  readonly table: string | null
  /** Prints the version, where `tool` is `command`. */
  readonly print: readonly string[] | null
  /** Takes the schema back; `{version}` stands for the version to go back to. */
  readonly revert: readonly string[] | null
  readonly revertTimeoutMs: number
}

const PHASES: readonly SchemaPhase[] = ['expand', 'migrate', 'contract']

/** What an image says of itself wins: the configuration may be that of another revision. Labels that say nothing sensible say nothing. */
export function migrationOf(
  { tool, version, from, to, phase }: DatabaseDefinition,
  { migration: labels = {} }: { readonly migration?: Readonly<Record<string, string>> },
): Migration {
  const number = (name: string, otherwise: number | null) => {
    const text = labels[name] ?? ''
    return /^\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : otherwise
  }
  return {
    tool,
    version: number('version', version),
    from: number('from', from),
    to: number('to', to),
    phase: PHASES.find((one) => one === labels['phase']) ?? phase,
  }
}

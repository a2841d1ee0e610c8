// What a service says of how its image is built, and how a tag is put together. Part of a definition, never of a release.

export type BuildDefinition = {
  /** Absolute path of the folder that is sent to the builder. */
  readonly context: string
  /** Absolute path. */
  readonly dockerfile: string
  /** Stage to build; `null`: the last one. */
  readonly target: string | null
  readonly args: Readonly<Record<string, string>>
  /** Template, as `{version}-{env}-{build}`. */
  readonly tag: string
  /** Tags that follow the newest one after it was pushed, such as `latest`. They are never an identity. */
  readonly pointers: readonly string[]
  /** Empty: the engine's own. */
  readonly platforms: readonly string[]
}

/** `latest` is one although nobody says so: Docker assumes it wherever a tag is missing. */
export function isPointer(tag: string, build: Pick<BuildDefinition, 'pointers'>): boolean {
  return tag === 'latest' || build.pointers.includes(tag)
}

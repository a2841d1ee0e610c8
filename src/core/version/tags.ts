// Which tags are versions, and what the last one is. A tag is a prefix and a SemVer: `v1.2.3`, `shop/v1.2.3-rc.1`.
import compare from 'semver/functions/compare.js'
import parse from 'semver/functions/parse.js'

export const DEFAULT_TAG_PREFIX = 'v'

export type Tag = {
  readonly name: string
  /** The commit that it stands for, also where it is annotated. */
  readonly commit: string
}

/** `inHistory`: what is checked out was built on it, or is it. */
export type SeenTag = Tag & { readonly inHistory: boolean }

export type VersionTag = SeenTag & { readonly version: string; readonly pre: readonly (string | number)[] }

export type VersionTags = {
  /** Highest first. */
  readonly versions: readonly VersionTag[]
  /** Tags that look like versions to people, and are none: `v1.2`, `v01.2.3`. */
  readonly malformed: readonly string[]
}

export function versionTags(tags: readonly SeenTag[], prefix: string): VersionTags {
  const malformed: string[] = []
  const versions = tags.flatMap((tag): VersionTag[] => {
    if (!tag.name.startsWith(prefix)) return []
    const text = tag.name.slice(prefix.length)
    const read = parse(text)
    // `parse` forgives a `v` of its own, and spaces.
    if (read === null || !text.startsWith(read.version)) {
      if (/^\d/.test(text)) malformed.push(tag.name)
      return []
    }
    return [{ ...tag, version: text, pre: read.prerelease }]
  })
  return { versions: versions.sort((a, b) => compare(b.version, a.version)), malformed }
}

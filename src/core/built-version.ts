// Which version a build has: what the git tags at its revision say. The form of the project's tags is kept: `v1.3.0` stays `v1.3.0`.
import compare from 'semver/functions/compare.js'
import valid from 'semver/functions/valid.js'

export const UNVERSIONED = '0.0.0-dev'

/**
 * The highest version among the tags of one commit. A service may have tags of its own: with the prefix that its configuration names (`shop/v`), or
 * `shop/v1.3.0`, `shop-v1.3.0` and `shop@1.3.0`. `null`: none is a version.
 */
export function versionOfTags(tags: readonly string[], service: string, prefix: string): string | null {
  // The v belongs to the version that people see.
  const prefixes = [prefix.replace(/v$/, ''), `${service}/`, `${service}-`, `${service}@`].filter((one) => one !== '')
  const own = tags.flatMap((tag) => prefixes.flatMap((one) => (tag.startsWith(one) ? [tag.slice(one.length)] : [])))
  return highest(own) ?? highest(tags)
}

function highest(texts: readonly string[]): string | null {
  return (
    texts
      .filter((text) => isVersion(text))
      .toSorted(compare)
      .at(-1) ?? null
  )
}

/** SemVer, with or without a leading v. */
export function isVersion(text: string): boolean {
  return /^v?\d/.test(text) && valid(text) !== null
}

// Reads one page of a list of tags, and where the next one is. Pure.

const TAG = /^\w[\w.-]{0,127}$/

export type Page = {
  readonly tags: readonly string[]
  /** Path and query; `null`: this is the last one. */
  readonly next: string | null
}

/** `lie`: why it is none. `url`: where it came from. */
export function readPage(body: Buffer, link: string | undefined, url: URL): Page | { readonly lie: string } {
  const tags = parseTags(body)
  if (tags === null) return { lie: 'what came is no list of tags' }
  const next = parseNext(link)
  if (next === null) return { tags, next: null }
  const following = URL.parse(next, url.href)
  // Our login goes along: to nobody else, and to no other list.
  if (following === null || following.origin !== url.origin || following.pathname !== url.pathname) {
    return { lie: 'its next page lies elsewhere' }
  }
  return { tags, next: following.pathname + following.search }
}

/** A registry from which the last tag was deleted says `null`. */
function parseTags(body: Buffer): readonly string[] | null {
  try {
    const { tags } = JSON.parse(body.toString('utf8')) as { tags?: unknown }
    if (tags === null) return []
    const whole = Array.isArray(tags) && tags.every((tag) => typeof tag === 'string' && TAG.test(tag))
    return whole ? (tags as string[]) : null
  } catch {
    return null
  }
}

/** RFC 8288, as far as registries use it: `</v2/shop/tags/list?last=b&n=2>; rel="next"`. */
function parseNext(link: string | undefined): string | null {
  for (const [, target, parameters] of (link ?? '').matchAll(/<([^>]*)>([^<]*)/g)) {
    if (/;\s*rel\s*=\s*"?next"?\s*(?:[;,]|$)/i.test(parameters ?? '')) return target ?? null
  }
  return null
}

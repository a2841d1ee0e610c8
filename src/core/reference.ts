// Takes image references apart as Docker does.

export type Reference =
  /** The image itself: `sha256:…`. */
  | { readonly kind: 'id'; readonly id: string }
  | {
      readonly kind: 'name'
      /** `registry.example.com:5000`; `null`: none is named, so Docker takes its Hub. */
      readonly registry: string | null
      /** As Docker shows it: without `docker.io/` and `library/`. */
      readonly repository: string
      readonly tag: string | null
      readonly digest: string | null
    }

const ID = /^sha256:[0-9a-f]{64}$/
const REGISTRY = /^(?:localhost|[^/]*[.:][^/]*)$/
const REPOSITORY = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/
const HOST = /^(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9a-fA-F:]+\])(?::\d+)?$/
const TAG = /^\w[\w.-]{0,127}$/
const HUB = new Set(['docker.io', 'index.docker.io'])

/** `null`: Docker would call it an invalid reference format. */
export function parseReference(text: string): Reference | null {
  if (ID.test(text)) return { kind: 'id', id: text }
  const [named = '', digest = null, ...more] = text.split('@')
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  const name = colon < 0 ? named : named.slice(0, colon)
  const tag = colon < 0 ? null : named.slice(colon + 1)
  const slash = name.indexOf('/')
  const first = name.slice(0, Math.max(slash, 0))
  const registry = slash > 0 && REGISTRY.test(first) ? first : null
  const path = registry === null ? name : name.slice(slash + 1)
  if (more.length > 0 || !REPOSITORY.test(path) || (registry !== null && !HOST.test(registry))) return null
  if ((tag !== null && !TAG.test(tag)) || (digest !== null && !ID.test(digest))) return null
  const onHub = registry === null || HUB.has(registry)
  return { kind: 'name', registry, repository: onHub ? path.replace(/^library\//, '') : name, tag, digest }
}

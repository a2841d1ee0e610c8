// Names of images: `registry.example.com:5000/shop/gin-shop:v1.2.0@sha256:…`.
import type { Parsed } from './problems.ts'

const MAX_LENGTH = 255
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/
const REGISTRY = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/
const TAG = /^\w[\w.-]{0,127}$/
const DIGEST = /^sha256:[0-9a-f]{64}$/

export type ImageReference = {
  readonly repository: string
  readonly tag: string | null
  readonly digest: string | null
}

export function parseImageReference(text: string): Parsed<ImageReference> {
  // It would be read as an option by whatever program it is handed to.
  if (text.startsWith('-')) return { problem: 'the name of an image does not begin with a dash' }
  const [named = '', digest = null, ...more] = text.split('@')
  if (more.length > 0 || (digest !== null && !DIGEST.test(digest))) {
    return { problem: 'expected a digest of the form sha256: and 64 hexadecimal digits after the @' }
  }
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  const repository = colon === -1 ? named : named.slice(0, colon)
  const tag = colon === -1 ? null : named.slice(colon + 1)
  if (tag !== null && !TAG.test(tag)) {
    return { problem: 'expected a tag of letters, digits, dots, dashes and underscores after the colon' }
  }
  if (!isRepository(repository)) {
    return {
      problem: 'expected the name of an image, in lower case, as in gin-shop or registry.example.com/shop/gin-shop',
    }
  }
  return { value: { repository, tag, digest } }
}

function isRepository(text: string): boolean {
  const parts = text.split('/')
  const first = parts[0] ?? ''
  const hasRegistry = parts.length > 1 && (/[.:[]/.test(first) || first === 'localhost')
  const components = hasRegistry ? parts.slice(1) : parts
  return (
    text.length <= MAX_LENGTH &&
    (!hasRegistry || REGISTRY.test(first)) &&
    components.every((component) => COMPONENT.test(component))
  )
}

/** In astern.yaml an image is a repository: a release adds tag and digest. */
export function parseRepository(text: string): Parsed<string> {
  const parsed = parseImageReference(text)
  if ('problem' in parsed) return parsed
  const { repository, tag, digest } = parsed.value
  if (tag === null && digest === null) return { value: repository }
  const what = tag === null ? 'a digest' : digest === null ? 'a tag' : 'a tag and a digest'
  const latest = tag === 'latest' ? '; latest is never one of them, since it names another image tomorrow' : ''
  return {
    problem: `${JSON.stringify(text)} has ${what}; write ${repository} alone, a release adds tag and digest (astern deploy TAG)${latest}`,
  }
}

// Where an image is asked for: its name taken apart as Docker does it.
import { fail } from '../../core/errors.ts'
import { parseReference } from '../../core/reference.ts'
import type { Wanted } from './authorization.ts'

/** A repository, with what is wanted of it. `image` is for messages. */
export type Target = Wanted & { readonly image: string }

/** `reference`: a tag or a digest. Errors: REGISTRY_NEEDED, IMAGE_NOT_FOUND (what is asked for cannot be one). */
export function targetOf(repository: string, reference: string | null, actions: Wanted['actions']): Target {
  const separator = reference?.startsWith('sha256:') === true ? '@' : ':'
  const image = reference === null ? repository : `${repository}${separator}${reference}`
  const parsed = parseReference(image)
  if (parsed?.kind !== 'name') throw fail('IMAGE_NOT_FOUND', { image, reason: 'that is not an image reference' })
  const { registry } = parsed
  if (registry === null) throw fail('REGISTRY_NEEDED', { image: repository })
  const onHub = !parsed.repository.startsWith(`${registry}/`)
  if (!onHub) return { registry, name: parsed.repository.slice(registry.length + 1), actions, image }
  const name = parsed.repository.includes('/') ? parsed.repository : `library/${parsed.repository}`
  return { registry: 'docker.io', name, actions, image }
}

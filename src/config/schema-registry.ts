// What `registry` of a service may say, and what an environment may say of it anew.
import { DEFAULTS } from './defaults.ts'
import { oneOf } from './schema-fields.ts'

const SOURCES = ['none', 'image'] as const

export const registry = oneOf(SOURCES, {
  description:
    'Where its images come from. `image`: from the registry that the name of the image begins with. `none`: there is no registry; `astern push` carries the image to the engine that runs it, over its socket or SSH, and a deploy takes what is there.',
  default: DEFAULTS.registry,
})

export const registryHere = oneOf(SOURCES, {
  description: 'Where images come from in this environment. When absent, what the service says.',
})

// Which tag is meant when none is named, and which names are never one.
import { isPointer } from '../core/build.ts'
import { fail } from '../core/errors.ts'
import type { Definition } from '../core/model.ts'
import type { App } from './app.ts'

const KNOWN_NAMED = 3

/** The newest that was built here for that environment, else the one in the compose file. Error: TAG_NEEDED. */
export function defaultTag(app: App, definition: Definition): string {
  const built = app.store.tags.newest(definition)
  const tag = built?.repository === definition.image ? built.tag : definition.composeTag
  if (tag === null) throw fail('TAG_NEEDED')
  return tag
}

/** Error: TAG_IS_POINTER. */
export function refusePointer(app: App, definition: Definition, tag: string): void {
  if (!isPointer(tag, definition.build ?? { pointers: [] })) return
  const built = app.store.tags.list(definition, KNOWN_NAMED).map((one) => `astern deploy ${one.tag}`)
  throw fail('TAG_IS_POINTER', { tag, instead: built.length === 0 ? 'astern deploy TAG' : built.join(', ') })
}

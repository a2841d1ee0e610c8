// Databases in memory that know the version of their schema: under the same conformance suite as real ones.
import { formatDuration } from '../../core/duration.ts'
import type { SchemaVersion } from '../../core/schema.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Schemas } from '../../ports/schemas.ts'

/** `silent`: it accepts, and never answers. */
export type FakeDatabase = SchemaVersion | 'silent'

/** `databases` by address; a host that is not known by name there is one of `addressOf`. */
export function createFakeSchemas(clock: Clock, databases: ReadonlyMap<string, FakeDatabase>): Schemas {
  return {
    async version({ url, limitMs, signal, addressOf }) {
      signal?.throwIfAborted()
      const address = url.reveal()
      const { hostname } = new URL(address)
      const elsewhere = hostname.includes('.') ? null : await addressOf(hostname)
      const found = databases.get(elsewhere === null ? address : address.replace(`@${hostname}`, `@${elsewhere}`))
      if (found === undefined) throw new Error('connect ECONNREFUSED')
      if (found !== 'silent') return { version: found.version, dirty: found.dirty }
      await clock.sleep(limitMs, signal)
      throw new Error(`no answer within ${formatDuration(limitMs)}`)
    },
  }
}

// The suite against databases in memory.
import { describe } from 'vitest'
import { createFakeSchemas, type FakeDatabase } from '../../src/drivers/fake/schemas.ts'
import { realClock } from '../fixtures/real-clock.ts'
import { knowsSchemas, type SchemasWorld } from './schemas.ts'

async function open(): Promise<SchemasWorld> {
  const databases = new Map<string, FakeDatabase>([['postgres://shop:hunter2@silent.test/shop', 'silent']])
  return {
    schemas: createFakeSchemas(realClock, databases),
    empty: async () => {
      const address = `postgres://shop:hunter2@10.0.0.2/shop${databases.size}`
      databases.set(address, { version: 0, dirty: false })
      return address
    },
    migrate: async (address, _tool, version) => void databases.set(address, { version, dirty: false }),
    spoil: async (address, version) => void databases.set(address, { version, dirty: true }),
    away: 'postgres://shop:hunter2@away.test/shop',
    silent: 'postgres://shop:hunter2@silent.test/shop',
    inside: (address) => ({
      address: address.replace('10.0.0.2', 'postgres'),
      addressOf: async (host) => (host === 'postgres' ? '10.0.0.2' : null),
    }),
    close: async () => {},
  }
}

describe('databases in memory', () => {
  knowsSchemas(open)
})

// The suite against the builder in memory.
import { describe } from 'vitest'
import { fail } from '../../src/core/errors.ts'
import { FakeBuilder } from '../../src/drivers/fake/builder.ts'
import { FakeEngine } from '../../src/drivers/fake/engine.ts'
import { FakeRegistry } from '../../src/drivers/fake/registry.ts'
import { IdleClock } from '../doubles/world.ts'
import { isBuilder } from './builder.ts'

describe('the fake builder', () => {
  isBuilder(async () => {
    const registry = new FakeRegistry()
    const builder = new FakeBuilder(new FakeEngine(new IdleClock()), registry)
    const repository = 'registry.test/shop'
    const paths = { context: '/srv/shop', dockerfile: '/srv/shop/Dockerfile' }
    const image = `${repository}:v1`
    return {
      builder,
      repository,
      wanted: { image, ...paths, target: null, args: {}, labels: {}, platforms: [], fresh: false },
      write: async (code) => void (builder.code = code),
      break: async () => void (builder.buildFails = fail('BUILD_FAILED', { image, reason: 'exit code: 1' })),
      digestOf: async (tag) => (await registry.resolve(repository, tag))?.digest ?? null,
    }
  })
})

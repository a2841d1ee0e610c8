// The suite against the registry in memory.
import { describe } from 'vitest'
import { FakeRegistry } from '../../src/drivers/fake/registry.ts'
import { isRegistry } from './registry.ts'

describe('the fake registry', () => {
  isRegistry(async () => {
    const registry = new FakeRegistry()
    const repository = 'registry.test/shop/gin-shop'
    return {
      registry,
      repository,
      push: async (tag, seed) => {
        registry.push(repository, tag, `sha256:${Buffer.from(seed).toString('hex').padEnd(64, '0')}`)
        return (await registry.resolve(repository, tag))!
      },
      pushIndex: async (tag, platforms) => registry.pushIndex(repository, tag, platforms),
    }
  })
})

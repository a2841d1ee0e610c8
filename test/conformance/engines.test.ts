// The suite against engines in memory.
import { describe } from 'vitest'
import { FakeEngine } from '../../src/drivers/fake/engine.ts'
import { FakeEngines } from '../../src/drivers/fake/engines.ts'
import { createVirtualClock } from '../fixtures/virtual-clock.ts'
import { carriesImages } from './engines.ts'

describe('fake engines', () => {
  carriesImages(async () => {
    const clock = createVirtualClock()
    const here = new FakeEngine(clock)
    const engines = new FakeEngines(here)
    const to = 'ssh://deploy@shop.test'
    engines.known.set(to, new FakeEngine(clock))
    const reference = 'shop:v1'
    const make = async () => {
      const configDigest = `sha256:${'1'.repeat(64)}`
      const facts = { hasHealthcheck: false, version: null, revision: null }
      here.addImage({ reference, digest: configDigest, configDigest, ...facts })
      return configDigest
    }
    return { engines, reference, make, to, nowhere: 'ssh://nobody@nowhere.test' }
  })
})

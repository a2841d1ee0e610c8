// The suite of an engine's images against the fake.
import { describe } from 'vitest'
import { FakeEngine } from '../../src/drivers/fake/engine.ts'
import { FakeImages } from '../../src/drivers/fake/images.ts'
import { createVirtualClock } from '../fixtures/virtual-clock.ts'
import { hasImages, type ImagesWorld } from './images.ts'

async function openFake(): Promise<ImagesWorld> {
  const engine = new FakeEngine(createVirtualClock())
  const images = new FakeImages(engine, () => 'ours')
  let made = 0
  return {
    images,
    repository: 'shop',
    make: async (reference) => {
      const configDigest = `sha256:${String(++made).padStart(64, '0')}`
      engine.addImage({
        reference,
        digest: configDigest,
        configDigest,
        hasHealthcheck: false,
        version: null,
        revision: null,
      })
      return configDigest
    },
    name: async (id, reference) => void engine.images.set(reference, { ...engine.images.get(id)!, reference }),
    use: async (id) => {
      images.strangers.push({ id, container: 'by-hand', ours: false })
      return 'by-hand'
    },
    close: async () => {},
  }
}

describe('the fake engine', () => {
  hasImages(openFake)
})

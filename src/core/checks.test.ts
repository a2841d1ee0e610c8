import { describe, expect, it } from 'vitest'
import { type ProjectService, substitution } from './checks.ts'

const service = (name: string, image: string | null = null, isBuilt = false): ProjectService => ({
  name,
  image,
  isBuilt,
})
const wanted = { named: null, service: 'shop', repository: 'registry.example.com:5000/acme/shop' }

describe('the service of a compose project that an image takes the place of', () => {
  it('is the one that is named, whatever its image is', () => {
    const services = [service('web', 'registry.example.com:5000/acme/shop:dev'), service('api', 'elsewhere/api:1')]
    expect(substitution(services, { ...wanted, named: 'api' })).toEqual({ main: 'api', replaced: ['api', 'web'] })
    expect(substitution(services, { ...wanted, named: 'nobody' })).toBeNull()
  })

  it('is every one of the same repository, and among them the one of the same name comes first', () => {
    const image = 'registry.example.com:5000/acme/shop'
    const services = [
      service('worker', `${image}:v1`),
      service('shop', `${image}@sha256:ab`),
      service('db', 'postgres:17'),
    ]
    expect(substitution(services, wanted)).toEqual({ main: 'shop', replaced: ['shop', 'worker'] })
    expect(substitution(services.slice(0, 1), wanted)).toEqual({ main: 'worker', replaced: ['worker'] })
  })

  it('is found although Docker Hub is named in one place and not in the other', () => {
    for (const image of ['shop', 'shop:v1', 'library/shop:v1', 'docker.io/library/shop:v1']) {
      const services = [service('app', image), service('db', 'postgres:17')]
      expect(substitution(services, { ...wanted, repository: 'shop' })?.main).toBe('app')
    }
    expect(substitution([service('app', 'localhost/shop')], { ...wanted, repository: 'shop' })).toBeNull()
  })

  it('is else the one of the same name, else the only one that is built here', () => {
    expect(substitution([service('shop', 'other:1'), service('app', null, true)], wanted)?.main).toBe('shop')
    expect(substitution([service('app', null, true), service('db', 'postgres:17')], wanted)?.main).toBe('app')
    expect(substitution([service('a', null, true), service('b', null, true)], wanted)).toBeNull()
  })
})

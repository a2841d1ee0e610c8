import { describe, expect, it } from 'vitest'
import { targetOf } from './target.ts'

const taken = (repository: string) => {
  const { registry, name, image } = targetOf(repository, 'v1', 'pull')
  return [registry, name, image]
}

describe('where an image is asked for', () => {
  it('is what its name begins with', () => {
    expect(taken('r.test:5000/shop/gin-shop')).toEqual(['r.test:5000', 'shop/gin-shop', 'r.test:5000/shop/gin-shop:v1'])
    expect(taken('localhost/gin-shop')).toEqual(['localhost', 'gin-shop', 'localhost/gin-shop:v1'])
    expect(taken('[::1]:5000/gin-shop')[0]).toBe('[::1]:5000')
  })
  it('is Docker Hub only where it is named, whose own images have a room of their own there', () => {
    expect(taken('docker.io/alice/gin-shop').slice(0, 2)).toEqual(['docker.io', 'alice/gin-shop'])
    expect(taken('index.docker.io/alpine').slice(0, 2)).toEqual(['docker.io', 'library/alpine'])
    expect(taken('docker.io/library/alpine').slice(0, 2)).toEqual(['docker.io', 'library/alpine'])
    for (const nameless of ['gin-shop', 'alice/gin-shop']) {
      expect(() => taken(nameless)).toThrow(`The image ${nameless} names no registry`)
    }
  })
})

import { describe, expect, it } from 'vitest'
import { parseReference } from './reference.ts'

const DIGEST = `sha256:${'ab'.repeat(32)}`
const name = (parts: object) => ({ kind: 'name', registry: null, tag: null, digest: null, ...parts })

describe('an image reference', () => {
  it.each([
    ['gin-shop', name({ repository: 'gin-shop' })],
    ['gin-shop:v1.2.0', name({ repository: 'gin-shop', tag: 'v1.2.0' })],
    ['shop/gin-shop:v1', name({ repository: 'shop/gin-shop', tag: 'v1' })],
    ['localhost/app:v1', name({ registry: 'localhost', repository: 'localhost/app', tag: 'v1' })],
    ['127.0.0.1:5555/app', name({ registry: '127.0.0.1:5555', repository: '127.0.0.1:5555/app' })],
    ['r.example.com/a/b:v1', name({ registry: 'r.example.com', repository: 'r.example.com/a/b', tag: 'v1' })],
    ['docker.io/library/nginx:1.27', name({ registry: 'docker.io', repository: 'nginx', tag: '1.27' })],
    [`gin-shop@${DIGEST}`, name({ repository: 'gin-shop', digest: DIGEST })],
    [`gin-shop:v1@${DIGEST}`, name({ repository: 'gin-shop', tag: 'v1', digest: DIGEST })],
    [DIGEST, { kind: 'id', id: DIGEST }],
  ])('%s is taken apart', (text, expected) => {
    expect(parseReference(text)).toEqual(expected)
  })
  it.each([
    '',
    'Gin-Shop:v1',
    'gin-shop:',
    'gin shop',
    '-x',
    'a@sha256:12',
    'a?b',
    '../etc',
    `a@${DIGEST}@${DIGEST}`,
    'a:b:c',
  ])('%j is none', (text) => {
    expect(parseReference(text)).toBeNull()
  })
})

import { describe, expect, it } from 'vitest'
import { parseImageReference, parseRepository } from './image-reference.ts'

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

describe('parseImageReference', () => {
  it.each([
    ['gin-shop', 'gin-shop', null, null],
    ['gin-shop:v1.2.0', 'gin-shop', 'v1.2.0', null],
    ['shop/gin_shop', 'shop/gin_shop', null, null],
    ['localhost:5000/gin-shop', 'localhost:5000/gin-shop', null, null],
    ['registry.example.com:5000/shop/gin-shop:v1', 'registry.example.com:5000/shop/gin-shop', 'v1', null],
    ['[::1]:5000/x', '[::1]:5000/x', null, null],
    [`gin-shop:v1@${DIGEST}`, 'gin-shop', 'v1', DIGEST],
    [`gin-shop@${DIGEST}`, 'gin-shop', null, DIGEST],
  ])('takes %s apart', (text, repository, tag, digest) => {
    expect(parseImageReference(text)).toEqual({ value: { repository, tag, digest } })
  })

  it.each([
    ['-rm', /dash/],
    ['Gin-Shop', /lower case/],
    ['gin shop', /lower case/],
    ['', /lower case/],
    ['a//b', /lower case/],
    ['gin-shop:', /tag/],
    ['gin-shop:a b', /tag/],
    ['gin-shop@sha256:12', /digest/],
    ['a'.repeat(256), /lower case/],
    ['gin-shop\n', /lower case/],
  ])('refuses %j', (text, problem) => {
    expect(parseImageReference(text)).toEqual({ problem: expect.stringMatching(problem) })
  })
})

describe('parseRepository', () => {
  it('takes a repository, also of a registry with a port', () => {
    expect(parseRepository('localhost:5000/gin-shop')).toEqual({ value: 'localhost:5000/gin-shop' })
  })

  it.each([
    ['gin-shop:v1', 'has a tag; write gin-shop alone'],
    [`gin-shop@${DIGEST}`, 'has a digest; write gin-shop alone'],
    [`gin-shop:v1@${DIGEST}`, 'has a tag and a digest; write gin-shop alone'],
    ['gin-shop:latest', 'latest is never one of them'],
  ])('says what to write instead of %s', (text, problem) => {
    expect(parseRepository(text)).toEqual({ problem: expect.stringContaining(problem) })
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAddress } from './address.ts'

const shop = { host: 'db', port: 5432, user: 'shop', password: '', database: 'shop', sslMode: 'prefer' }

describe('the address of a database', () => {
  it.each([
    ['postgres://shop@db/shop', shop],
    [
      'postgresql://shop:p%40ss%3A@db:6432/orders?sslmode=require',
      { ...shop, port: 6432, password: 'p@ss:', database: 'orders', sslMode: 'require' },
    ],
    ['postgres://shop@[::1]/shop?sslmode=disable', { ...shop, host: '::1', sslMode: 'disable' }],
    ['postgres://shop@db', shop],
    ['pgx5://shop@db/shop', shop],
    [
      'host=db user=shop password=secret dbname=shop port=9920 sslmode=disable TimeZone=Asia/Shanghai',
      { ...shop, port: 9920, password: 'secret', sslMode: 'disable' },
    ],
    [String.raw`host=db user=shop password='it\'s a secret' dbname=shop`, { ...shop, password: "it's a secret" }],
  ])('%s', (text, address) => {
    expect(parseAddress(text)).toEqual(address)
  })

  it.each([
    'mysql://shop@db/shop',
    'postgres://',
    'postgres://shop@/shop?host=/run/postgresql',
    'shop',
    '',
    'postgres://a:%zz@db/x',
    'host=/run',
  ])('is none: %s', (text) => {
    expect(parseAddress(text)).toBeNull()
  })

  it('is read whatever the password', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (password) => {
        const url = `postgres://shop:${encodeURIComponent(password)}@db/shop`
        expect(parseAddress(url)?.password).toBe(password)
      }),
    )
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parseAddress(text)).not.toThrow()
      }),
    )
  })
})

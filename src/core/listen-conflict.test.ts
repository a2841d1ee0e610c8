import { describe, expect, it } from 'vitest'
import { buildDefinition } from '../../test/builders.ts'
import { listenConflict } from './listen-conflict.ts'

const at = (service: string, listen: string, hosts: string[] = []) => buildDefinition({ service, listen, hosts })

describe('listenConflict', () => {
  it('lets services share an address by different host names, and one of them have the rest', () => {
    const others = [at('shop', '0.0.0.0:80', ['shop.test']), at('rest', '0.0.0.0:80')]
    expect(listenConflict(at('blog', '0.0.0.0:80', ['blog.test']), others)).toBeNull()
  })

  it.each([
    ['two that want all of an address', at('blog', '0.0.0.0:80'), at('shop', '0.0.0.0:80')],
    [
      'two that want one host name',
      at('blog', '0.0.0.0:80', ['a.test', 'b.test']),
      at('shop', '0.0.0.0:80', ['b.test']),
    ],
  ])('finds %s', (_, wanted, other) => {
    expect(listenConflict(wanted, [other])).toBe(other)
  })

  it('does not mind the service itself', () => {
    expect(listenConflict(at('shop', '0.0.0.0:80'), [at('shop', '0.0.0.0:80')])).toBeNull()
  })
})

import { describe, expect, it } from 'vitest'
import { compareUrl, kindOfHost, revertCommand, webRepository } from './git-links.ts'

describe('the pages of a repository', () => {
  it.each([
    ['git@github.com:acme/shop.git', 'https://github.com', 'acme/shop'],
    ['https://github.com/acme/shop', 'https://github.com', 'acme/shop'],
    ['https://alice:hunter2@github.com/acme/shop.git/', 'https://github.com', 'acme/shop'],
    ['ssh://git@gitlab.example.com:2222/group/sub/shop.git', 'https://gitlab.example.com', 'group/sub/shop'],
    ['http://git.example.com:8080/acme/shop.git', 'http://git.example.com:8080', 'acme/shop'],
    ['github.com:acme/shop', 'https://github.com', 'acme/shop'],
  ])('of %s', (remote, origin, path) => {
    expect(webRepository(remote)).toEqual({ origin, path })
  })

  it.each([
    '/srv/git/shop.git',
    '../shop',
    'file:///srv/git/shop.git',
    '',
    'https://github.com/acme',
    'git@host:a b/c',
    'https://github.com/acme/../x',
  ])('are nowhere for %j', (remote) => {
    expect(webRepository(remote)).toBeNull()
  })

  it('know themselves by the name of their host', () => {
    expect(kindOfHost('https://github.com')).toBe('github')
    expect(kindOfHost('https://gitlab.example.com')).toBe('gitlab')
    expect(kindOfHost('https://git.example.com')).toBeNull()
  })

  it('compare two revisions as each host does', () => {
    const shop = { origin: 'https://git.example.com', path: 'acme/shop' }
    expect(compareUrl(shop, 'github', 'a1', 'b2')).toBe('https://git.example.com/acme/shop/compare/a1...b2')
    expect(compareUrl(shop, 'gitlab', 'shop/v1', 'b2')).toBe(
      'https://git.example.com/acme/shop/-/compare/shop%2Fv1...b2',
    )
    expect(compareUrl(shop, null, 'a1', 'b2')).toBeNull()
  })
})

describe('the command that takes the bad revision back', () => {
  const [good, bad] = ['a'.repeat(40), 'b'.repeat(40)]

  it('works in every history', () => {
    expect(revertCommand(good, bad)).toBe('git revert --no-edit --first-parent -m 1 aaaaaaaaaaaa..bbbbbbbbbbbb')
  })

  it('is none where a revision is missing, the same, or anything else than a hash', () => {
    expect(revertCommand(null, bad)).toBeNull()
    expect(revertCommand(good, good)).toBeNull()
    expect(revertCommand(good, '$(reboot)')).toBeNull()
    expect(revertCommand(`${good}; x`, bad)).toBeNull()
  })
})
